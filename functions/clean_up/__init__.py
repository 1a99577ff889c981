"""Clean up: deletes what earlier deployments left, or, in a removal, the endpoint and everything of it."""
