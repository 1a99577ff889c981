"""The endpoint: what it runs, what the deployment does with it, and what an update preserves."""
