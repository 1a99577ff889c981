"""Deregister scalable targets: those that are in the way of an update, or that a removal leaves."""
