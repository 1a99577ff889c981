"""`make local` prints commands that work on this machine."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools import local

AWS: Any = SimpleNamespace(url="http://localhost:4599", region="eu-west-1", partition="aws")
OUTPUTS = {"DeployEndpointStateMachineArn": "arn:machine"}


def test_without_the_aws_cli_the_text_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    lines = local.how_to_talk_to(AWS, OUTPUTS).splitlines()

    assert lines[3] == "  # aws is not on PATH: make check-environment puts it into .venv-check/bin"
    assert lines[4].startswith("  aws sagemaker create-model ")


def test_with_the_aws_cli_it_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "aws").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    lines = local.how_to_talk_to(AWS, OUTPUTS).splitlines()

    assert lines[3].startswith("  aws sagemaker create-model ")
