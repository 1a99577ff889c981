"""The fault matrix: every promise holds whatever fails, wherever it fails."""
