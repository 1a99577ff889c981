"""Check endpoint: says what the endpoint is doing and how many seconds to wait before the next look."""
