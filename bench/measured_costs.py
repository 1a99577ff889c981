"""The costs of `bench.costs`, held against the real state machine on the local AWS."""

from __future__ import annotations

from typing import Any

from bench import costs
from bench.machine import Machine, deployed
from bench.table import Table


class ModelError(RuntimeError):
    """The state machine does not do what the costs are computed from; the message says where."""


def table() -> Table:
    """The computed table, after the state machine has done the same for each duration.

    Raises
    ------
    ModelError
        When looks, transitions or Lambda calls differ.
    """
    with deployed() as machine:
        for minutes in costs.READY_AFTER_MINUTES:
            compare(machine, minutes * 60)
    return costs.table()


def compare(machine: Machine, ready_seconds: int) -> None:
    """Create an endpoint that takes `ready_seconds` and count what the state machine does.

    Raises
    ------
    ModelError
        When looks, transitions or Lambda calls differ from what `bench.costs` computes.
    """
    name = f"costs-of-{ready_seconds}-seconds"
    outcome = {"endpointName": name, "operation": "create", "outcome": "succeeds", "afterSeconds": ready_seconds}
    machine.aws.post("sagemaker/outcomes", [outcome])
    execution = machine.start(name)
    machine.finish(execution)
    seen = counted(machine.history(execution))
    computed = costs.cost(costs.SLIPWAY, ready_seconds)
    expected = {
        "looks": computed.looks,
        "transitions": computed.transitions,
        "lambda_calls": computed.lambda_calls,
    }
    if seen != expected:
        raise ModelError(f"a creation of {ready_seconds} s: the state machine took {seen}, computed were {expected}")


def counted(history: list[dict[str, Any]]) -> dict[str, int]:
    """Looks, state transitions (each state entered, each retry) and Lambda calls of an execution."""
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    scheduled = [event["taskScheduledEventDetails"] for event in history if "taskScheduledEventDetails" in event]
    tasks = sum(event["type"] == "TaskStateEntered" for event in history)
    return {
        "looks": entered.count("Check endpoint"),
        "transitions": len(entered) + len(scheduled) - tasks,
        "lambda_calls": sum(task["resourceType"] == "lambda" for task in scheduled),
    }
