"""Create alarms: those that the request has made, put before the endpoint changes."""
