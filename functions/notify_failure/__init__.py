"""Notify failure: names the failure and publishes the one message of a deployment that failed."""
