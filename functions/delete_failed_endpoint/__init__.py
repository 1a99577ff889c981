"""Delete failed endpoint: deletes an endpoint that is Failed, to make room for a new one."""
