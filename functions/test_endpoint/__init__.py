"""Test endpoint: sends golden requests to an endpoint in service, and compares the answers with what is expected."""
