"""History of an execution: events in the form of GetExecutionHistory, in virtual time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from local_aws.core.clock import clock
from local_aws.stepfunctions.errors import StoppedError

LONGEST_HISTORY_EVENTS = 25_000

Event = dict[str, Any]

_LAST = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")
_REDRIVEN = "ExecutionRedriven"
_NOT_TRUNCATED = {"truncated": False}
# The member with an event's details, if it does not have the type's name.
_DETAILS = {"StateEntered": "stateEnteredEventDetails", "StateExited": "stateExitedEventDetails"}
_WITHOUT_DETAILS = frozenset(
    [
        "LambdaFunctionStarted",
        *(f"{kind}State{how}" for kind in ("Map", "Parallel") for how in ("Failed", "Succeeded")),
        *(f"{kind}StateAborted" for kind in ("Map", "Parallel", "Task", "Wait")),
        "ParallelStateStarted",
    ]
)
# Members that GetExecutionHistory leaves out without execution data.
_DATA = ("input", "inputDetails", "output", "outputDetails")


class HistoryFullError(Exception):
    """The execution has the maximum number of events."""


class History:
    """Events in order; `on_event` is called with each new one."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._lock = threading.Lock()
        self._on_event = on_event
        self.events: list[Event] = []

    def add(self, kind: str, previous: int, **details: Any) -> int:
        """Add an event; return its id.

        Raises
        ------
        StoppedError
            If the execution has ended.
        HistoryFullError
            If the next event must be the last one of the execution.
        """
        with self._lock:
            if kind != _REDRIVEN and self.events and self.events[-1]["type"] in _LAST:
                raise StoppedError
            if len(self.events) >= LONGEST_HISTORY_EVENTS - 1 and kind not in _LAST:
                raise HistoryFullError
            identifier = len(self.events) + 1
            event: Event = {"timestamp": clock.utc(), "type": kind, "id": identifier, "previousEventId": previous}
            if kind not in _WITHOUT_DETAILS:
                event[_details_member(kind)] = details
            self.events.append(event)
            self._on_event(event)
        return identifier


def without_data(event: Event) -> Event:
    """The event without inputs and outputs."""
    return {
        member: {name: detail for name, detail in value.items() if name not in _DATA}
        if isinstance(value, dict)
        else value
        for member, value in event.items()
    }


def text(value: Any) -> str:
    """A value in the form of history events."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def with_input(value_text: str) -> dict[str, Any]:
    return {"input": value_text, "inputDetails": _NOT_TRUNCATED}


def with_output(value_text: str) -> dict[str, Any]:
    return {"output": value_text, "outputDetails": _NOT_TRUNCATED}


def _details_member(kind: str) -> str:
    for suffix, member in _DETAILS.items():
        if kind.endswith(suffix):
            return member
    return f"{kind[0].lower()}{kind[1:]}EventDetails"
