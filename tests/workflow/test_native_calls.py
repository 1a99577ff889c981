"""What the state machine sends to AWS is what the services' own models allow."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.support.deployment import Run, Slipway
from tests.support.scenarios import run_all

SESSION = botocore.session.get_session()
SERVICES = {"aws-sdk:sagemaker": "sagemaker", "aws-sdk:sfn": "stepfunctions", "dynamodb": "dynamodb"}


@pytest.fixture(scope="module")
def runs(deployed: Slipway) -> dict[str, Run]:
    return run_all(deployed)


def native_calls(run: Run) -> list[tuple[str, str, dict[str, Any]]]:
    """Service, operation and evaluated Arguments of each call that a state made itself, in order, each attempt."""
    scheduled = [
        event["taskScheduledEventDetails"]
        for event in run.events
        if event["type"] == "TaskScheduled" and event["taskScheduledEventDetails"]["resourceType"] != "lambda"
    ]
    return [
        (
            SERVICES[each["resourceType"]],
            each["resource"][0].upper() + each["resource"][1:],
            json.loads(each["parameters"]),
        )
        for each in scheduled
    ]


def faults(service: str, operation: str, arguments: dict[str, Any]) -> str:
    """What botocore's own validation has to say; Step Functions has every service's members in PascalCase."""
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    own = {name[0].upper() + name[1:]: name for name in shape.members}
    request = {own.get(name, name): value for name, value in arguments.items()}
    return str(ParamValidator().validate(request, shape).generate_report())


def test_every_native_call_is_valid_in_every_scenario(runs: dict[str, Run]) -> None:
    invalid = {
        (name, operation): report
        for name, run in runs.items()
        for service, operation, arguments in native_calls(run)
        if (report := faults(service, operation, arguments))
    }

    assert invalid == {}


def test_every_native_call_of_the_state_machines_was_made(runs: dict[str, Run]) -> None:
    made = {operation for run in runs.values() for _, operation, _ in native_calls(run)}

    assert made == {
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
        "UpdateEndpoint",
        "UpdateItem",
        "DescribeExecution",
    }


def test_what_arrives_at_sagemaker_is_what_the_state_machine_evaluated(runs: dict[str, Run]) -> None:
    for run in runs.values():
        arrived = [
            [call["operation"], call["parameters"]]
            for call in run.calls
            if call["service"] == "sagemaker" and not call["derived"] and "DeployEndpointRole" in call["principal"]
        ]

        assert arrived == [each for service, *each in native_calls(run) if service == "sagemaker"]


def test_a_misspelt_or_missing_member_would_be_found() -> None:
    report = faults("sagemaker", "CreateEndpoint", {"EndpointName": "a", "EndpointConfig": "b"})

    assert 'Missing required parameter in input: "EndpointConfigName"' in report
    assert 'Unknown parameter in input: "EndpointConfig"' in report
