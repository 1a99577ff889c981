"""Roll back: looks at what exists and removes the next thing that this execution made, never what serves."""
