"""What Step Functions would refuse is refused when the machine is created, with the place of each fault."""

import copy
import json
from typing import Any

import pytest

from emulator.local_aws import LocalAws
from emulator.stepfunctions.definition import problems
from tests.support import project
from tests.support.machines import Machines, jsonata, pass_on

GOOD: dict[str, Any] = jsonata(
    "T",
    {
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
            "Arguments": {"EndpointName": "{% $states.input.name %}"},
            "TimeoutSeconds": 5,
            "Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}],
            "Next": "C",
        },
        "C": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "P"}], "Default": "F"},
        "P": {"Type": "Parallel", "Branches": [{"StartAt": "I", "States": {"I": pass_on(1)}}], "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 1, "Next": "S"},
        "S": {"Type": "Succeed"},
        "F": {"Type": "Fail", "Error": "E", "Cause": "c"},
    },
)
T = "/States/T"
MISTAKES: list[tuple[str, Any, str, str]] = [
    # where, what is put there (None removes it), location of the problem, what is said
    ("StartAt", "Nowhere", "/StartAt", "Missing 'Next' target: Nowhere"),
    ("States/T/Next", "Nowhere", f"{T}/Next", "Missing 'Next' target: Nowhere"),
    ("States/C/Default", "Nowhere", "/States/C/Default", "Missing 'Next' target: Nowhere"),
    ("States/C/Choices/0/Next", "Nowhere", "/States/C/Choices/0/Next", "Missing 'Next' target: Nowhere"),
    ("States/T/Catch/0/Next", "Nowhere", f"{T}/Catch/0/Next", "Missing 'Next' target: Nowhere"),
    ("States/Lost", {"Type": "Succeed"}, "/States/Lost", "not reachable"),
    ("States/W/Next", None, "/States/W", "either 'Next' or 'End'"),
    ("States/W/End", True, "/States/W", "either 'Next' or 'End'"),
    ("States/C/Next", "S", "/States/C/Next", "not supported here"),
    ("States/S/Next", "F", "/States/S/Next", "not supported here"),
    ("States/T/Type", "Tusk", f"{T}/Type", "The state type 'Tusk' is not one of"),
    ("States/T/Parameters", {}, f"{T}/Parameters", "not supported here"),
    ("States/T/ResultPath", "$.x", f"{T}/ResultPath", "not supported here"),
    ("States/T/Timeout", 5, f"{T}/Timeout", "not supported here"),
    ("States/T/TimeoutSeconds", "soon", f"{T}/TimeoutSeconds", "must be a whole number from 1"),
    ("States/T/TimeoutSeconds", 0, f"{T}/TimeoutSeconds", "must be a whole number from 1"),
    ("States/T/Resource", None, T, "'Resource' is required"),
    ("States/T/Resource", "arn:aws:states:::aws-sdk:sagemaker:describeEndpiont", f"{T}/Resource", "not recognized"),
    ("States/T/Resource", "arn:aws:states:::sagemaker:deleteEndpoint", f"{T}/Resource", "not recognized"),
    ("States/T/Arguments/EndpointName", "{% $states.input. %}", f"{T}/Arguments/EndpointName", "Invalid JSONata"),
    (
        "States/T/Arguments/EndpointName",
        "{% $states.result %}",
        f"{T}/Arguments/EndpointName",
        "in Output and Assign only",
    ),
    ("States/T/Arguments/EndpointName", "{% $states.errorOutput %}", f"{T}/Arguments/EndpointName", "in a Catch only"),
    ("States/T/Arguments/EndpointName", " {% 1 %}", f"{T}/Arguments/EndpointName", "without blanks around"),
    ("States/T/Assign", {"states": 1}, f"{T}/Assign/states", "not allowed as a variable name"),
    ("States/T/Retry/0/ErrorEquals", ["States.ALL", "X"], f"{T}/Retry/0/ErrorEquals", "must stand alone and last"),
    ("States/T/Retry/0/MaxAttempts", -1, f"{T}/Retry/0/MaxAttempts", "of at least 0|from 0"),
    ("States/T/Retry/0/BackoffRate", 0.5, f"{T}/Retry/0/BackoffRate", "at least 1"),
    ("States/T/Retry/0/Jitter", "FULL", f"{T}/Retry/0/Jitter", "not supported here"),
    ("States/T/Catch/0/ResultPath", "$", f"{T}/Catch/0/ResultPath", "not supported here"),
    ("States/W/Timestamp", "2026-01-01T00:00:00Z", "/States/W", "exactly one of"),
    ("States/W/Retry", [], "/States/W/Retry", "not supported here"),
    ("States/P/Branches/0/StartAt", "Nowhere", "/States/P/Branches/0/StartAt", "Missing 'Next' target: Nowhere"),
    ("States/C/Choices/0/Condition", "true", "/States/C/Choices/0/Condition", "must be a JSONata expression"),
    ("States/T/QueryLanguage", "JSONPath", f"{T}/QueryLanguage", "not allowed here"),
    ("Strt", 1, "/Strt", "not supported here"),
    ("States/F/Catch", [], "/States/F/Catch", "not supported here"),
]


def spoilt(path: str, value: Any) -> dict[str, Any]:
    definition: Any = copy.deepcopy(GOOD)
    *way, last = path.split("/")
    node = definition
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return dict(definition)


def test_a_good_definition_has_no_problems() -> None:
    assert problems(json.dumps(GOOD)) == []


@pytest.mark.parametrize(("path", "value", "location", "said"), MISTAKES)
def test_each_mistake_is_found_where_it_is(path: str, value: Any, location: str, said: str) -> None:
    found = problems(json.dumps(spoilt(path, value)))

    messages = [problem.message for problem in found if problem.location == location]
    assert any(each in message for message in messages for each in said.split("|")), found


def test_the_optimized_integration_drops_no_parameter_silently() -> None:
    definition = spoilt("States/T/Resource", "arn:aws:states:::sagemaker:updateEndpoint")
    definition["States"]["T"]["Arguments"] = {"EndpointName": "e", "RetainAllVariantProperties": True}

    (problem,) = problems(json.dumps(definition))

    assert problem.code == "SCHEMA_VALIDATION_FAILED"
    assert problem.message == 'The field "RetainAllVariantProperties" is not supported by Step Functions'


def test_create_and_update_refuse_a_bad_definition_and_validate_names_its_faults(local_aws: LocalAws) -> None:
    machines = Machines(local_aws)
    arn = machines.create(jsonata("A", {"A": pass_on(1)}))
    bad = spoilt("States/T/Next", "Nowhere")

    with pytest.raises(
        machines.states.exceptions.InvalidDefinition, match=r"MISSING_TRANSITION_TARGET.*/States/T/Next"
    ):
        machines.create(bad)
    with pytest.raises(machines.states.exceptions.InvalidDefinition, match="/States/T/Next"):
        machines.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(bad))
    validated = machines.states.validate_state_machine_definition(definition=json.dumps(bad))

    assert validated["result"] == "FAIL"
    assert {"MISSING_TRANSITION_TARGET", "UNREACHABLE_STATE"} == {each["code"] for each in validated["diagnostics"]}


def test_the_deploy_state_machine_has_no_problems() -> None:
    text = json.dumps(project.state_machine()).replace("${Partition}", "aws")

    assert problems(text) == []
