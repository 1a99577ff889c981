"""Parts that the planners of deployments and of removals share."""
