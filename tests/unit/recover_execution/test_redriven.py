"""Redriven executions: each end is reported, and nothing is recovered or released twice."""

import json

import pytest

from shared import records
from tests.unit.conftest import EXECUTION, EXECUTION_ARN
from tests.unit.recover_execution.conftest import PLAN, RECOVERS, RECOVERY_ARN, World, entered

REDRIVEN = {"type": "ExecutionRedriven", "executionRedrivenEventDetails": {"redriveCount": 1}}
REQUEST = {"endpointName": "test-endpoint"}


@pytest.mark.parametrize(
    ("status", "error", "reported"),
    [
        ("ABORTED", "", "ExecutionStopped"),
        ("TIMED_OUT", "", "ExecutionTimedOut"),
        ("FAILED", "ExecutionRedriven", "ExecutionRedriven"),
        ("FAILED", "CreateFailed", "ExecutionRedriven"),
        ("FAILED", "NotificationFailed", "ExecutionRedriven"),
    ],
)
def test_the_end_of_a_redriven_execution_is_only_reported(world: World, status: str, error: str, reported: str) -> None:
    world.lock(EXECUTION_ARN)
    world.enable("Try deployment", "Create endpoint")
    world.recover("ABORTED", REQUEST)
    world.states.ended = {"status": status, "error": error, "redriveCount": 1}

    recovered = world.recover(status, REQUEST, redriveCount=1)

    assert (recovered["recovered_by"], recovered["released"]) == (None, [])
    assert [name for name, _ in world.states.calls].count("StartExecution") == 1
    assert world.outcome == reported
    assert "The execution was redriven. It changed nothing" in world.sns.published["Message"]
    assert world.lock_holder == EXECUTION_ARN
    assert list(records.newest_first(world.dynamodb, "deployments", "test-endpoint")) == []


def test_each_run_is_reported_once(world: World) -> None:
    for count in (0, 1, 1, 2):
        world.states.ended = {"status": "ABORTED", "redriveCount": count}
        world.recover("ABORTED", REQUEST, redriveCount=count)

    assert len(world.sns.calls) == 3


def test_an_execution_redriven_before_its_event_arrived_is_recovered_from_its_first_run(
    world: World,
) -> None:
    world.enable("Try deployment", "Check endpoint")
    world.states.history += [REDRIVEN, entered("Roll back"), entered("Notify failure")]
    world.states.ended = {"status": "RUNNING", "redriveCount": 1}

    recovered = world.recover("ABORTED", REQUEST)

    assert recovered["recovered_by"] == RECOVERY_ARN


def test_a_reported_failure_is_not_reported_again_while_the_execution_runs_again(world: World) -> None:
    world.states.ended = {"status": "RUNNING", "redriveCount": 1}

    world.recover("FAILED", REQUEST, error="CreateFailed", cause="because")

    assert world.sns.calls == []


def test_a_redriven_recovery_is_reported_separately_from_the_deployment(world: World) -> None:
    story = {"plan": PLAN, "failure": {"Error": "ExecutionStopped", "Cause": "Stopped."}, "execution": EXECUTION}
    recovery = {"executionArn": RECOVERY_ARN, "stateMachineArn": RECOVERS, "input": json.dumps(story)}
    world.states.ended = recovery | {"error": "NotificationFailed"}
    world.recover("FAILED")
    world.states.ended = recovery | {"status": "FAILED", "error": "ExecutionRedriven", "redriveCount": 1}

    recovered = world.recover("FAILED", redriveCount=1)

    outcomes = [sent["MessageAttributes"]["outcome"]["StringValue"] for _, sent in world.sns.calls]
    assert outcomes == ["NotificationFailed", "ExecutionRedriven"]
    assert (recovered["recovered_by"], recovered["released"]) == (None, [])
