"""Remove configs and models: what deployments made that are kept no longer, and nobody else uses."""
