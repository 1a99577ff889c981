"""Length of the history of a long guarded update; Step Functions ends an execution at 25,000 events."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from bench.machine import REQUEST, Machine, deployed
from bench.table import Table

INSTANCES = 10
# Ten steps with 47 minutes between them: close to eight hours, which is SageMaker's maximum.
LINEAR = {"strategy": "linear", "percent": 10, "bakeMinutes": 47, "maximumMinutes": 480}
DEADLINE_SECONDS = 28_800


def table() -> Table:
    """An update in ten steps with events, and one without, each of a new endpoint."""
    with deployed() as machine:
        rows = [
            _row(machine, "Slipway", "guarded", nullcontext()),
            _row(machine, "Slipway, events off", "guarded-without-events", machine.without_events()),
        ]
    return Table(
        title="History of a guarded update in ten steps",
        columns=["", "hours", "events", "of 25,000"],
        rows=rows,
        reading="Linear, ten instances, 47 minutes from step to step; number of events in GetExecutionHistory.",
    )


def _row(machine: Machine, name: str, endpoint_name: str, events: AbstractContextManager[None]) -> list[str]:
    before = _request(endpoint_name, "before")
    machine.finish(machine.send(before))
    after = _request(endpoint_name, "after")
    with events:
        execution = machine.send(after | {"deploymentConfig": LINEAR, "deadlineSeconds": DEADLINE_SECONDS})
        machine.finish(execution)
    history = machine.history(execution)
    hours = (history[-1]["timestamp"] - history[0]["timestamp"]).total_seconds() / 3600
    return [name, f"{hours:.1f}", str(len(history)), f"{len(history) / 25_000:.0%}"]


def _request(endpoint_name: str, model: str) -> dict[str, Any]:
    (variant,) = REQUEST["productionVariants"]
    variant = {**variant, "InitialInstanceCount": INSTANCES, "ModelName": f"{endpoint_name}-{model}"}
    return {
        **REQUEST,
        "endpointName": endpoint_name,
        "productionVariants": [variant],
        "autoscalingMaxCapacity": INSTANCES,
    }
