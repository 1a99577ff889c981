"""Programs behind `make demo`, `make local` and `make docs`: Slipway on the local AWS, and generated documents."""

import sys
from pathlib import Path

# The local AWS and the command of this working tree, even if another copy is installed.
sys.path[:0] = [str(Path(__file__).parents[1] / distribution / "src") for distribution in ("emulator", "cli")]
sys.path.append(str(Path(__file__).parents[1] / "functions"))  # as in Lambda: `shared` and the others are top-level
