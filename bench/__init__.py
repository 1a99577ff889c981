"""The benchmarks of `make bench`: deployment costs, cold starts, and the capacity of the local AWS."""

import tools  # noqa: F401  # puts the local AWS and the functions on the path
