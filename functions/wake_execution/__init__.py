"""Wake execution: wakes the execution that waits for an endpoint when the endpoint has changed."""
