"""What stands behind `make demo`, `make local` and `make docs`: the application on the local AWS, and pictures of it."""
