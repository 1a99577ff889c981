"""Notify removal: publishes the one message of a removal that succeeded."""
