"""Settle execution: frees the lock of an execution that was stopped or timed out, and tells of it, once."""
