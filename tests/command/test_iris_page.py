"""Every command of examples/iris/README.md runs."""

import shutil
from pathlib import Path

from tests.command import pages
from tests.support import project
from tests.support.deployment import Slipway

PAGE = (project.ROOT / "examples" / "iris" / "README.md").read_text()
WORSE = "slipway deploy build/payload-worse.json --yes"


def test_the_first_version_predicts_before_and_after_the_worse_one_fails(slipway: Slipway, tmp_path: Path) -> None:
    shutil.copytree(project.ROOT / "examples", tmp_path / "examples")
    script = "\n".join(["set -eu", *(text for _, text in pages.blocks(PAGE))])
    assert WORSE in script

    done = pages.run(script.replace(WORSE, f"{WORSE} || echo exit code $?"), slipway, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED: VerificationFailed" in done.stdout
    assert "exit code 1" in done.stdout
    predictions = [line for line in done.stdout.splitlines() if line.startswith('{"predictions"')]
    assert [line.count("setosa") for line in predictions] == [2, 2]
    assert slipway.endpoint("iris") is None
