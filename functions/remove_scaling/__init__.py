"""Remove scaling: what Slipway had registered and the request asks for no more."""
