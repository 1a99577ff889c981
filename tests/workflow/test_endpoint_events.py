"""That an endpoint is in service, or will never be, is noticed at once; without events a little later."""

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
NEXT = "Register scaling"


@contextmanager
def without_events(slipway: Slipway) -> Iterator[None]:
    with Machine(slipway.aws, slipway.machine_arn).without_events():
        yield


def with_model(request: dict[str, Any], model: str, **changes: Any) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": model}], **changes}


def event(name: str, status: str = "IN_SERVICE") -> dict[str, Any]:
    """What SageMaker sends when an endpoint has changed."""
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


def told(slipway: Slipway, name: str) -> list[dict[str, Any]]:
    """What the function that wakes executions made of the events that told of the endpoint, in order."""
    paginator = slipway.aws.client("logs").get_paginator("filter_log_events")
    pages = paginator.paginate(logGroupName=LOG_GROUP, filterPattern='"WakeExecution"')
    lines = [json.loads(line["message"]) for page in pages for line in page["events"]]
    return [{"woken": None} | line for line in lines if line.get("endpoint") == name]


def tell(slipway: Slipway, name: str) -> dict[str, Any]:
    """Send an event that the endpoint is in service; returns what was made of it."""
    before = len(told(slipway, name))
    slipway.aws.post("events", [event(name)])
    until(lambda: len(told(slipway, name)) > before)
    return told(slipway, name)[-1]


def waits(slipway: Slipway, arn: str, name: str) -> bool:
    """Whether the execution has kept a token that an event could use."""
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
def test_readiness_is_noticed_within_2_seconds_however_long_it_took(
    slipway: Slipway, request_for: Any, seconds: int
) -> None:
    name = f"ready-after-{seconds}"
    slipway.outcome(name, "create", "succeeds", afterSeconds=seconds)

    run = slipway.deploy(request_for(name))

    assert run.status == "SUCCEEDED"
    assert 0 <= late_seconds(run, seconds) <= 2


@pytest.mark.parametrize(("seconds", "late"), [(125, 30), (420, 30), (445, 30), (3333, 120)])
def test_without_events_the_next_look_notices(slipway: Slipway, request_for: Any, seconds: int, late: int) -> None:
    name = f"untold-after-{seconds}"
    slipway.outcome(name, "create", "succeeds", afterSeconds=seconds)

    with without_events(slipway):
        run = slipway.deploy(request_for(name))

    assert run.status == "SUCCEEDED"
    assert 0 <= late_seconds(run, seconds) <= late
    assert told(slipway, name) == []


def test_a_creation_that_fails_is_noticed_at_once_and_says_what_a_look_would_say(
    slipway: Slipway, request_for: Any
) -> None:
    causes = []
    for name in ("fails-and-is-told-of", "fails-and-is-not"):
        slipway.outcome(name, "create", "fails", afterSeconds=400)
        if name == "fails-and-is-not":
            with without_events(slipway):
                run = slipway.deploy(request_for(name))
        else:
            run = slipway.deploy(request_for(name))
            assert run.seconds_between("Create endpoint", "Roll back") >= 400
            assert any(line["woken"] == run.arn for line in told(slipway, name))
        assert (run.status, run.error) == ("FAILED", "CreateFailed")
        causes.append(run.cause.partition(".")[0].replace(name, "it"))

    assert causes[0] == causes[1]


def test_an_update_that_sagemaker_gives_up_is_noticed_at_once(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("given-up"))
    slipway.outcome("given-up", "update", "rolls_back", afterSeconds=1000)

    run = slipway.deploy(with_model(request_for("given-up"), "given-up-model-2"))

    assert (run.status, run.error) == ("FAILED", "UpdateRolledBack")
    assert run.seconds_between("Update endpoint", "Roll back") <= 1002


@pytest.mark.parametrize("status", ["updating", "creating"])
def test_an_early_event_wakes_nobody_and_changes_nothing(slipway: Slipway, request_for: Any, status: str) -> None:
    """So does a late one, of an earlier deployment: the endpoint is not what this one asked for."""
    name = f"told-of-while-{status}"
    request = request_for(name)
    if status == "updating":
        slipway.deploy(request)
        request = with_model(request, f"{name}-2")
    stack.make_models(slipway.aws, request)

    with slipway.recorded() as finish:
        with slipway.standing_still():
            arn = slipway.start(request)
            until(lambda: waits(slipway, arn, name))
            assert tell(slipway, name)["woken"] is None
            assert slipway.aws.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "RUNNING"
        run = finish(arn)

    assert run.status == "SUCCEEDED"
    assert len(run.messages) == 1


def test_a_foreign_event_wakes_nobody(slipway: Slipway, request_for: Any) -> None:
    request = request_for("ours")
    stack.make_models(slipway.aws, request)
    slipway.deploy(request_for("ours-not"))

    with slipway.standing_still():
        arn = slipway.start(request)
        until(lambda: waits(slipway, arn, "ours"))
        assert tell(slipway, "ours-not")["woken"] is None
        assert tell(slipway, "never-heard-of")["woken"] is None
    assert slipway.wait(arn)["status"] == "SUCCEEDED"


def test_a_late_event_meets_nobody_who_waits(slipway: Slipway, request_for: Any) -> None:
    run = slipway.deploy(request_for("long-since"))

    assert tell(slipway, "long-since")["woken"] is None
    assert slipway.wait(run.arn)["status"] == "SUCCEEDED"
    assert len(slipway.messages_of(run.arn)) == 1


@pytest.fixture
def everything_twice(slipway: Slipway) -> Iterator[None]:
    """Each change of an endpoint is told twice, at the same moment."""
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


@pytest.mark.usefixtures("everything_twice")
@pytest.mark.parametrize(("outcome", "status"), [("succeeds", "SUCCEEDED"), ("fails", "FAILED")])
def test_a_change_that_is_told_twice_wakes_once(slipway: Slipway, request_for: Any, outcome: str, status: str) -> None:
    name = f"twice-told-{outcome}"
    slipway.outcome(name, "create", outcome, afterSeconds=410)

    run = slipway.deploy(request_for(name))

    assert run.status == status
    assert run.visited.count("Check endpoint") == 11
    until(lambda: len([line for line in told(slipway, name) if line["status"] != "CREATING"]) >= 2)
    assert [line["woken"] for line in told(slipway, name) if line["woken"]] == [run.arn]
    assert len(run.messages) == 1


def test_a_guarded_update_of_eight_hours_would_stay_below_2500_events(slipway: Slipway, request_for: Any) -> None:
    """`make bench` lets one take that long; Step Functions takes 25,000."""
    request = request_for("guarded-for-hours")
    slipway.deploy(request)
    slipway.outcome("guarded-for-hours", "update", "succeeds", afterSeconds=3600)

    guarded = {"deploymentConfig": {"strategy": "all-at-once", "maximumMinutes": 90}, "deadlineSeconds": 7200}

    with without_events(slipway):  # a look more
        run = slipway.deploy(with_model(request, "guarded-for-hours-2", **guarded))

    assert run.status == "SUCCEEDED", run.cause
    events_of_a_look, others = 6, 80
    assert len(run.events) <= events_of_a_look * run.visited.count("Check endpoint") + others
    assert events_of_a_look * len(costs.EVENTS_OFF.looks_until(8 * 3600)) + others < 2500
