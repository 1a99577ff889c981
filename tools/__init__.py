"""What stands behind `make demo`, `make local` and `make docs`: Slipway on the local AWS, and pictures of it."""
