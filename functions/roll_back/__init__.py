"""Roll back: restores what a failed deployment changed and deletes what it created, never what is live."""
