import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools import stack


def test_nothing_that_sam_leaves_in_its_temporary_folder_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        folder = Path(options["env"]["TMPDIR"])
        (folder / "left-behind").mkdir()
        folders.append(folder)
        return subprocess.CompletedProcess(command, 1, stdout="", stderr="no stack")

    monkeypatch.setattr(stack.subprocess, "run", run)

    with pytest.raises(stack.DeployError, match="no stack"):
        stack.deploy(SimpleNamespace(environment={"TMPDIR": "/tmp"}, region="eu-west-1", partition="aws"))  # type: ignore[arg-type]

    assert [folder.exists() for folder in folders] == [False]
