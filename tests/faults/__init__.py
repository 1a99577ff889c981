"""The fault matrix: what goes wrong, wherever it can, and whether every promise holds all the same."""
