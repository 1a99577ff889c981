"""Endpoints with hours: their schedules, and what these start."""

import json
from datetime import datetime, timedelta
from typing import Any

from tests.support.answering import GOLDEN, SETOSA, VIRGINICA, set_answer
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import confirmed, endpoint, request, scenario

HOURS = {"weekdays": "07:00-20:00", "weekends": "07:00-20:00", "timeZone": "UTC"}
FEWER = {"weekdays": "08:00-20:00", "timeZone": "UTC"}


def scheduled(name: str, hours: dict[str, str] = HOURS, **changes: Any) -> dict[str, Any]:
    return request(name, schedule=hours, **changes)


@scenario
def hours_change(slipway: Slipway) -> Run:
    slipway.deploy(scheduled("hours_change", FEWER))
    run = slipway.deploy(scheduled("hours_change"))
    slipway.remove(confirmed("hours_change"))
    return run


@scenario
def hours_end(slipway: Slipway) -> Run:
    slipway.deploy(scheduled("hours_end"))
    return slipway.deploy(request("hours_end"))


@scenario
def schedules_are_restored(slipway: Slipway) -> Run:
    """The deployment that fails has updated some and deleted others."""
    name = endpoint("schedules_are_restored")
    set_answer(slipway, name, SETOSA)
    slipway.deploy(scheduled("schedules_are_restored"))
    set_answer(slipway, name, VIRGINICA)
    run = slipway.deploy(scheduled("schedules_are_restored", FEWER, test=[GOLDEN]))
    slipway.remove(confirmed("schedules_are_restored"))
    return run


@scenario
def failed_creation_with_hours(slipway: Slipway) -> Run:
    set_answer(slipway, endpoint("failed_creation_with_hours"), VIRGINICA)
    return slipway.deploy(scheduled("failed_creation_with_hours", test=[GOLDEN]))


@scenario
def removal_with_hours(slipway: Slipway) -> Run:
    """One schedule is not found at first, as if it were new."""
    slipway.deploy(scheduled("removal_with_hours"))
    not_found = {"principal": "CleanUpFunctionRole", "times": 1, "status": 404}
    slipway.fault("scheduler", "DeleteSchedule", "ResourceNotFoundException", "not found", **not_found)
    return slipway.remove(confirmed("removal_with_hours"))


@scenario
def night(slipway: Slipway) -> Run:
    slipway.deploy(scheduled("night"))
    run = _started(slipway, "night", slipway.removing_machine_arn, "20:00")
    slipway.remove(confirmed("night"))
    return run


@scenario
def morning(slipway: Slipway) -> Run:
    slipway.deploy(scheduled("morning"))
    _started(slipway, "morning", slipway.removing_machine_arn, "20:00")
    run = _started(slipway, "morning", slipway.machine_arn, "06:45")
    slipway.remove(confirmed("morning"))
    return run


def _started(slipway: Slipway, name: str, machine_arn: str, at: str) -> Run:
    """Let time pass until the endpoint's schedule is due, and return the run that it starts."""
    states, hour, minute = slipway.aws.client("stepfunctions"), *map(int, at.split(":"))
    now = datetime.fromisoformat(slipway.aws.get("clock")["now"])
    due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    due += timedelta(days=due <= now)
    with slipway.recorded() as finish:
        slipway.aws.post("scheduler", {"until": due.isoformat()})
        newest = states.list_executions(stateMachineArn=machine_arn, maxResults=10)["executions"]
        arns = (each["executionArn"] for each in newest)
        run: Run = finish(next(arn for arn in arns if _endpoint_of(slipway, arn) == endpoint(name)))
    return run


def _endpoint_of(slipway: Slipway, arn: str) -> Any:
    described = slipway.aws.client("stepfunctions").describe_execution(executionArn=arn)
    return json.loads(described["input"]).get("endpointName")
