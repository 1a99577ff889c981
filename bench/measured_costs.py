"""The costs of `bench.costs`, compared with the real state machine on the local AWS."""

from __future__ import annotations

import json
import time
from typing import Any

from bench import costs
from bench.machine import Machine, deployed
from bench.table import Table

# Checks are at whole half minutes; at such a moment, either the check or the event could come first.
BETWEEN_CHECKS_SECONDS = 7
LOG_GROUP = "/aws/lambda/slipway"
LOGGED_WITHIN_SECONDS = 10.0  # of real time: a function's last log lines come after its response


class ModelError(RuntimeError):
    """The state machine does not match the computed costs; the message has the difference."""


def table() -> Table:
    """The computed table, after the state machine was measured for each duration.

    Raises
    ------
    ModelError
        If checks, transitions or Lambda calls differ, or the delay is longer.
    """
    with deployed() as machine:
        for minutes in costs.READY_AFTER_MINUTES:
            compare(machine, minutes, costs.SLIPWAY)
            with machine.without_events():
                compare(machine, minutes, costs.EVENTS_OFF)
    return costs.table()


def compare(machine: Machine, minutes: int, poll: costs.Poll) -> None:
    """Create an endpoint that takes a little less than `minutes` and compare the execution with the computed costs.

    Raises
    ------
    ModelError
        If checks, transitions or Lambda calls differ from those of `bench.costs`, or the delay is longer.
    """
    ready_seconds = minutes * 60 - BETWEEN_CHECKS_SECONDS
    name = f"costs-of-{ready_seconds}-seconds-{'with' if poll.has_events else 'without'}-events"
    outcome = {"endpointName": name, "operation": "create", "outcome": "succeeds", "afterSeconds": ready_seconds}
    machine.aws.post("sagemaker/outcomes", [outcome])
    execution = machine.start(name)
    machine.finish(execution)
    history = machine.history(execution)
    seen = counted(history)
    seen["lambda_calls"] += handled_events(machine, name) if poll.has_events else 0
    computed = costs.cost(poll, ready_seconds)
    expected = {
        "checks": computed.checks,
        "transitions": computed.transitions,
        "lambda_calls": computed.lambda_calls,
    }
    late = noticed_seconds(history) - ready_seconds
    if seen != expected or late > computed.late_most_seconds:
        raise ModelError(
            f"a creation of {ready_seconds} s, {poll.name}: measured {seen} and a delay of {late:g} s, "
            f"computed {expected} and a delay of at most {computed.late_most_seconds:g} s"
        )


def counted(history: list[dict[str, Any]]) -> dict[str, int]:
    """Checks, state transitions (one per state entered and per retry) and Lambda calls of an execution."""
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    scheduled = [event["taskScheduledEventDetails"] for event in history if "taskScheduledEventDetails" in event]
    tasks = sum(event["type"] == "TaskStateEntered" for event in history)
    return {
        "checks": entered.count("Check endpoint"),
        "transitions": len(entered) + len(scheduled) - tasks,
        "lambda_calls": sum(task["resourceType"] == "lambda" for task in scheduled),
    }


def noticed_seconds(history: list[dict[str, Any]]) -> float:
    """Seconds from the call that creates the endpoint until the execution knows that it is in service."""
    entered = {
        event["stateEnteredEventDetails"]["name"]: event["timestamp"]
        for event in history
        if "stateEnteredEventDetails" in event
    }
    return float((entered["Components in service?"] - entered["Create endpoint"]).total_seconds())


def handled_events(machine: Machine, endpoint_name: str) -> int:
    """Number of events that called "Wake execution", from its log."""
    give_up_at = time.monotonic() + LOGGED_WITHIN_SECONDS
    while (handled := _lines_about(machine, endpoint_name)) < costs.EVENTS and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return handled


def _lines_about(machine: Machine, endpoint_name: str) -> int:
    paginator = machine.aws.client("logs").get_paginator("filter_log_events")
    pages = paginator.paginate(logGroupName=LOG_GROUP, filterPattern='"WakeExecution"')
    lines = [json.loads(event["message"]) for page in pages for event in page["events"]]
    return sum(line.get("endpoint") == endpoint_name for line in lines)
