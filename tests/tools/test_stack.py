import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools import stack

AWS: Any = SimpleNamespace(environment={"PATH": "/usr/bin:/bin"}, region="eu-west-1", partition="aws")


@pytest.fixture
def sam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `sam` that leaves a folder behind, prints its place, and fails."""
    program = tmp_path / "sam"
    failed = {"type": "result", "status": "failure", "error": {"message": "no stack"}}
    program.write_text(
        f"#!/bin/sh\nmkdir $TMPDIR/left-behind\nprintf %s $TMPDIR > {tmp_path}/where\n"
        f"echo '{json.dumps({'type': 'info', 'managed_s3_bucket': 'b'})}'\necho '{json.dumps(failed)}'\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return program


def test_the_temporary_folder_of_sam_is_removed(sam: Path) -> None:
    with pytest.raises(stack.DeployError, match=r"^no stack$"):
        stack.deploy(AWS)

    assert not Path(sam.with_name("where").read_text()).exists()


def test_the_activity_of_sam_is_reported(sam: Path) -> None:
    notes: list[str] = []

    with pytest.raises(stack.DeployError):
        stack.deploy(AWS, on_activity=notes.append)

    assert notes == ["package code and definitions"]
