"""What stands behind `make demo`, `make local` and `make docs`: Slipway on the local AWS, and pictures of it."""

import sys
from pathlib import Path

# The local AWS of this working tree, whatever copy is installed.
sys.path.insert(0, str(Path(__file__).parents[1] / "emulator" / "src"))
