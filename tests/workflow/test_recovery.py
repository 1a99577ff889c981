"""What a stopped execution did is taken back where the stage wants it: once, by whoever has the lock, and told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local_aws import until
from tests.faults.world import look
from tests.support.deployment import Slipway
from tools import stack


@pytest.fixture
def slipway(recovering: Slipway) -> Iterator[Slipway]:
    """The application where stopped executions are taken back; faults and outcomes of a test end with it."""
    yield recovering
    recovering.heal()


def newer(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": "newer"}], **changes}


@contextmanager
def held(slipway: Slipway, request: dict[str, Any], state: str = "Check endpoint") -> Iterator[str]:
    """The ARN of an execution that is in the state, and is stopped when the block has done what happens meanwhile."""
    stack.make_models(slipway.aws, request)
    with slipway.standing_still():
        arn = slipway.start(request)
        until(lambda: slipway.entered(arn, state))
        yield arn
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
        slipway.wait_for_rule(arn)


def stopped(slipway: Slipway, request: dict[str, Any], state: str = "Check endpoint") -> str:
    """The ARN of an execution that was stopped in the state."""
    with held(slipway, request, state) as arn:
        return arn


def told(slipway: Slipway, arn: str) -> dict[str, Any]:
    """The one message of the execution, once what takes it back has ended."""
    recovering = slipway.recovery_of(arn)
    slipway.wait(recovering)
    (message,) = until(lambda: slipway.messages_of(arn))
    return message


def test_a_creation_that_was_stopped_leaves_nothing_and_one_message(slipway: Slipway, request_for: Any) -> None:
    before = look(slipway, "created")
    arn = stopped(slipway, request_for("created"))

    message = told(slipway, arn)

    after = look(slipway, "created")
    assert (after.endpoint, after.configs, after.scaling, after.held_by) == (None, before.configs, before.scaling, None)
    assert message["attributes"] == {"endpoint": "created", "outcome": "ExecutionStopped", "stage": "local"}
    assert "Removed: endpoint created, endpoint config created-" in message["message"]


def test_an_update_that_was_stopped_is_led_back_with_its_scaling(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("updated"))
    request = newer(request_for("updated"), autoscalingMaxCapacity=7)
    stack.make_models(slipway.aws, request)
    before = look(slipway, "updated")
    arn = stopped(slipway, request)

    message = told(slipway, arn)

    assert look(slipway, "updated") == before
    assert before.endpoint is not None
    assert f"is InService on config {before.endpoint['config']}" in message["message"]


def test_an_execution_that_was_stopped_before_it_changed_anything_is_only_told_of(
    slipway: Slipway, request_for: Any
) -> None:
    slipway.lock("waits", slipway.start(request_for("held-up", whenBusy="WAIT")))
    arn = stopped(slipway, request_for("waits", whenBusy="WAIT"), "Wait for turn")

    (message,) = until(lambda: slipway.messages_of(arn))

    assert not slipway.exists(slipway.recovery_of(arn))
    assert message["attributes"]["outcome"] == "ExecutionStopped"


def test_what_the_request_says_to_keep_stays_and_the_message_says_how_to_remove_it(
    slipway: Slipway, request_for: Any
) -> None:
    arn = stopped(slipway, request_for("kept", onFailure="KEEP"))

    message = told(slipway, arn)

    assert slipway.endpoint("kept") is not None
    assert "aws sagemaker delete-endpoint --endpoint-name kept" in message["message"]
    assert look(slipway, "kept").held_by is None


def test_an_event_that_comes_twice_takes_back_once_and_tells_once(slipway: Slipway, request_for: Any) -> None:
    arn = stopped(slipway, request_for("twice-stopped"))

    told(slipway, arn)
    slipway.recover_again(arn)

    assert len(slipway.messages_of(arn)) == 1
    assert slipway.endpoint("twice-stopped") is None


def test_what_somebody_else_deploys_by_then_is_left_alone(slipway: Slipway, request_for: Any) -> None:
    somebody_else = f"{slipway.machine_arn.replace(':stateMachine:', ':execution:')}:somebody-else"
    with held(slipway, request_for("overtaken")) as arn:
        slipway.lock("overtaken", somebody_else)

    message = told(slipway, arn)

    assert "another execution has taken the lock" in message["message"]
    assert slipway.endpoint("overtaken") is not None
    assert look(slipway, "overtaken").held_by == somebody_else


def test_a_way_back_that_was_stopped_itself_is_told_of_once_and_holds_no_lock(
    slipway: Slipway, request_for: Any
) -> None:
    slipway.outcome("halfway", "create", "never_finishes")
    arn = stopped(slipway, request_for("halfway"))
    recovering = slipway.recovery_of(arn)
    until(lambda: slipway.entered(recovering, "Roll back"))
    with slipway.standing_still():
        until(lambda: slipway.entered(recovering, "Wait for rollback"))
        assert look(slipway, "halfway").held_by == recovering
        slipway.aws.client("stepfunctions").stop_execution(executionArn=recovering)

    (message,) = until(lambda: slipway.messages_of(arn))

    assert message["attributes"]["outcome"] == "RollbackFailed"
    assert recovering in message["message"]
    assert f"Key=slipway:execution,Values={arn}" in message["message"]
    assert look(slipway, "halfway").held_by is None


def test_a_way_back_that_aws_refuses_tells_the_commands(slipway: Slipway, request_for: Any) -> None:
    slipway.fault("sagemaker", "DeleteEndpoint", "AccessDeniedException", "not now", status=403)
    arn = stopped(slipway, request_for("refused"))

    message = told(slipway, arn)

    assert message["attributes"]["outcome"] == "RollbackFailed"
    assert "aws sagemaker delete-endpoint --endpoint-name refused" in message["message"]
    assert slipway.wait(slipway.recovery_of(arn))["status"] == "FAILED"
