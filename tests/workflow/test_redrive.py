"""A redriven execution changes nothing in any state, and every run of it is reported once."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import until
from tests.faults.world import snapshot
from tests.support.deployment import Slipway
from tools import stack

# States in which an execution is stopped, each with a throttled call that keeps it there.
STATES: dict[str, tuple[str, str, str] | None] = {
    "Check endpoint": None,
    "Create endpoint config": ("sagemaker", "CreateEndpointConfig", "DeployEndpoint"),
    "Notify success": ("dynamodb", "UpdateItem", "NotifyFunction"),
}


@pytest.fixture
def slipway(recovering: Slipway) -> Iterator[Slipway]:
    """The application with recovery of stopped executions, without the faults and outcomes of other tests."""
    yield recovering
    recovering.clear_faults()


def newer(request: dict[str, Any]) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": "newer"}]}


def stop(slipway: Slipway, arn: str) -> None:
    slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)


def redrive(slipway: Slipway, arn: str) -> dict[str, Any]:
    """Redrive the execution and return its description once it has ended again."""
    slipway.aws.client("stepfunctions").redrive_execution(executionArn=arn)
    return slipway.wait(arn)


def outcomes(slipway: Slipway, arn: str, messages: int) -> list[str]:
    """Outcomes in the notifications of the execution, once there are `messages` of them."""
    until(lambda: len(slipway.messages_of(arn)) >= messages)
    return [message["attributes"]["outcome"] for message in slipway.messages_of(arn)]


@pytest.mark.parametrize("state", STATES)
def test_an_execution_redriven_after_another_deployment_changes_nothing(
    slipway: Slipway, request_for: Any, state: str
) -> None:
    name = f"redriven-in-{state.lower().replace(' ', '-')}"
    stack.make_models(slipway.aws, request_for(name))
    if throttled := STATES[state]:
        service, operation, role = throttled
        slipway.fault(service, operation, "ThrottlingException", "Rate exceeded", principal=role)
    if state == "Notify success":
        slipway.outcome(name, "create", "succeeds", afterSeconds=1)
    with slipway.real_time():
        arn = slipway.start(request_for(name))
        until(lambda: slipway.entered(arn, state))
        stop(slipway, arn)
    assert outcomes(slipway, arn, 1) == ["ExecutionStopped"]
    slipway.clear_faults()
    assert slipway.deploy(newer(request_for(name))).status == "SUCCEEDED"
    before = snapshot(slipway, name)

    again = redrive(slipway, arn)

    assert (again["status"], again["error"]) == ("FAILED", "ExecutionRedriven")
    assert "What to do: Start the same request again" in again["cause"]
    slipway.recover_again(arn)
    assert outcomes(slipway, arn, 2) == ["ExecutionStopped", "ExecutionRedriven"]
    assert snapshot(slipway, name) == before


def test_a_redriven_failed_execution_reports_that_a_redrive_changes_nothing(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("redriven-failed", "create", "fails")
    failed = slipway.deploy(request_for("redriven-failed"))
    assert slipway.deploy(request_for("redriven-failed")).status == "SUCCEEDED"
    before = snapshot(slipway, "redriven-failed")

    again = redrive(slipway, failed.arn)

    assert (failed.error, again["error"]) == ("CreateFailed", "ExecutionRedriven")
    assert "It had ended with CreateFailed: " in again["cause"]
    assert outcomes(slipway, failed.arn, 2) == ["CreateFailed", "ExecutionRedriven"]
    assert snapshot(slipway, "redriven-failed") == before


def test_a_redriven_removal_does_not_delete_a_later_deployment(slipway: Slipway, request_for: Any) -> None:
    name = "redriven-removal"
    slipway.deploy(request_for(name))
    with slipway.real_time():
        arn = slipway.start_removal({"endpointName": name, "confirm": name})
        until(lambda: slipway.entered(arn, "Wait for deletion"))
        stop(slipway, arn)
    assert outcomes(slipway, arn, 1) == ["ExecutionStopped"]
    assert slipway.deploy(newer(request_for(name, whenBusy="WAIT"))).status == "SUCCEEDED"
    before = snapshot(slipway, name)

    again = redrive(slipway, arn)

    assert (again["status"], again["error"]) == ("FAILED", "ExecutionRedriven")
    assert outcomes(slipway, arn, 2) == ["ExecutionStopped", "ExecutionRedriven"]
    assert snapshot(slipway, name) == before


def test_a_redriven_execution_that_is_stopped_again_is_reported_again(slipway: Slipway, request_for: Any) -> None:
    name, other = "redriven-waits", "another-execution"
    request = request_for(name, whenBusy="WAIT")
    stack.make_models(slipway.aws, request)
    with slipway.real_time():
        slipway.lock(name, slipway.start(request_for(other, whenBusy="WAIT")))
        arn = slipway.start(request)
        until(lambda: slipway.entered(arn, "Wait for turn"))
        stop(slipway, arn)
        assert outcomes(slipway, arn, 1) == ["ExecutionStopped"]

        slipway.aws.client("stepfunctions").redrive_execution(executionArn=arn)
        stop(slipway, arn)

        assert outcomes(slipway, arn, 2) == ["ExecutionStopped", "ExecutionStopped"]
    assert "The execution was redriven. It changed nothing" in slipway.messages_of(arn)[1]["message"]
    assert not slipway.exists(slipway.recovery_of(arn))
