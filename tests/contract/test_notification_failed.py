"""The causes of NotificationFailed, which the state machines make themselves, read like those of every other error."""

import json
from typing import Any

import pytest

from local_aws.offline import evaluate
from shared.errors import NotificationFailed
from tests.support import project
from tools import graph


def causes() -> list[tuple[str, str, str]]:
    """Machine, state and expression of each."""
    return [
        (machine, name, catch["Assign"]["ending"]["cause"])
        for machine in project.MACHINES
        for name, state in graph.states(project.state_machine(machine))
        for catch in state.get("Catch", [])
        if catch.get("Assign", {}).get("ending", {}).get("error") == NotificationFailed.__name__
    ]


def of_a_function(message: str) -> str:
    return json.dumps({"errorMessage": message, "errorType": "X", "requestId": "1", "stackTrace": ["  File x"]})


def said(expression: str, failed: str, unsent: str) -> Any:
    bindings = {
        "plan": {"endpointName": "e", "endpointConfig": {"name": "e-1"}},
        "failure": {"Error": "CreateFailed", "Cause": failed},
        "states": {"errorOutput": {"Error": "AccessDenied", "Cause": unsent}},
    }
    return evaluate(expression, bindings)


def test_each_machine_says_what_it_could_not_announce() -> None:
    assert [(machine, state) for machine, state, _ in causes()] == [
        *[("deploy_endpoint", state) for state in ("Notify success", "Notify failure")],
        *[("remove_endpoint", state) for state in ("Notify removal", "Notify failure")],
        ("take_back_deployment", "Notify failure"),
    ]


@pytest.mark.parametrize(("machine", "state", "expression"), causes())
def test_the_cause_has_the_words_of_the_function_no_stack_trace_and_what_to_do(
    machine: str, state: str, expression: str
) -> None:
    cause = said(expression, of_a_function("Endpoint e is\nFailed"), of_a_function("Publish: KMS says no"))

    assert (
        f"the notification could not be sent: AccessDenied: Publish: KMS says no\nWhat to do: {NotificationFailed.remedy}"
        in cause
    )
    assert ("CreateFailed: Endpoint e is\nFailed - and the " in cause) == (state == "Notify failure"), machine
    assert "stackTrace" not in cause


@pytest.mark.parametrize("text", ["", "The function timed out", "{not JSON", "Status {}: no"])
def test_a_cause_that_is_no_function_s_stays_as_it_is(text: str) -> None:
    for _, _, expression in causes():
        assert f"AccessDenied: {text}\nWhat to do" in said(expression, text, text)
