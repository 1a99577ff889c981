"""If the stage wants it, a stopped execution is recovered once, by the lock holder, with one notification."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local_aws import until
from tests.faults.world import snapshot
from tests.support.deployment import Slipway
from tools import stack


@pytest.fixture
def slipway(recovering: Slipway) -> Iterator[Slipway]:
    """The application with recovery of stopped executions, without the faults and outcomes of other tests."""
    yield recovering
    recovering.clear_faults()


def newer(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": "newer"}], **changes}


@contextmanager
def held(slipway: Slipway, request: dict[str, Any], state: str = "Check endpoint") -> Iterator[str]:
    """ARN of an execution that is in the state during the block and is stopped at its end."""
    stack.make_models(slipway.aws, request)
    with slipway.real_time():
        arn = slipway.start(request)
        until(lambda: slipway.entered(arn, state))
        yield arn
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
        slipway.wait_for_rule(arn)


def stopped(slipway: Slipway, request: dict[str, Any], state: str = "Check endpoint") -> str:
    """ARN of an execution that was stopped in the state."""
    with held(slipway, request, state) as arn:
        return arn


def notification(slipway: Slipway, arn: str) -> dict[str, Any]:
    """The execution's only notification, after its recovery has ended."""
    recovering = slipway.recovery_of(arn)
    slipway.wait(recovering)
    (message,) = until(lambda: slipway.messages_of(arn))
    return message


def test_a_stopped_creation_leaves_nothing_and_one_notification(slipway: Slipway, request_for: Any) -> None:
    before = snapshot(slipway, "created")
    arn = stopped(slipway, request_for("created"))

    message = notification(slipway, arn)

    after = snapshot(slipway, "created")
    assert (after.endpoint, after.configs, after.scaling, after.held_by) == (None, before.configs, before.scaling, None)
    assert message["attributes"] == {"endpoint": "created", "outcome": "ExecutionStopped", "stage": "local"}
    assert "Removed: endpoint created, endpoint config created-" in message["message"]


def test_a_stopped_update_is_rolled_back_with_its_scaling(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("updated"))
    request = newer(request_for("updated"), autoscalingMaxCapacity=7)
    stack.make_models(slipway.aws, request)
    before = snapshot(slipway, "updated")
    arn = stopped(slipway, request)

    message = notification(slipway, arn)

    assert snapshot(slipway, "updated") == before
    assert before.endpoint is not None
    assert f"is InService on config {before.endpoint['config']}" in message["message"]


def test_an_update_that_is_stopped_while_it_is_tested_is_rolled_back(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("in-test"))
    request = newer(request_for("in-test"), test=[{"name": "golden", "body": 1}])
    stack.make_models(slipway.aws, request)
    before = snapshot(slipway, "in-test")
    slipway.fault("sagemaker-runtime", "InvokeEndpoint", "ModelNotReadyException", "The model is loading", status=429)
    slipway.outcome("in-test", "update", "succeeds", afterSeconds=1)
    arn = stopped(slipway, request, "Wait for answer")

    message = notification(slipway, arn)

    assert snapshot(slipway, "in-test") == before
    assert message["attributes"]["outcome"] == "ExecutionStopped"


def test_an_execution_stopped_before_any_change_is_only_reported(slipway: Slipway, request_for: Any) -> None:
    slipway.lock("waits", slipway.start(request_for("held-up", whenBusy="WAIT")))
    arn = stopped(slipway, request_for("waits", whenBusy="WAIT"), "Wait for turn")

    (message,) = until(lambda: slipway.messages_of(arn))

    assert not slipway.exists(slipway.recovery_of(arn))
    assert message["attributes"]["outcome"] == "ExecutionStopped"


def test_keep_keeps_the_result_of_a_stopped_execution_and_the_message_says_how_to_remove_it(
    slipway: Slipway, request_for: Any
) -> None:
    arn = stopped(slipway, request_for("kept", onFailure="KEEP"))

    message = notification(slipway, arn)

    assert slipway.endpoint("kept") is not None
    assert "aws sagemaker delete-endpoint --endpoint-name kept" in message["message"]
    assert snapshot(slipway, "kept").held_by is None


def test_a_duplicate_event_recovers_once_and_notifies_once(slipway: Slipway, request_for: Any) -> None:
    arn = stopped(slipway, request_for("duplicate-event"))

    notification(slipway, arn)
    slipway.recover_again(arn)

    assert len(slipway.messages_of(arn)) == 1
    assert slipway.endpoint("duplicate-event") is None


def test_the_deployment_of_another_lock_holder_is_left_alone(slipway: Slipway, request_for: Any) -> None:
    another_execution = f"{slipway.machine_arn.replace(':stateMachine:', ':execution:')}:another"
    with held(slipway, request_for("superseded")) as arn:
        slipway.lock("superseded", another_execution)

    message = notification(slipway, arn)

    assert "another execution has taken the lock" in message["message"]
    assert slipway.endpoint("superseded") is not None
    assert snapshot(slipway, "superseded").held_by == another_execution


def test_a_stopped_recovery_is_reported_once_and_holds_no_lock(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("recovery-stopped", "create", "never_finishes")
    arn = stopped(slipway, request_for("recovery-stopped"))
    recovering = slipway.recovery_of(arn)
    until(lambda: slipway.entered(recovering, "Roll back"))
    with slipway.real_time():
        until(lambda: slipway.entered(recovering, "Wait for rollback"))
        assert snapshot(slipway, "recovery-stopped").held_by == recovering
        slipway.aws.client("stepfunctions").stop_execution(executionArn=recovering)

    (message,) = until(lambda: slipway.messages_of(arn))

    assert message["attributes"]["outcome"] == "RollbackFailed"
    assert recovering in message["message"]
    assert f"Key=slipway:execution,Values={arn}" in message["message"]
    assert snapshot(slipway, "recovery-stopped").held_by is None


def test_a_refused_recovery_reports_the_commands(slipway: Slipway, request_for: Any) -> None:
    slipway.fault("sagemaker", "DeleteEndpoint", "AccessDeniedException", "not now", status=403)
    arn = stopped(slipway, request_for("refused"))

    message = notification(slipway, arn)

    assert message["attributes"]["outcome"] == "RollbackFailed"
    assert "aws sagemaker delete-endpoint --endpoint-name refused" in message["message"]
    assert slipway.wait(slipway.recovery_of(arn))["status"] == "FAILED"
