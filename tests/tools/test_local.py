"""`make local` says what it does at once, and prints commands that work on this machine."""

import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from slipway.main import COMMANDS
from tests.support.deployment import Slipway
from tests.support.project import ROOT
from tools import local, stack

AWS: Any = SimpleNamespace(url="http://localhost:4599", region="eu-west-1", partition="aws")
OUTPUTS = {"DeployEndpointStateMachineArn": "arn:deploy", "RemoveEndpointStateMachineArn": "arn:remove"}
NO_CLI = "Create a model (make check-environment puts aws into .venv-check/bin):"
ON_PATH = '  export PATH="$PATH:$PWD/.venv/bin"'


def lines() -> list[str]:
    return local.how_to_use(AWS, "arn:role", OUTPUTS).splitlines()


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tools.local", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_without_the_commands_the_text_says_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert {NO_CLI, ON_PATH} < set(lines())


def test_with_the_commands_it_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("aws", "slipway"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert {NO_CLI, ON_PATH}.isdisjoint(lines())


def test_the_printed_commands_of_slipway_exist() -> None:
    used = {line.split()[1] for line in lines() if line.startswith("  slipway ")}

    assert used == {"deploy", "status"}
    assert used <= set(COMMANDS)


def test_the_printed_settings_reach_the_stack_from_a_shell_with_settings_of_another_account(slipway: Slipway) -> None:
    text = local.how_to_use(slipway.aws, stack.model_role_arn(slipway.aws), slipway.outputs)
    settings = [line for line in text.splitlines() if line.startswith(("  unset ", "  export AWS", "  machine="))]
    describes = (
        "import boto3, os; print(boto3.client('stepfunctions')"
        ".describe_state_machine(stateMachineArn=os.environ['machine'])['stateMachineArn'])"
    )
    script = "\n".join([*settings, f"machine=$machine {shlex.quote(sys.executable)} -c {shlex.quote(describes)}"])
    other = {"AWS_PROFILE": "none", "AWS_SESSION_TOKEN": "old", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIA"}

    done = subprocess.run(
        ["bash", "-eu"], input=script, env={**os.environ, **other}, capture_output=True, text=True, timeout=60
    )

    assert (done.stdout.strip(), done.stderr) == (slipway.outputs["DeployEndpointStateMachineArn"], "")


def test_a_taken_port_is_reported_in_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        done = run("--port", str(port))

    assert done.returncode == local.Exit.PORT_UNAVAILABLE
    assert done.stdout == ""
    assert done.stderr == f"Port {port}: Address already in use. Choose another port: make local PORT=4599\n"


def test_a_port_that_does_not_exist_is_reported_in_one_line() -> None:
    done = run("--port", "70000")

    assert done.returncode == local.Exit.PORT_UNAVAILABLE
    assert done.stderr == (
        "Port 70000: a port is a number from 0 to 65535. Choose another port: make local PORT=4599\n"
    )


def test_a_free_port_is_available() -> None:
    assert local.why_unavailable(0) is None


def test_the_first_line_is_shown_before_the_aws_sdk_is_imported() -> None:
    """Importing it takes a second or more on a slow machine."""
    code = "import sys, tools.local; print('boto3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.stdout == "False\n"


def test_a_failed_deployment_of_the_stack_is_reported_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise stack.DeployError("Stack slipway: ROLLBACK_COMPLETE")

    monkeypatch.setattr(stack, "running", fail)

    assert local.run(4599, "eu-west-1") == local.Exit.STACK_FAILED
    assert capsys.readouterr().err == "Stack slipway: ROLLBACK_COMPLETE\n"
