"""Roll back: restores and deletes what a failed deployment changed and created, and never touches the live config."""
