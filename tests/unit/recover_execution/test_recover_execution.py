"""An execution that ended without its notification: its lock is released, and it is recorded and reported."""

import json

import pytest

from shared import records
from shared.locks import Locks
from tests.unit.conftest import ENVIRONMENT, EXECUTION_ARN
from tests.unit.recover_execution.conftest import World

REQUEST = {"endpointName": "test-endpoint"}


@pytest.mark.parametrize(("status", "error"), [("ABORTED", "ExecutionStopped"), ("TIMED_OUT", "ExecutionTimedOut")])
def test_an_execution_that_ended_from_outside_is_reported_with_the_live_config(
    world: World, status: str, error: str
) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "Updating", PendingDeploymentSummary={"EndpointConfigName": "new"})

    world.recover(status, REQUEST)

    assert world.sns.published["TopicArn"] == ENVIRONMENT["FAILURE_TOPIC_ARN"]
    assert (
        world.sns.published["Subject"] == f"[test] test-endpoint: deployment failed, {error}; an update is in progress"
    )
    assert world.outcome == error
    assert "Endpoint test-endpoint is Updating to config new" in world.sns.published["Message"]
    assert json.loads(world.sns.published["Message"].splitlines()[-1])["executionArn"] == EXECUTION_ARN


def test_the_lock_is_released_and_names_the_endpoint_of_an_approval(world: World) -> None:
    world.lock(EXECUTION_ARN)

    recovered = world.recover("ABORTED", {"detail-type": "SageMaker Model Package State Change"})

    assert recovered["released"] == ["test-endpoint"]
    lock = Locks(world.dynamodb, "locks").read("test-endpoint")
    assert (lock.held_by, lock.broken_off_at) == (None, "2026-11-21T05:19:59.250Z")
    assert world.sns.published["MessageAttributes"]["endpoint"]["StringValue"] == "test-endpoint"
    assert (
        "Rollback\nResources that the execution created or changed still exist, unless it rolled them back itself."
        in world.sns.published["Message"]
    )


def test_an_event_without_input_and_without_lock_is_reported(world: World) -> None:
    world.recover("ABORTED")

    assert world.sns.published["MessageAttributes"]["endpoint"]["StringValue"] == "unknown"
    assert "The request names no endpoint." in world.sns.published["Message"]


@pytest.mark.parametrize(
    ("error", "documented"), [("NotificationFailed", "NotificationFailed"), ("States.Runtime", "InternalError")]
)
def test_a_failure_that_was_not_reported_is_reported_with_its_documented_error(
    world: World, error: str, documented: str
) -> None:
    world.states.ended = {"error": error, "cause": "because\nWhat to do: look"}

    world.recover("FAILED", REQUEST)

    assert world.outcome == documented
    assert "because\n\nLive config" in world.sns.published["Message"]


def test_a_failure_with_a_documented_error_was_already_reported(world: World) -> None:
    world.states.ended = {"error": "CreateFailed", "cause": "because"}

    recovered = world.recover("FAILED", REQUEST)

    assert recovered == {"recovered_by": None, "released": [], "message_id": None}
    assert world.sns.calls == []


def test_a_lock_that_notify_could_not_release_is_released(world: World) -> None:
    world.lock(EXECUTION_ARN)
    world.states.ended = {"error": "CreateFailed", "cause": "because"}

    assert world.recover("FAILED", REQUEST)["released"] == ["test-endpoint"]
    assert world.lock_holder is None


def test_a_duplicate_event_is_reported_once(world: World) -> None:
    first = world.recover("ABORTED")
    second = world.recover("ABORTED")

    assert first["message_id"] == second["message_id"]
    assert len(world.sns.calls) == 1


def test_an_execution_that_ended_from_outside_is_recorded(world: World) -> None:
    world.recover("ABORTED", REQUEST)

    (record,) = records.newest_first(world.dynamodb, "deployments", "test-endpoint")
    assert (record.deployment_id, record.outcome, record.started_at) == (
        "one",
        "ExecutionStopped",
        "2026-11-21T05:00:00.000Z",
    )


def test_a_record_that_cannot_be_written_is_part_of_the_notification(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.dynamodb.delete_table(TableName="deployments")

    world.recover("ABORTED", REQUEST)

    assert (
        "Deployment one was not written to the history, so it cannot be restored: PutItem: ResourceNotFoundException"
        in world.sns.published["Message"]
    )


def test_a_removal_is_reported_as_a_removal_its_lock_is_released_and_nothing_is_rolled_back(world: World) -> None:
    world.lock(EXECUTION_ARN)
    world.enable("Try deployment")  # would be rolled back if it were a deployment
    world.states.ended = {"stateMachineArn": ENVIRONMENT["REMOVE_STATE_MACHINE_ARN"]}

    recovered = world.recover("ABORTED", {"endpointName": "test-endpoint", "confirm": "test-endpoint"})

    assert (recovered["recovered_by"], recovered["released"]) == (None, ["test-endpoint"])
    assert [operation for operation, _ in world.states.calls] == ["DescribeExecution"]
    assert world.sns.published["Subject"] == (
        "[test] test-endpoint: removal failed, ExecutionStopped; no endpoint exists"
    )
    assert (
        "Not removed\nResources that were not deleted before the failure still exist: a removal is not rolled back."
        in world.sns.published["Message"]
    )
    (record,) = records.newest_first(world.dynamodb, "deployments", "test-endpoint")
    assert (record.kind, record.outcome) == ("removal", "ExecutionStopped")


@pytest.mark.parametrize(("machine", "what"), [("slipway-deploy", "start"), ("slipway-remove", "remove")])
def test_a_tick_that_was_stopped_stays_a_tick_in_the_history_and_is_reported_with_its_command(
    world: World, machine: str, what: str
) -> None:
    world.states.ended = {"stateMachineArn": f"arn:aws:states:eu-west-1:123456789012:stateMachine:{machine}"}
    world.lock(EXECUTION_ARN)

    world.recover("ABORTED", REQUEST | {"scheduled": {"wants": "up", "time": "2026-11-21T05:00:00Z"}})

    (record,) = records.newest_first(world.dynamodb, "deployments", "test-endpoint")
    assert (record.kind, record.outcome) == ("schedule", "ExecutionStopped")
    assert f"To {what} it within its schedule: aws stepfunctions start-execution" in world.sns.published["Message"]
