"""Check endpoint: says what the endpoint is doing, and completes its task once there is nothing left to wait for."""
