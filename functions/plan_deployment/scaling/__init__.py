"""Scaling of the endpoint's variants: as registered, as requested, and the steps from one to the other."""
