"""Put scaling policies: one for every scalable target."""
