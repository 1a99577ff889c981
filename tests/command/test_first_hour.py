"""Every command of docs/first-hour.md runs: those of `slipway`, and those of the AWS CLI beside them."""

import re
from pathlib import Path

import pytest

from local_aws import ACCOUNT_ID
from tests.command import pages
from tests.support import project
from tests.support.deployment import Slipway

PAGE = (project.ROOT / "docs" / "first-hour.md").read_text()
# The fixture runs `sam deploy`; make check runs `sam build` and deletes the stack, and installs the command.
ELSEWHERE = ("sam ", "cp samconfig.toml", "pipx install")


def script(kind: str) -> str:
    """The blocks of one kind, those of the local AWS and those of both, in order, except what is run elsewhere."""
    chosen = [text for language, text in pages.blocks(PAGE) if language in ("sh", "sh local", kind)]
    lines = [line for text in chosen for line in text.splitlines()]
    kept = [line for line in lines if not line.startswith((*ELSEWHERE, "export SLIPWAY_STACK"))]
    return "\n".join(["set -eu", "sleep() { command sleep 0.2; }", *kept])


@pytest.mark.parametrize("kind", ["sh slipway", "sh aws"])
def test_every_command_works_and_nothing_is_left(kind: str, slipway: Slipway, tmp_path: Path) -> None:
    done = pages.run(script(kind), slipway, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCEEDED") >= 4, done.stdout
    assert "FAILED" not in done.stdout
    assert slipway.endpoint("first-endpoint") is None
    models = slipway.aws.client("sagemaker").list_models(NameContains="first-model")["Models"]
    assert models == []


def test_the_page_uses_the_account_of_the_local_aws() -> None:
    assert set(re.findall(r"\d{12}", PAGE)) == {ACCOUNT_ID}
