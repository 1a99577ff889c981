"""Notify success: publishes the one message of a deployment that succeeded."""
