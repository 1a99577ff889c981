import json

import pytest

from shared import records
from shared.locks import Locks
from tests.unit.conftest import ENVIRONMENT, EXECUTION_ARN
from tests.unit.settle_execution.conftest import World


@pytest.mark.parametrize(("status", "ending"), [("ABORTED", "ExecutionStopped"), ("TIMED_OUT", "ExecutionTimedOut")])
def test_an_execution_that_ended_from_outside_is_told_of_and_says_what_serves(
    world: World, status: str, ending: str
) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "Updating", PendingDeploymentSummary={"EndpointConfigName": "new"})

    world.settle(status, {"endpointName": "test-endpoint"})

    assert world.sns.published["TopicArn"] == ENVIRONMENT["FAILURE_TOPIC_ARN"]
    assert (
        world.sns.published["Subject"] == f"[test] test-endpoint: deployment failed, {ending}; an update is in progress"
    )
    assert world.sns.published["MessageAttributes"]["outcome"]["StringValue"] == ending
    assert "Endpoint test-endpoint is Updating, on its way to config new" in world.sns.published["Message"]
    assert json.loads(world.sns.published["Message"].splitlines()[-1])["executionArn"] == EXECUTION_ARN


def test_its_lock_is_freed_and_tells_the_endpoint_of_an_approval(world: World) -> None:
    item = {"lockId": {"S": "endpoint/test-endpoint"}, "heldBy": {"S": EXECUTION_ARN}}
    world.dynamodb.put_item(TableName="locks", Item=item)

    settled = world.settle("ABORTED", {"detail-type": "SageMaker Model Package State Change"})

    assert settled["freed"] == ["test-endpoint"]
    lock = Locks(world.dynamodb, "locks").read("test-endpoint")
    assert (lock.held_by, lock.broken_off_at) == (None, "2026-11-21T05:19:59.250Z")
    assert world.sns.published["MessageAttributes"]["endpoint"]["StringValue"] == "test-endpoint"


def test_an_event_without_input_and_without_lock_is_told_of_all_the_same(world: World) -> None:
    world.settle("ABORTED")

    assert world.sns.published["MessageAttributes"]["endpoint"]["StringValue"] == "unknown"
    assert "The request names no endpoint." in world.sns.published["Message"]


@pytest.mark.parametrize(
    ("error", "ending"), [("NotificationFailed", "NotificationFailed"), ("States.Runtime", "InternalError")]
)
def test_a_failure_that_could_not_be_told_keeps_its_name_where_it_has_one(
    world: World, error: str, ending: str
) -> None:
    world.states.ended = {"error": error, "cause": "because\nWhat to do: look"}

    world.settle("FAILED", {"endpointName": "test-endpoint"})

    assert world.sns.published["MessageAttributes"]["outcome"]["StringValue"] == ending
    assert "because\n\nWhat serves now" in world.sns.published["Message"]


def test_a_failure_that_has_a_name_of_the_closed_list_was_told_by_the_state_machine(world: World) -> None:
    world.states.ended = {"error": "CreateFailed", "cause": "because"}

    settled = world.settle("FAILED", {"endpointName": "test-endpoint"})

    assert settled == {"taken_back_by": None, "freed": [], "message_id": None}
    assert world.sns.calls == []


def test_an_event_that_comes_twice_is_told_once(world: World) -> None:
    first = world.settle("ABORTED")
    second = world.settle("ABORTED")

    assert first["message_id"] == second["message_id"]
    assert len(world.sns.calls) == 1


def test_an_execution_that_ended_from_outside_is_put_on_record(world: World) -> None:
    world.settle("ABORTED", {"endpointName": "test-endpoint"})

    (record,) = records.newest_first(world.dynamodb, "deployments", "test-endpoint")
    assert (record.deployment_id, record.outcome, record.started_at) == (
        "one",
        "ExecutionStopped",
        "2026-11-21T05:00:00.000Z",
    )


def test_one_that_cannot_be_put_on_record_is_told_of_all_the_same_and_the_message_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.module, "DEPLOYMENTS_TABLE", "deleted-by-somebody")

    world.settle("ABORTED", {"endpointName": "test-endpoint"})

    assert (
        "Deployment one is not on record, so a rollback knows nothing of it: PutItem: ResourceNotFoundException"
        in world.sns.published["Message"]
    )


def test_a_removal_is_told_of_as_one_its_lock_is_freed_and_nothing_of_it_is_taken_back(world: World) -> None:
    item = {"lockId": {"S": "endpoint/test-endpoint"}, "heldBy": {"S": EXECUTION_ARN}}
    world.dynamodb.put_item(TableName="locks", Item=item)
    world.take_back("Try deployment")  # as if it were a deployment that could be
    world.states.ended = {"stateMachineArn": ENVIRONMENT["REMOVE_STATE_MACHINE_ARN"]}

    settled = world.settle("ABORTED", {"endpointName": "test-endpoint", "confirm": "test-endpoint"})

    assert (settled["taken_back_by"], settled["freed"]) == (None, ["test-endpoint"])
    assert [operation for operation, _ in world.states.calls] == ["DescribeExecution"]
    assert world.sns.published["Subject"] == (
        "[test] test-endpoint: removal failed, ExecutionStopped; no endpoint exists"
    )
    assert "Kept: whatever it had not removed yet when it ended." in world.sns.published["Message"]
    (record,) = records.newest_first(world.dynamodb, "deployments", "test-endpoint")
    assert (record.kind, record.outcome) == ("removal", "ExecutionStopped")
