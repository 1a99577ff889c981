"""Prepare endpoint: creates alarms, deletes a failed endpoint, deregisters targets that block an update."""
