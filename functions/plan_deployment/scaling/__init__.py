"""Scaling of the endpoint's variants: what is registered, what is asked for, and the steps between the two."""
