"""Wake execution: tells the execution that waits for an endpoint that the endpoint has changed."""
