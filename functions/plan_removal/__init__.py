"""Plan removal: validate the request, read what exists of the endpoint, and name everything that is deleted."""
