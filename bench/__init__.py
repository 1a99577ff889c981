"""The benchmarks of `make bench`: deployment costs, cold starts, and the capacity of the local AWS."""

import sys

from tools.stack import ROOT

sys.path.append(str(ROOT / "functions"))  # as in Lambda: `shared`, `check_endpoint` and the others are top-level
