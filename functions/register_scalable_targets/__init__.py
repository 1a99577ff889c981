"""Register scalable targets: one for every variant that the request scales."""
