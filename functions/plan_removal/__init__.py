"""Plan removal: validates the request, reads what there is of the endpoint, and names everything that goes."""
