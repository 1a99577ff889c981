"""What both planners, of deployments and of removals, do alike."""
