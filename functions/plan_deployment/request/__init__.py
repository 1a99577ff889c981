"""The request: its schema, the rules across its fields, and its values. Nothing here reads from AWS."""
