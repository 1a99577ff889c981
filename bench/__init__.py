"""The benchmarks, `make bench`: what a deployment costs, how fast functions start, what the local AWS bears."""
