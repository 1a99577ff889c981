"""Check endpoint: checks the endpoint, and completes its task once there is nothing left to wait for."""
