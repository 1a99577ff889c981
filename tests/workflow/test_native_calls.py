"""What the state machine sends to SageMaker is what SageMaker's own service model allows."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.support.deployment import Run, Slipway
from tests.support.scenarios import run_all

pytestmark = pytest.mark.xdist_group("scenarios")  # one worker runs them all, once
SAGEMAKER = botocore.session.get_session().get_service_model("sagemaker")


@pytest.fixture(scope="module")
def runs(deployed: Slipway) -> dict[str, Run]:
    return run_all(deployed)


def native_calls(run: Run) -> list[tuple[str, dict[str, Any]]]:
    """Operation and evaluated Arguments of each call that a state made itself, in order, each attempt."""
    scheduled = [
        event["taskScheduledEventDetails"]
        for event in run.events
        if event["type"] == "TaskScheduled" and event["taskScheduledEventDetails"]["resourceType"] != "lambda"
    ]
    return [(each["resource"][0].upper() + each["resource"][1:], json.loads(each["parameters"])) for each in scheduled]


def faults(operation: str, arguments: dict[str, Any]) -> str:
    """What botocore's own validation has to say."""
    shape = SAGEMAKER.operation_model(operation).input_shape
    return str(ParamValidator().validate(arguments, shape).generate_report())


def test_every_native_call_is_valid_in_every_scenario(runs: dict[str, Run]) -> None:
    invalid = {
        (name, operation): report
        for name, run in runs.items()
        for operation, arguments in native_calls(run)
        if (report := faults(operation, arguments))
    }

    assert invalid == {}


def test_every_native_call_of_the_state_machine_was_made(runs: dict[str, Run]) -> None:
    made = {operation for run in runs.values() for operation, _ in native_calls(run)}

    assert made == {"CreateModel", "CreateEndpointConfig", "CreateEndpoint", "UpdateEndpoint"}


def test_what_arrives_at_sagemaker_is_what_the_state_machine_evaluated(runs: dict[str, Run]) -> None:
    for run in runs.values():
        arrived = [
            (call["operation"], call["parameters"])
            for call in run.calls
            if call["service"] == "sagemaker" and not call["derived"] and "DeployEndpointRole" in call["principal"]
        ]

        assert arrived == native_calls(run)


def test_a_misspelt_or_missing_member_would_be_found() -> None:
    report = faults("CreateEndpoint", {"EndpointName": "a", "EndpointConfig": "b"})

    assert 'Missing required parameter in input: "EndpointConfigName"' in report
    assert 'Unknown parameter in input: "EndpointConfig"' in report
