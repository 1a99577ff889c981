"""Every command of docs/first-hour.md runs: those of `slipway`, and those of the AWS CLI beside them."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws import ACCOUNT_ID
from tests.command.process import Command
from tests.support import project
from tests.support.deployment import Slipway

PAGE = (project.ROOT / "docs" / "first-hour.md").read_text()
BLOCKS = re.findall(r"^```(sh[ \w]*)\n(.*?)^```", PAGE, re.S | re.M)
# The fixture runs `sam deploy`; make check runs `sam build` and deletes the stack, and installs the command.
ELSEWHERE = ("sam ", "cp samconfig.toml", "pipx install")
SLIPWAY = '#!/bin/sh\nexec PYTHON -m slipway "$@"\n'


def script(kind: str) -> str:
    """The blocks of one kind and those of both, in order, except what is run elsewhere."""
    lines = [line for language, block in BLOCKS if language in ("sh", kind) for line in block.splitlines()]
    kept = [line for line in lines if not line.startswith((*ELSEWHERE, "export SLIPWAY_STACK"))]
    return "\n".join(["set -eu", "sleep() { command sleep 0.2; }", *kept])


@pytest.mark.parametrize("kind", ["sh slipway", "sh aws"])
def test_every_command_works_and_nothing_is_left(kind: str, slipway: Slipway, tmp_path: Path) -> None:
    aws = shutil.which("aws", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if aws is None:
        assert os.environ.get("CI") != "true", "the AWS CLI is missing"
        pytest.skip("aws not found")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "slipway").write_text(SLIPWAY.replace("PYTHON", sys.executable))
    (commands / "slipway").chmod(stat.S_IRWXU)
    path = os.pathsep.join([str(commands), str(Path(aws).parent), os.environ["PATH"]])
    environment = Command(slipway).environment | {"PATH": path, "SLIPWAY_STACK": "slipway"}

    # no image of this name exists here, so another one answers
    slipway.aws.post("sagemaker/answers", [{"endpointName": "first-endpoint", "body": "[0.5]"}])
    done = subprocess.run(
        ["bash", "-c", script(kind)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCEEDED") >= 4, done.stdout
    assert "FAILED" not in done.stdout
    assert slipway.endpoint("first-endpoint") is None
    models = slipway.aws.client("sagemaker").list_models(NameContains="first-model")["Models"]
    assert models == []


def test_the_page_uses_the_account_of_the_local_aws() -> None:
    assert set(re.findall(r"\d{12}", PAGE)) == {ACCOUNT_ID}
