"""Wake execution: lets the execution that waits for an endpoint notice at once that it has changed."""
