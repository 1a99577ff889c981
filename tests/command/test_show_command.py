"""`--show-command` prints commands of the AWS CLI that exist, and changes nothing; completion knows the commands."""

import shlex

import botocore.session
import pytest
from botocore import xform_name

from tests.command.process import Command
from tests.support.deployment import Slipway

SESSION = botocore.session.get_session()


def assert_exists(line: str) -> None:
    """Check service, operation and options of a command of the AWS CLI against botocore's models."""
    aws, service, command, *rest = shlex.split(line.rpartition(" | ")[2])
    assert aws == "aws"
    model = SESSION.get_service_model(service)
    operation = {xform_name(name, "-"): name for name in model.operation_names}[command]
    members = [xform_name(name, "-") for name in model.operation_model(operation).input_shape.members]
    known = {f"--{name}" for name in (*members, "region")} | {f"--no-{name}" for name in members}
    assert {word for word in rest if word.startswith("--")} <= known, line


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "events/deploy_guarded.json"),
        ("deploy", "events/deploy_guarded.json"),
        ("rollback", "shown", "--to", "1"),
        ("remove", "shown"),
        ("status",),
        ("status", "shown"),
        ("history", "shown"),
        ("invoke", "shown", "--body", "{}", "--variant", "A"),
        ("profile", "set", "shown", "events/profile_h2o3-gbm.json"),
        ("profile", "show", "shown"),
    ],
)
def test_the_shown_commands_exist_and_none_is_run(words: tuple[str, ...], command: Command, slipway: Slipway) -> None:
    slipway.aws.delete("calls")

    shown = command.here(*words, "--show-command", "--output", "json")

    assert shown.code == 0, shown.err
    for line in shown.document["commands"]:
        assert_exists(line)
    # Functions of earlier tests may still write their logs and traces.
    called = {
        call["operation"] for call in slipway.aws.get("calls") if call["principal"].endswith("user/administrator")
    }
    assert called <= {"DescribeStacks", "DescribeStackResource"}


def test_the_shell_completes_commands(command: Command) -> None:
    ended = command(_SLIPWAY_COMPLETE="bash_complete", COMP_WORDS="slipway ro", COMP_CWORD="1")

    assert ended.out == "plain,rollback\n"
