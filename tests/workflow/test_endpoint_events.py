"""Slipway notices at once that an endpoint is InService or Failed; without events a little later."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bench import costs
from bench.machine import Machine
from local_aws import until
from tests.support.deployment import Run, Slipway
from tools import stack

LOG_GROUP = "/aws/lambda/slipway"
NEXT = "Components in service?"


@contextmanager
def without_events(slipway: Slipway) -> Iterator[None]:
    with Machine(slipway.aws, slipway.machine_arn).without_events():
        yield


def with_model(request: dict[str, Any], model: str, **changes: Any) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": model}], **changes}


def event(name: str, status: str = "IN_SERVICE") -> dict[str, Any]:
    """SageMaker's event about a change of an endpoint."""
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{name}"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "SageMaker Endpoint State Change",
        "source": "aws.sagemaker",
        "account": "123456789012",
        "time": "2026-11-21T05:07:00Z",
        "region": "eu-west-1",
        "resources": [arn],
        "detail": {"EndpointName": name, "EndpointArn": arn, "EndpointStatus": status},
    }


def handled(slipway: Slipway, name: str) -> list[dict[str, Any]]:
    """Log lines of "Wake execution" about events of the endpoint, in order."""
    paginator = slipway.aws.client("logs").get_paginator("filter_log_events")
    pages = paginator.paginate(logGroupName=LOG_GROUP, filterPattern='"WakeExecution"')
    lines = [json.loads(line["message"]) for page in pages for line in page["events"]]
    return [{"woken": None} | line for line in lines if line.get("endpoint") == name]


def send_event(slipway: Slipway, name: str) -> dict[str, Any]:
    """Send an event that the endpoint is InService and return the log line about it."""
    before = len(handled(slipway, name))
    slipway.aws.post("events", [event(name)])
    until(lambda: len(handled(slipway, name)) > before)
    return handled(slipway, name)[-1]


def waits(slipway: Slipway, arn: str, name: str) -> bool:
    """Whether the execution has stored a task token for an event."""
    item = slipway.aws.client("dynamodb").get_item(
        TableName=slipway.physical_id("LocksTable"), Key={"lockId": {"S": f"endpoint/{name}"}}
    )
    return arn in item.get("Item", {}).get("watch", {}).get("S", "")


def late_seconds(run: Run, ready_seconds: float, asked: str = "Create endpoint") -> float:
    return run.seconds_between(asked, NEXT) - ready_seconds


def test_a_creation_of_seven_minutes_is_noticed_within_2_seconds_in_at_most_25_transitions(
    slipway: Slipway, request_for: Any
) -> None:
    slipway.outcome("in-service-after-seven-minutes", "create", "succeeds", afterSeconds=420)

    run = slipway.deploy(request_for("in-service-after-seven-minutes"))

    assert run.status == "SUCCEEDED"
    assert 0 <= late_seconds(run, 420) <= 2
    assert run.transitions <= 25
    assert 420 <= run.output["secondsToInService"] <= 421


@pytest.mark.parametrize("seconds", [1, 100, 605, 3333])
def test_readiness_is_noticed_within_2_seconds_after_any_time(slipway: Slipway, request_for: Any, seconds: int) -> None:
    name = f"ready-after-{seconds}"
    slipway.outcome(name, "create", "succeeds", afterSeconds=seconds)

    run = slipway.deploy(request_for(name))

    assert run.status == "SUCCEEDED"
    assert 0 <= late_seconds(run, seconds) <= 2


@pytest.mark.parametrize(("seconds", "late"), [(125, 30), (420, 30), (445, 30), (3333, 120)])
def test_without_events_the_next_check_notices(slipway: Slipway, request_for: Any, seconds: int, late: int) -> None:
    name = f"without-events-after-{seconds}"
    slipway.outcome(name, "create", "succeeds", afterSeconds=seconds)

    with without_events(slipway):
        run = slipway.deploy(request_for(name))

    assert run.status == "SUCCEEDED"
    assert 0 <= late_seconds(run, seconds) <= late
    assert handled(slipway, name) == []


def test_a_failed_creation_is_noticed_at_once_with_the_same_reason_as_by_a_check(
    slipway: Slipway, request_for: Any
) -> None:
    causes = []
    for name in ("fails-with-event", "fails-without-event"):
        slipway.outcome(name, "create", "fails", afterSeconds=400)
        if name == "fails-without-event":
            with without_events(slipway):
                run = slipway.deploy(request_for(name))
        else:
            run = slipway.deploy(request_for(name))
            assert run.seconds_between("Create endpoint", "Roll back") >= 400
            assert any(line["woken"] == run.arn for line in handled(slipway, name))
        assert (run.status, run.error) == ("FAILED", "CreateFailed")
        causes.append(run.cause.partition(".")[0].replace(name, "it"))

    assert causes[0] == causes[1]


def test_a_sagemaker_rollback_is_noticed_at_once(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("gives-up"))
    slipway.outcome("gives-up", "update", "rolls_back", afterSeconds=1000)

    run = slipway.deploy(with_model(request_for("gives-up"), "gives-up-model-2"))

    assert (run.status, run.error) == ("FAILED", "UpdateRolledBack")
    assert run.seconds_between("Update endpoint", "Roll back") <= 1002


@pytest.mark.parametrize("status", ["updating", "creating"])
def test_an_early_event_wakes_no_execution_and_changes_nothing(slipway: Slipway, request_for: Any, status: str) -> None:
    """The event of an earlier deployment is also ignored: the endpoint does not have the requested config."""
    name = f"event-while-{status}"
    request = request_for(name)
    if status == "updating":
        slipway.deploy(request)
        request = with_model(request, f"{name}-2")
    stack.make_models(slipway.aws, request)

    with slipway.recorded() as finish:
        with slipway.real_time():
            arn = slipway.start(request)
            until(lambda: waits(slipway, arn, name))
            assert send_event(slipway, name)["woken"] is None
            assert slipway.aws.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "RUNNING"
        run = finish(arn)

    assert run.status == "SUCCEEDED"
    assert len(run.messages) == 1


def test_an_event_of_another_endpoint_wakes_no_execution(slipway: Slipway, request_for: Any) -> None:
    request = request_for("awaited")
    stack.make_models(slipway.aws, request)
    slipway.deploy(request_for("another"))

    with slipway.real_time():
        arn = slipway.start(request)
        until(lambda: waits(slipway, arn, "awaited"))
        assert send_event(slipway, "another")["woken"] is None
        assert send_event(slipway, "unknown")["woken"] is None
    assert slipway.wait(arn)["status"] == "SUCCEEDED"


def test_a_late_event_wakes_no_execution(slipway: Slipway, request_for: Any) -> None:
    run = slipway.deploy(request_for("late-event"))

    assert send_event(slipway, "late-event")["woken"] is None
    assert slipway.wait(run.arn)["status"] == "SUCCEEDED"
    assert len(slipway.messages_of(run.arn)) == 1


@pytest.fixture
def duplicate_events(slipway: Slipway) -> Iterator[None]:
    """Deliver every event about an endpoint twice at the same time."""
    events, functions = slipway.aws.client("events"), slipway.aws.client("lambda")
    function = functions.get_function(FunctionName=slipway.physical_id("WakeExecutionFunction"))["Configuration"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Endpoint State Change"]}
    rule = events.put_rule(Name="again", EventPattern=json.dumps(pattern))["RuleArn"]
    functions.add_permission(
        FunctionName=function["FunctionName"],
        StatementId="again",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    events.put_targets(Rule="again", Targets=[{"Id": "again", "Arn": function["FunctionArn"]}])
    yield
    events.remove_targets(Rule="again", Ids=["again"])
    events.delete_rule(Name="again")
    functions.remove_permission(FunctionName=function["FunctionName"], StatementId="again")


@pytest.mark.usefixtures("duplicate_events")
@pytest.mark.parametrize(("outcome", "status"), [("succeeds", "SUCCEEDED"), ("fails", "FAILED")])
def test_a_duplicate_event_wakes_once(slipway: Slipway, request_for: Any, outcome: str, status: str) -> None:
    name = f"duplicate-{outcome}"
    slipway.outcome(name, "create", outcome, afterSeconds=410)

    run = slipway.deploy(request_for(name))

    assert run.status == status
    assert run.visited.count("Check endpoint") == 11
    until(lambda: len([line for line in handled(slipway, name) if line["status"] != "CREATING"]) >= 2)
    assert [line["woken"] for line in handled(slipway, name) if line["woken"]] == [run.arn]
    assert len(run.messages) == 1


def test_a_guarded_update_of_eight_hours_stays_below_2500_events(slipway: Slipway, request_for: Any) -> None:
    """Measured on a shorter update; `make bench` runs one of eight hours. The limit of Step Functions is 25,000."""
    request = request_for("guarded-for-hours")
    slipway.deploy(request)
    slipway.outcome("guarded-for-hours", "update", "succeeds", afterSeconds=3600)

    guarded = {"deploymentConfig": {"strategy": "all-at-once", "maximumMinutes": 90}, "deadlineSeconds": 7200}

    with without_events(slipway):  # one more check
        run = slipway.deploy(with_model(request, "guarded-for-hours-2", **guarded))

    assert run.status == "SUCCEEDED", run.cause
    events_per_check, others = 6, 80
    assert len(run.events) <= events_per_check * run.visited.count("Check endpoint") + others
    assert events_per_check * len(costs.EVENTS_OFF.checks_until(8 * 3600)) + others < 2500
