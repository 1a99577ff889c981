"""Programs behind `make demo`, `make local` and `make docs`: Slipway on the local AWS, and generated documents."""

import sys
from pathlib import Path

# The local AWS of this working tree, even if another copy is installed.
sys.path.insert(0, str(Path(__file__).parents[1] / "emulator" / "src"))
