"""Settle execution: has taken back, or frees, what an execution left that broke off, and sees that it is told of."""
