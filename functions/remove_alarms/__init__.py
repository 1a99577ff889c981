"""Remove alarms: what Slipway had made and the request asks for no more."""
