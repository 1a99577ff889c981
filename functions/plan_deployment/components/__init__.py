"""The inference components of an endpoint: as they are, as requested, and the steps from one to the other."""
