"""Every scenario has the same path and arguments on an interpreter that shares no code with the emulator's."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.crosscheck import recording
from tests.support import project
from tests.support.deployment import Run, Slipway
from tests.support.scenarios import SCENARIOS
from tools import environment, pythons

PROGRAM = Path(__file__).with_name("second_interpreter.py")
REQUIREMENTS = project.ROOT / "requirements" / "crosscheck.txt"
GIVE_UP_SECONDS = 120
# Time does not pass in the second interpreter, and its machine, execution and tokens have other names.
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
ITS_EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:machine:execution"


@pytest.fixture(scope="session")
def second_python() -> Path:
    """A Python with the second interpreter; required in CI."""
    try:
        python = pythons.find("3.13", "3.12")
    except pythons.NoSuchPythonError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the second interpreter is skipped: {error}")
    return environment.set_up(project.ROOT / ".venv-crosscheck", REQUIREMENTS, python)


@pytest.fixture(scope="session")
def second(slipway: Slipway, runs: dict[str, Run], second_python: Path) -> dict[str, Any]:
    """Every scenario on the second interpreter, with the task results of the emulator."""
    states = slipway.aws.client("stepfunctions")
    asked = [
        {
            "definition": json.loads(states.describe_state_machine_for_execution(executionArn=run.arn)["definition"]),
            "input": json.loads(run.events[0]["executionStartedEventDetails"]["input"]),
            "attempts": recording.attempts(run),
        }
        for run in runs.values()
    ]
    done = subprocess.run(
        [second_python, PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=GIVE_UP_SECONDS,
    )
    return dict(zip(runs, json.loads(done.stdout), strict=True))


def comparable(value: Any, arns: tuple[str, ...]) -> Any:
    """Arguments without ARNs, names, tokens and times, which differ between two executions."""
    if isinstance(value, dict):
        return {key: "<token>" if key == "taskToken" else comparable(member, arns) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(member, arns) for member in value]
    if not isinstance(value, str):
        return value
    if MOMENT.fullmatch(value):
        return "<moment>"
    hidden = dict.fromkeys(arns, "<execution>") | {arn.rsplit(":", 1)[1]: "<name>" for arn in arns}
    hidden |= {arn.rsplit(":", 1)[0].replace(":execution:", ":stateMachine:"): "<machine>" for arn in arns}
    return hidden.get(value, value)


@pytest.fixture(scope="session")
def states_of_items() -> frozenset[str]:
    return recording.of_items(project.definition())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_both_interpreters_take_the_same_path(
    runs: dict[str, Run], second: dict[str, Any], states_of_items: frozenset[str], scenario: str
) -> None:
    paths = (second[scenario]["states"], runs[scenario].visited)

    one, other = (recording.in_one_order(path, states_of_items, str) for path in paths)
    assert one == other


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_both_interpreters_call_with_the_same_arguments(
    runs: dict[str, Run], second: dict[str, Any], states_of_items: frozenset[str], scenario: str
) -> None:
    run = runs[scenario]
    arns = (ITS_EXECUTION, run.arn)
    made = [comparable(calls, arns) for calls in (second[scenario]["calls"], recording.calls(run))]

    one, other = (recording.in_one_order(calls, states_of_items, lambda call: str(call[0])) for calls in made)
    assert one == other


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_both_interpreters_wait_equally_long(runs: dict[str, Run], second: dict[str, Any], scenario: str) -> None:
    assert second[scenario]["waits"] == [list(wait) for wait in recording.waits(runs[scenario])]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_both_interpreters_end_with_the_same_result(
    runs: dict[str, Run], second: dict[str, Any], scenario: str
) -> None:
    run = runs[scenario]
    end = {"output": run.output} if run.status == "SUCCEEDED" else {"error": run.error, "cause": run.cause}

    assert {name: second[scenario].get(name) for name in end} == end
