"""Pages of the documentation whose commands are run on the local AWS."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command.process import Command
from tests.support.deployment import Slipway

SLIPWAY = '#!/bin/sh\nexec PYTHON -m slipway "$@"\n'


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the blocks of shell commands, in order: what follows the backquotes, and the commands."""
    return re.findall(r"^```(sh[ \w]*)\n(.*?)^```", page, re.S | re.M)


def run(script: str, slipway: Slipway, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the script in bash in the folder, with `slipway` and `aws` on the path; skip the test without `aws`."""
    aws = shutil.which("aws", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if aws is None:
        assert os.environ.get("CI") != "true", "the AWS CLI is missing"
        pytest.skip("aws not found")
    commands = folder / "bin"
    commands.mkdir()
    (commands / "slipway").write_text(SLIPWAY.replace("PYTHON", sys.executable))
    (commands / "slipway").chmod(stat.S_IRWXU)
    path = os.pathsep.join([str(commands), str(Path(aws).parent), os.environ["PATH"]])
    environment = Command(slipway).environment | {"PATH": path, "SLIPWAY_STACK": "slipway"}
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
