"""Plan deployment: validates the request, reads what exists, decides and names everything that follows."""
