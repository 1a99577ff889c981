"""`slipway plan`, `deploy`, `rollback`, `remove` and `watch` on the local AWS."""

import json
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.command.process import Command, assert_golden, plain
from tests.support import project
from tests.support.deployment import Slipway
from tools import stack


def payload(folder: Path, name: str, **fields: Any) -> str:
    """Path of a payload like `events/deploy_endpoint.json` for another endpoint."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(project.event("deploy_endpoint") | {"endpointName": name} | fields))
    return str(path)


def without_states(text: str) -> str:
    """The text without the lines about states, which change with the state machines."""
    return re.sub(r"^  [✓…] .*\n", "", text, flags=re.MULTILINE)


@pytest.fixture(autouse=True)
def _models(slipway: Slipway) -> None:
    stack.make_models(slipway.aws, project.event("deploy_endpoint"))


def test_a_plan_is_a_table_and_changes_nothing(command: Command, slipway: Slipway, tmp_path: Path) -> None:
    shown = command("plan", payload(tmp_path, "command-plan"))

    assert shown.code == 0, shown.err
    assert_golden("plan.txt", shown.out)
    assert slipway.endpoint("command-plan") is None


def test_a_plan_as_markdown_is_ready_for_a_comment(command: Command, tmp_path: Path) -> None:
    shown = command.here("plan", payload(tmp_path, "command-plan"), "--output", "markdown")

    assert shown.code == 0, shown.err
    assert_golden("plan.md", shown.out)


def test_a_refused_plan_names_every_fault_and_has_an_exit_code_of_its_own(command: Command) -> None:
    shown = command("plan", "events/bad_many_faults.json", "--output", "json")

    assert shown.code == 3
    assert shown.document["error"]["code"] == "InvalidRequest"
    assert shown.err.startswith(
        "Error: InvalidRequest: The request has 5 faults:\n- /autoscalingMinCapacity: 5 is more"
    )


def test_a_plan_of_yaml_is_the_plan_of_the_same_json(command: Command, tmp_path: Path) -> None:
    path = payload(tmp_path, "command-yaml")
    lines = [
        "# a comment",
        *(f"{name}: {json.dumps(value)}" for name, value in json.loads(Path(path).read_text()).items()),
    ]

    as_json = command.here("plan", path, "--output", "json")
    as_yaml = command.here("plan", "-", "--output", "json", text="\n".join(lines))

    assert as_yaml.code == 0, as_yaml.err
    assert as_yaml.document["planHash"] == as_json.document["planHash"]


def test_an_endpoint_is_deployed_restored_and_removed(command: Command, slipway: Slipway, tmp_path: Path) -> None:
    created = command("deploy", payload(tmp_path, "command-life"), "--yes")
    assert created.code == 0, created.err
    assert_golden("deploy.txt", without_states(created.out))

    updated = command(
        "deploy", payload(tmp_path, "command-life", autoscalingMaxCapacity=9), "--yes", "--output", "json"
    )
    assert updated.code == 0, updated.err
    assert updated.document["states"][0]["state"] == "Plan deployment"
    assert updated.document["output"]["scaling"]["resources"][0]["maxCapacity"] == 9
    of_the_machine = {"states": updated.document["states"][:1], "output": "<output>"}
    assert_golden("deploy.json", json.dumps(updated.document | of_the_machine, indent=2))

    restored = command.here("rollback", "command-life", "--yes", "--output", "json")
    assert restored.code == 0, restored.err
    assert restored.document["output"]["trigger"]["kind"] == "rollback"
    assert slipway.scaling("command-life")["AllTraffic"][1] == 4

    removed = command("remove", "command-life", "--yes")
    assert removed.code == 0, removed.err
    assert_golden("remove.txt", without_states(removed.out))
    assert slipway.endpoint("command-life") is None


def test_a_plan_that_was_seen_runs_by_its_hash_and_no_other_plan_does(
    command: Command, slipway: Slipway, tmp_path: Path
) -> None:
    path = payload(tmp_path, "command-hash")
    seen = command.here("plan", path, "--output", "json").document["planHash"]

    other = command.here("deploy", path, "--plan-hash", "0" * 12)
    same = command.here("deploy", path, "--plan-hash", seen)

    assert (other.code, same.code) == (3, 0)
    assert "PlanOutdated" in other.out
    assert slipway.endpoint("command-hash") is not None


def test_without_a_terminal_a_deployment_must_be_confirmed_by_an_option(command: Command, tmp_path: Path) -> None:
    ended = command("deploy", payload(tmp_path, "command-unasked"))

    assert ended.code == 2
    assert ended.err == (
        "Error: There is no terminal to ask on. Run the plan that you saw with --plan-hash, or any plan with --yes.\n"
    )


def test_on_a_terminal_a_plan_that_is_not_confirmed_changes_nothing(
    command: Command, slipway: Slipway, tmp_path: Path
) -> None:
    ended = command.on_terminal("deploy", payload(tmp_path, "command-declined"), when="[y/N]: ", answer="n\n")

    assert ended.code == 1
    assert "Run this plan? [y/N]: n" in plain(ended.out)
    assert "Error: Nothing was changed." in plain(ended.out)
    assert slipway.endpoint("command-declined") is None


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Press Ctrl-C until the process ends: a signal between the question and the read is seen only after the read."""
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)


def test_ctrl_c_at_the_question_changes_nothing(command: Command, slipway: Slipway, tmp_path: Path) -> None:
    ended = command.on_terminal(
        "deploy",
        payload(tmp_path, "command-asked"),
        when="[y/N]: ",
        then=_interrupt,
    )

    assert ended.code == 130
    assert plain(ended.out).endswith("Interrupted.\n")
    assert slipway.endpoint("command-asked") is None


@pytest.mark.parametrize("columns", [80, 120])
def test_a_confirmed_plan_is_deployed_within_the_width_of_the_terminal(
    columns: int, command: Command, slipway: Slipway, tmp_path: Path
) -> None:
    name = f"command-terminal-{columns}"

    ended = command.on_terminal("deploy", payload(tmp_path, name), when="[y/N]: ", answer="y\n", columns=columns)

    assert ended.code == 0, ended.out
    assert max(map(len, plain(ended.out).splitlines())) <= columns
    assert f"SUCCEEDED: {name} is created and in service" in plain(ended.out)
    assert "\x1b[3" in ended.out  # colour


def test_a_narrow_terminal_breaks_no_name_of_a_resource(command: Command, tmp_path: Path) -> None:
    ended = command.on_terminal("plan", payload(tmp_path, "command-narrow"), columns=80)

    assert "scalable target endpoint/command-narrow/variant/AllTraffic" in plain(ended.out)
    assert "policy command-narrow-AllTraffic-target-tracking" in plain(ended.out)


def test_no_color_is_respected(command: Command, tmp_path: Path) -> None:
    ended = command.on_terminal("plan", payload(tmp_path, "command-plain"), NO_COLOR="1")

    assert ended.code == 0
    assert "\x1b[3" not in ended.out


def test_a_removal_on_a_terminal_asks_for_the_name(command: Command, slipway: Slipway, tmp_path: Path) -> None:
    slipway.deploy(json.loads(Path(payload(tmp_path, "command-named")).read_text()))

    ended = command.on_terminal("remove", "command-named", when="endpoint: ", answer="command-other\n")

    assert ended.code == 1
    assert "To remove it, type the name of the endpoint: command-other" in plain(ended.out)
    assert slipway.endpoint("command-named") is not None


def test_ctrl_c_leaves_the_execution_running_and_says_how_to_stop_it(
    command: Command, slipway: Slipway, tmp_path: Path
) -> None:
    path = payload(tmp_path, "command-interrupted")
    with slipway.real_time():
        ended = command.on_terminal(
            "deploy", path, "--yes", when="Check endpoint", then=lambda process: process.send_signal(signal.SIGINT)
        )
        shown = plain(ended.out)
        name = shown.partition("To watch it: slipway watch ")[2].split()[0]
        arn = slipway.execution_named(name)

        assert ended.code == 130
        assert not slipway.has_ended(arn)
        assert f"To stop it: aws stepfunctions stop-execution --region eu-west-1 --execution-arn {arn}" in shown
        assert "Traceback" not in shown

    watched = command.here("watch", name, "--output", "json")
    assert (watched.code, watched.document["executionArn"]) == (0, arn)


def test_a_lost_connection_leaves_the_execution_running_and_says_how_to_watch_it(
    command: Command, slipway: Slipway, tmp_path: Path
) -> None:
    refused = "User: me is not authorized to perform: states:GetExecutionHistory"
    slipway.fault("stepfunctions", "GetExecutionHistory", "AccessDeniedException", refused)

    ended = command.here("deploy", payload(tmp_path, "command-lost"), "--yes")

    assert ended.code == 4
    name = ended.out.partition("The execution continues. To watch it: slipway watch ")[2].split()[0]
    assert slipway.wait(slipway.execution_named(name))["status"] == "SUCCEEDED"


def test_a_failed_deployment_reports_its_error(command: Command, slipway: Slipway, tmp_path: Path) -> None:
    slipway.outcome("command-fails", "create", "fails")

    ended = command.here("deploy", payload(tmp_path, "command-fails"), "--yes")

    assert ended.code == 1
    assert "FAILED: CreateFailed\n" in ended.out
    assert "Live config: There is no endpoint command-fails." in ended.out


def test_watch_without_a_running_execution_says_so(command: Command) -> None:
    ended = command.here("watch")

    assert ended.code == 2
    assert ended.err.startswith("Error: No execution of stack slipway is running.")


def test_show_command_prints_the_call_and_makes_none(command: Command, slipway: Slipway, tmp_path: Path) -> None:
    path = payload(tmp_path, "command-shown")

    shown = command.here("deploy", path, "--show-command")

    assert shown.code == 0, shown.err
    assert shown.out.startswith(
        f"aws stepfunctions start-execution --region eu-west-1 --state-machine-arn {slipway.machine_arn} "
    )
    assert slipway.endpoint("command-shown") is None
