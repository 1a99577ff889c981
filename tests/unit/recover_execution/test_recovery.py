import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared import records
from shared.errors import ServiceUnavailable
from shared.planning.size import MOST_BYTES
from tests.unit.conftest import EXECUTION, EXECUTION_ARN
from tests.unit.fakes import client_error
from tests.unit.recover_execution.conftest import EARLIER_PLAN, PLAN, RECOVERS, RECOVERY_ARN, World, exited


def test_an_unfinished_execution_is_recovered_by_an_execution_of_the_same_name_with_its_last_plan(world: World) -> None:
    world.lock(EXECUTION_ARN)
    world.enable("Try deployment", "Create endpoint")

    recovered = world.recover("ABORTED", {"endpointName": "test-endpoint"})

    assert recovered == {"recovered_by": RECOVERY_ARN, "released": [], "message_id": None}
    assert world.sns.calls == []
    assert world.lock_holder == EXECUTION_ARN
    operation, started = world.states.calls[-1]
    assert (operation, started["stateMachineArn"], started["name"]) == ("StartExecution", RECOVERS, "one")
    assert json.loads(started["input"]) == {
        "plan": PLAN,
        "failure": {"Error": "ExecutionStopped", "Cause": "The execution was stopped."},
        "execution": {"arn": EXECUTION_ARN, "name": "one", "startedAt": "2026-11-21T05:00:00.000Z"},
    }


def test_a_plan_of_the_version_that_made_at_most_one_model_is_recovered_with_that_model(world: World) -> None:
    plan = {name: value for name, value in PLAN.items() if name != "models"} | {"model": {"ModelName": "m"}}
    world.enable("Try deployment", "Create endpoint", plan=plan)

    world.recover("ABORTED")

    assert json.loads(world.states.calls[-1][1]["input"])["plan"]["models"] == [{"ModelName": "m"}]


def test_a_plan_of_the_maximum_size_can_be_recovered_with_any_letters(world: World) -> None:
    world.enable("Try deployment")
    tags = [{"Key": "team", "Value": "ü" * ((MOST_BYTES - len(json.dumps(PLAN))) // 2 - 100)}]
    plan = PLAN | {"request": {"tags": tags}}
    world.states.history[1] = exited("Plan deployment", plan)

    world.recover("ABORTED")

    started = world.states.calls[-1][1]["input"]
    assert json.loads(started)["plan"] == plan
    assert len(started.encode()) < 262_144


def test_a_duplicate_event_starts_one_recovery(world: World) -> None:
    world.enable("Try deployment")
    world.states.errors["StartExecution"] = client_error("ExecutionAlreadyExists", "there is one", "StartExecution")

    assert world.recover("ABORTED")["recovered_by"] == RECOVERY_ARN
    assert world.sns.calls == []


def test_a_recovery_whose_name_is_taken_must_exist(world: World) -> None:
    world.enable("Try deployment")
    world.states.errors["StartExecution"] = client_error("ExecutionAlreadyExists", "there is one", "StartExecution")
    world.states.missing.add(RECOVERY_ARN)

    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        world.recover("ABORTED")
    assert world.sns.calls == []


def test_a_recovery_that_cannot_be_started_yet_is_retried(world: World) -> None:
    world.enable("Try deployment")
    world.states.errors["StartExecution"] = client_error("ThrottlingException", "not now", "StartExecution")

    with pytest.raises(ServiceUnavailable):
        world.recover("ABORTED")
    assert world.sns.calls == []


@pytest.mark.parametrize(
    "states",
    [
        (),
        ("Wait for turn",),
        ("Try deployment", "Clean up"),
        ("Try deployment", "Notify success"),
        ("Try deployment", "Roll back", "Notify failure"),
    ],
)
def test_an_execution_with_nothing_to_undo_is_only_reported(world: World, states: tuple[str, ...]) -> None:
    world.enable(*states)

    recovered = world.recover("ABORTED", {"endpointName": "test-endpoint"})

    assert recovered["recovered_by"] is None
    assert world.outcome == "ExecutionStopped"


def test_a_reported_failure_is_not_rolled_back_again(world: World) -> None:
    world.enable("Try deployment", "Roll back")
    world.states.ended = {"error": "CreateFailed", "cause": "because"}

    assert world.recover("FAILED")["recovered_by"] is None


def test_a_stage_without_recovery_reads_no_history(world: World) -> None:
    world.recover("ABORTED", {"endpointName": "test-endpoint"})

    assert [operation for operation, _ in world.states.calls] == ["DescribeExecution"]


def recovery_ended(world: World, status: str, plan: Any = PLAN, **ended: str) -> Any:
    story = {"plan": plan, "failure": {"Error": "ExecutionStopped", "Cause": "Stopped."}}
    text = json.dumps({**story, "execution": EXECUTION})
    world.states.ended = {"executionArn": RECOVERY_ARN, "stateMachineArn": RECOVERS, "input": text, **ended}
    return world.recover(status)


@pytest.mark.parametrize("holder", [EXECUTION_ARN, RECOVERY_ARN])
def test_an_unsuccessful_recovery_is_a_failed_rollback_of_the_deployment_and_releases_its_lock(
    world: World, holder: str
) -> None:
    world.lock(holder)

    recovered = recovery_ended(world, "TIMED_OUT")

    assert recovered["released"] == ["test-endpoint"]
    assert world.outcome == "RollbackFailed"
    text = world.sns.published["Message"]
    assert "ExecutionStopped: Stopped." in text
    assert f"Its recovery was {RECOVERY_ARN}." in text
    assert json.loads(text.splitlines()[-1])["executionArn"] == EXECUTION_ARN


def test_a_recovery_with_a_failed_notification_is_reported_with_that_error(world: World) -> None:
    recovery_ended(world, "FAILED", error="NotificationFailed", cause="not sent")

    assert world.outcome == "NotificationFailed"


def test_a_failed_and_reported_recovery_releases_the_lock_that_it_could_not_take_over(world: World) -> None:
    world.lock(EXECUTION_ARN)

    recovered = recovery_ended(world, "FAILED", error="RollbackFailed", cause="reported")

    assert recovered == {"recovered_by": None, "released": ["test-endpoint"], "message_id": None}


EARLIER = (
    "What happened\nExecutionStopped: The execution was stopped.\nThe rollback failed, too: the stack was updated while "
    "the execution ran, and its plan is of an earlier version of Slipway. This version cannot roll it back automatically."
)
COMMANDS = (
    "What to do\nList the remaining resources:\naws sagemaker describe-endpoint --endpoint-name test-endpoint\n"
    f"aws resourcegroupstaggingapi get-resources --tag-filters Key=slipway:execution,Values={EXECUTION_ARN}\n"
)


def test_a_plan_of_an_earlier_version_is_not_rolled_back_but_reported_with_commands_and_unlocked(world: World) -> None:
    world.lock(EXECUTION_ARN)
    world.enable("Try deployment", "Create endpoint", plan=EARLIER_PLAN)

    recovered = world.recover("ABORTED", {"endpointName": "test-endpoint"})

    assert (recovered["recovered_by"], recovered["released"]) == (None, ["test-endpoint"])
    assert [operation for operation, _ in world.states.calls] == ["DescribeExecution", "GetExecutionHistory"]
    assert world.lock_holder is None
    assert world.outcome == "RollbackFailed"
    assert EARLIER in world.sns.published["Message"]
    assert COMMANDS in world.sns.published["Message"]
    (record,) = records.newest_first(world.dynamodb, "deployments", "test-endpoint")
    assert (record.deployment_id, record.outcome) == ("one", "RollbackFailed")


def test_an_approval_with_a_plan_of_an_earlier_version_is_reported_with_its_endpoint(world: World) -> None:
    world.enable("Try deployment", plan=EARLIER_PLAN)

    world.recover("ABORTED", {"detail-type": "SageMaker Model Package State Change"})

    assert world.sns.published["MessageAttributes"]["endpoint"]["StringValue"] == "test-endpoint"
    assert COMMANDS in world.sns.published["Message"]


def test_a_plan_of_an_earlier_version_without_changes_is_only_reported(world: World) -> None:
    world.enable("Wait for turn", plan=EARLIER_PLAN)

    world.recover("ABORTED", {"endpointName": "test-endpoint"})

    assert world.outcome == "ExecutionStopped"


def test_a_recovery_with_a_plan_of_an_earlier_version_is_reported_with_commands(world: World) -> None:
    recovery_ended(world, "FAILED", EARLIER_PLAN, error="States.Runtime", cause="no requestHash")

    assert world.outcome == "RollbackFailed"
    assert COMMANDS in world.sns.published["Message"]
