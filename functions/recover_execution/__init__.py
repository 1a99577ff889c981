"""Recover execution: rolls back, unlocks and reports an execution that could not do so itself."""
