"""The benchmarks, `make bench`: what a deployment costs, how fast functions start, what the local AWS bears."""

import sys

from tools.stack import ROOT

sys.path.append(str(ROOT / "functions"))  # as Lambda has it: `shared`, `check_endpoint` and the others are top-level
