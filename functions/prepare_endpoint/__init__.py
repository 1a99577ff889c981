"""Prepare endpoint: creates alarms, deletes a failed endpoint, and deregisters scalable targets that block an update."""
