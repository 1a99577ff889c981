"""Execution logs in CloudWatch Logs, by level and destination of the logging configuration.

Step Functions developer guide, "Using CloudWatch Logs to log execution history".
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import logs_backends
from moto.stepfunctions.models import StateMachineInstance

from local_aws.core.clock import clock
from local_aws.stepfunctions.history import Event

# The events of each level; ALL logs all events.
_FATAL = frozenset(["ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"])
_ERROR = _FATAL.union(
    ["EvaluationFailed", "FailStateEntered", "LambdaFunctionFailed", "LambdaFunctionTimedOut", "TaskFailed"],
    ["MapIterationAborted", "MapIterationFailed", "TaskTimedOut"],
    [f"{kind}StateAborted" for kind in ("Map", "Parallel", "Task", "Wait")],
    [f"{kind}StateFailed" for kind in ("Map", "Parallel")],
)
_LEVELS: dict[str, frozenset[str] | None] = {"ALL": None, "ERROR": _ERROR, "FATAL": _FATAL}
_DATA = ("input", "inputDetails", "output", "outputDetails", "parameters", "cause", "assignedVariables")


class Logged(Protocol):
    """The logged execution."""

    execution_arn: str
    redrive_count: int


def writer(machine: StateMachineInstance, execution: Logged) -> Callable[[Event], None]:
    """A function that logs an event of the execution, or does nothing if logging is off."""
    configuration = machine.loggingConfiguration
    level = configuration.get("level", "OFF")
    if level not in _LEVELS:
        return lambda _: None
    kinds, with_data = _LEVELS[level], configuration.get("includeExecutionData", False)
    group_arn = configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    _, _, _, region, account, _, group, *_ = group_arn.split(":")
    backend = logs_backends[account][region]
    stream = f"states/{machine.name}/{clock.utc():%Y-%m-%d-%H-%M}/{uuid.uuid4().hex[:8]}"

    def write(event: Event) -> None:
        if kinds is not None and event["type"] not in kinds:
            return
        try:
            if stream not in backend.groups[group].streams:
                backend.create_log_stream(group, stream)
            backend.put_log_events(group, stream, [_entry(event, execution, with_data=with_data)])
        except (KeyError, ResourceNotFoundException):
            return  # delivery is best effort on AWS, too: a deleted log group does not stop the execution

    return write


def _entry(event: Event, execution: Logged, *, with_data: bool) -> dict[str, Any]:
    details: dict[str, Any] = next((value for key, value in event.items() if key.endswith("Details")), {})
    shown = {name: value for name, value in details.items() if with_data or name not in _DATA}
    timestamp = round(event["timestamp"].timestamp() * 1000)
    message = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": shown,
        "redrive_count": str(execution.redrive_count),
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(timestamp),
        "execution_arn": execution.execution_arn,
    }
    return {"timestamp": timestamp, "message": json.dumps(message)}
