"""The endpoint: its content, the action that it needs, and the properties that an update preserves."""
