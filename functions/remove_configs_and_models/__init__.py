"""Remove configs and models: what deployments made that goes with them or the endpoint, and nobody else uses."""
