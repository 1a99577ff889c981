"""A call is carried out, its response is lost, its retry is refused: Slipway finds that it was carried out."""

import json
from typing import Any

from tests.support import project
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.approving import approve
from tests.workflow.test_update import with_model


def lose(slipway: Slipway, *operations: str) -> None:
    """Lose the response to the first call of each operation."""
    faults = [
        {"service": "sagemaker", "operation": each, "principal": "DeployEndpointRole", "answer": "cut", "times": 1}
        for each in operations
    ]
    slipway.aws.post("faults", faults)


def refusals(run: Run) -> list[str]:
    """Operations whose refusal a function checked."""
    payloads = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]
        for event in run.events
        if event["type"] == "TaskScheduled" and event["taskScheduledEventDetails"]["resourceType"] == "lambda"
    ]
    return [refused["operation"] for payload in payloads for refused in payload.get("refused", [])]


def test_a_creation_continues_after_every_lost_response(slipway: Slipway) -> None:
    lose(slipway, "CreateModel", "CreateEndpointConfig", "CreateEndpoint")

    run = approve(slipway, "answers-lost")

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert refusals(run) == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
    assert run.mutations("sagemaker").count("CreateEndpoint") == 1
    assert "Roll back" not in run.visited


def test_an_update_continues_after_a_lost_response(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("answer-lost"))
    lose(slipway, "UpdateEndpoint")

    run = slipway.deploy(with_model(request_for("answer-lost"), "answer-lost-2"))

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert refusals(run) == ["UpdateEndpoint"]
    endpoint = slipway.endpoint("answer-lost")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == run.output["endpointConfigName"]


def test_a_traffic_shift_continues_after_a_lost_response(slipway: Slipway) -> None:
    request = project.event("deploy_two_variants") | {"endpointName": "answer-lost-shift"}
    slipway.deploy(request)
    lose(slipway, "UpdateEndpointWeightsAndCapacities")
    first, second = request["productionVariants"]

    run = slipway.deploy(request | {"productionVariants": [first, second | {"InitialVariantWeight": 77}]})

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert refusals(run) == ["UpdateEndpointWeightsAndCapacities"]
    assert run.output["action"] == "shift"


def test_a_refused_call_that_was_not_carried_out_is_rolled_back_with_sagemakers_message(
    slipway: Slipway, request_for: Any
) -> None:
    slipway.fault("sagemaker", "CreateEndpoint", "ValidationException", "Cannot do that, says SageMaker")

    run = slipway.deploy(request_for("really-refused"))

    assert run.status == "FAILED"
    assert "Cannot do that, says SageMaker" in run.cause
    assert "Failed in the state Create endpoint, which called sagemaker:createEndpoint." in run.cause
    assert slipway.endpoint("really-refused") is None
    assert slipway.configs("really-refused") == []
