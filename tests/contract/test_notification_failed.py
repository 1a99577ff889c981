"""The causes of NotificationFailed, which the state machines build themselves, have the form of all other errors."""

import json
from typing import Any

import pytest

from local_aws.offline import evaluate, fill
from shared.errors import NotificationFailed
from slipway import graph
from tests.support import project


def notifying() -> list[tuple[str, str]]:
    """Machine and state of each notification whose failure a state machine reports."""
    return [
        (machine, name)
        for machine in project.MACHINES
        for name, state in graph.states(project.state_machine(machine))
        for catch in state.get("Catch", [])
        if catch.get("Assign", {}).get("failed", {}).get("error") == NotificationFailed.__name__
    ]


def of_a_function(message: str) -> str:
    return json.dumps({"errorMessage": message, "errorType": "X", "requestId": "1", "stackTrace": ["  File x"]})


def cause(machine: str, state: str, failure: dict[str, Any], unsent: dict[str, Any]) -> str:
    """Cause of the execution whose notification in this state could not be sent."""
    states = project.states(machine)
    catch = next(catch for catch in states[state]["Catch"] if "failed" in catch["Assign"])
    (fail,) = (each for each in states.values() if each["Type"] == "Fail")
    plan = {"endpointName": "e", "endpointConfigName": "e-1"}
    bindings = {"plan": plan, "failure": failure, "states": {"errorOutput": unsent}}
    failed = fill(catch["Assign"], bindings, "Assign")["failed"]
    context = {"Execution": {"RedriveCount": 0}}
    assert evaluate(fail["Error"], {"failed": failed, "states": {"context": context}}) == NotificationFailed.__name__
    return str(evaluate(fail["Cause"], {"failed": failed, "states": {"context": context}}))


def test_each_machine_reports_a_notification_that_could_not_be_sent() -> None:
    assert notifying() == [
        *[("deploy_endpoint", state) for state in ("Notify success", "Notify failure")],
        ("recover_deployment", "Notify failure"),
        *[("remove_endpoint", state) for state in ("Notify removal", "Notify failure")],
    ]


@pytest.mark.parametrize(("machine", "state"), notifying())
def test_the_cause_has_the_functions_message_and_the_remedy_without_a_stack_trace(machine: str, state: str) -> None:
    failure = {"Error": "CreateFailed", "Cause": of_a_function("Endpoint e is\nFailed")}
    unsent = {"Error": "AccessDenied", "Cause": of_a_function("Publish: KMS says no")}

    said = cause(machine, state, failure, unsent)

    words = f"The notification could not be sent: AccessDenied: Publish: KMS says no\nWhat to do: {NotificationFailed.remedy}"
    assert words in said
    assert ("failed with CreateFailed: Endpoint e is\nFailed\nThe " in said) == (state == "Notify failure")
    assert "stackTrace" not in said


@pytest.mark.parametrize("text", ["", "The function timed out", "{not JSON", "Status {}: no"])
@pytest.mark.parametrize(("machine", "state"), notifying())
def test_a_cause_that_is_not_from_a_function_is_not_changed(machine: str, state: str, text: str) -> None:
    said = cause(machine, state, {"Error": "CreateFailed", "Cause": text}, {"Error": "AccessDenied", "Cause": text})

    assert f"AccessDenied: {text}\nWhat to do" in said


@pytest.mark.parametrize(("machine", "state"), notifying())
def test_a_failure_without_name_and_cause_can_be_reported(machine: str, state: str) -> None:
    assert "could not be sent: " in cause(
        machine, state, {"Error": None, "Cause": None}, {"Error": None, "Cause": None}
    )
