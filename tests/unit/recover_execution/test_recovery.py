import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import ServiceUnavailable
from shared.locks import Locks
from shared.planning.size import MOST_BYTES
from tests.unit.conftest import EXECUTION, EXECUTION_ARN
from tests.unit.fakes import client_error
from tests.unit.settle_execution.conftest import PLAN, TAKES_BACK, TAKES_BACK_ONE, World, left


def test_what_it_left_unfinished_is_taken_back_by_an_execution_of_its_name_with_its_last_plan(world: World) -> None:
    lock = {"lockId": {"S": "endpoint/test-endpoint"}, "heldBy": {"S": EXECUTION_ARN}}
    world.dynamodb.put_item(TableName="locks", Item=lock)
    world.take_back("Try deployment", "Create endpoint")

    settled = world.settle("ABORTED", {"endpointName": "test-endpoint"})

    assert settled == {"taken_back_by": TAKES_BACK_ONE, "freed": [], "message_id": None}
    assert world.sns.calls == []
    assert Locks(world.dynamodb, "locks").read("test-endpoint").held_by == EXECUTION_ARN
    operation, started = world.states.calls[-1]
    assert (operation, started["stateMachineArn"], started["name"]) == ("StartExecution", TAKES_BACK, "one")
    assert json.loads(started["input"]) == {
        "plan": PLAN,
        "failure": {"Error": "ExecutionStopped", "Cause": "The execution was stopped."},
        "execution": {"arn": EXECUTION_ARN, "name": "one", "startedAt": "2026-11-21T05:00:00.000Z"},
    }


def test_a_plan_of_the_largest_size_can_be_taken_back_whatever_its_letters(world: World) -> None:
    world.take_back("Try deployment")
    tags = [{"Key": "team", "Value": "ü" * ((MOST_BYTES - len(json.dumps(PLAN))) // 2 - 100)}]
    plan = PLAN | {"request": {"tags": tags}}
    world.states.history[1] = left("Plan deployment", plan)

    world.settle("ABORTED")

    started = world.states.calls[-1][1]["input"]
    assert json.loads(started)["plan"] == plan
    assert len(started.encode()) < 262_144


def test_an_event_that_comes_twice_starts_it_once(world: World) -> None:
    world.take_back("Try deployment")
    world.states.errors["StartExecution"] = client_error("ExecutionAlreadyExists", "there is one", "StartExecution")

    assert world.settle("ABORTED")["taken_back_by"] == TAKES_BACK_ONE
    assert world.sns.calls == []


def test_that_it_was_started_already_is_looked_at_and_not_believed(world: World) -> None:
    world.take_back("Try deployment")
    world.states.errors["StartExecution"] = client_error("ExecutionAlreadyExists", "there is one", "StartExecution")
    world.states.missing.add(TAKES_BACK_ONE)

    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        world.settle("ABORTED")
    assert world.sns.calls == []


def test_an_execution_that_cannot_be_taken_back_now_is_settled_another_time(world: World) -> None:
    world.take_back("Try deployment")
    world.states.errors["StartExecution"] = client_error("ThrottlingException", "not now", "StartExecution")

    with pytest.raises(ServiceUnavailable):
        world.settle("ABORTED")
    assert world.sns.calls == []


@pytest.mark.parametrize("states", [(), ("Wait for turn",), ("Try deployment", "Unlock endpoint")])
def test_what_changed_nothing_yet_or_had_come_to_its_end_is_only_told_of(world: World, states: tuple[str, ...]) -> None:
    world.take_back(*states)

    settled = world.settle("ABORTED", {"endpointName": "test-endpoint"})

    assert settled["taken_back_by"] is None
    assert world.sns.published["MessageAttributes"]["outcome"]["StringValue"] == "ExecutionStopped"


def test_a_failure_that_was_told_is_not_taken_back_again(world: World) -> None:
    world.take_back("Try deployment", "Roll back")
    world.states.ended = {"error": "CreateFailed", "cause": "because"}

    assert world.settle("FAILED")["taken_back_by"] is None


def test_a_stage_that_does_not_want_it_does_not_look_at_histories(world: World) -> None:
    world.settle("ABORTED", {"endpointName": "test-endpoint"})

    assert [operation for operation, _ in world.states.calls] == ["DescribeExecution"]


def taking_back_ended(world: World, status: str, **ended: str) -> Any:
    story = {"plan": PLAN, "failure": {"Error": "ExecutionStopped", "Cause": "Stopped."}}
    text = json.dumps({**story, "execution": EXECUTION})
    world.states.ended = {"executionArn": TAKES_BACK_ONE, "stateMachineArn": TAKES_BACK, "input": text, **ended}
    return world.settle(status)


@pytest.mark.parametrize("holder", [EXECUTION_ARN, TAKES_BACK_ONE])
def test_a_taking_back_that_broke_off_is_told_of_as_the_end_of_the_deployment_and_frees_both_locks(
    world: World, holder: str
) -> None:
    lock = {"lockId": {"S": "endpoint/test-endpoint"}, "heldBy": {"S": holder}}
    world.dynamodb.put_item(TableName="locks", Item=lock)

    settled = taking_back_ended(world, "TIMED_OUT")

    assert settled["freed"] == ["test-endpoint"]
    assert world.sns.published["MessageAttributes"]["outcome"]["StringValue"] == "RollbackFailed"
    text = world.sns.published["Message"]
    assert "ExecutionStopped: Stopped." in text
    assert f"It was to be taken back by {TAKES_BACK_ONE}." in text
    assert json.loads(text.splitlines()[-1])["executionArn"] == EXECUTION_ARN


def test_a_taking_back_that_could_tell_nobody_is_told_of_as_what_it_was(world: World) -> None:
    taking_back_ended(world, "FAILED", error="NotificationFailed", cause="nobody was told")

    assert world.sns.published["MessageAttributes"]["outcome"]["StringValue"] == "NotificationFailed"


def test_a_taking_back_that_failed_and_told_frees_what_it_could_not_take_over(world: World) -> None:
    lock = {"lockId": {"S": "endpoint/test-endpoint"}, "heldBy": {"S": EXECUTION_ARN}}
    world.dynamodb.put_item(TableName="locks", Item=lock)

    settled = taking_back_ended(world, "FAILED", error="RollbackFailed", cause="told")

    assert settled == {"taken_back_by": None, "freed": ["test-endpoint"], "message_id": None}
