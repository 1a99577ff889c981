"""Remove records: deletes the history of an endpoint that was removed."""
