"""Link the modules and data that `slipway validate` takes from the functions, so that its wheel has them.

The links are files of the command's source: a build follows them, and nothing is copied that could go stale.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"
LINKS = ROOT / "cli" / "src" / "slipway" / "functions"
MODULES = (
    "plan_deployment.request.rules",
    "plan_deployment.request.rollback",
    "plan_removal.rules",
    # Imported on demand by the rules.
    "plan_deployment.request.component_rules",
    "plan_deployment.request.off_hours_rules",
    "plan_deployment.request.presets",
    "plan_deployment.request.scaling_rules",
    "plan_deployment.request.schedule_rules",
    "plan_deployment.request.step_rules",
)
DATA = (
    "plan_deployment/request.schema.json",
    "plan_deployment/request/instance_sizes.json",
    "plan_removal/request.schema.json",
)
# Prints the files of the functions that the modules import.
IMPORTED = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
print(json.dumps([file for file in files if file.startswith(sys.argv[1])]))
"""


def needed() -> set[str]:
    """Return the paths, below functions/, of the files that the command needs."""
    command = [sys.executable, "-c", IMPORTED, str(FUNCTIONS), *MODULES]
    files = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {*DATA, *(str(Path(file).relative_to(FUNCTIONS)) for file in files)}


def linked() -> set[str]:
    """Return the paths of the files that are linked."""
    return {str(path.relative_to(LINKS)) for path in LINKS.rglob("*") if path.is_symlink()}


def link() -> None:
    """Add the links that are missing, and remove those that are not needed."""
    for path in sorted(needed() - linked()):
        place = LINKS / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(FUNCTIONS / path, place.parent))
    for path in linked() - needed():
        (LINKS / path).unlink()


def main() -> int:
    argparse.ArgumentParser(prog="python -m tools.validation_links", description=__doc__).parse_args()
    link()
    return 0


if __name__ == "__main__":
    sys.exit(main())
