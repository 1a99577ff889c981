"""What the planners of deployments and of removals have in common."""
