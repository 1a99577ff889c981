"""An execution of a state machine on the local AWS, followed to its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TextIO

from local_aws import LocalAws
from tools import progress

POLL_SECONDS = 0.25  # a poll costs the local AWS as much time as a state
LAST_EVENTS = 10  # among them is the entry of the current state
ENDS = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")

Event = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """An execution that has ended.

    Attributes
    ----------
    output : mapping
        Output of the execution; empty if it failed.
    error, cause : str or None
        What it failed with.
    stages : list of list of str
        Stages of each update that the checks saw, in their order.
    seconds : float
        Duration on the clock of the local AWS.
    """

    output: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    cause: str | None = None
    stages: list[list[str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def status(self) -> str:
        """Whether it succeeded, in the word of Step Functions."""
        return "FAILED" if self.error else "SUCCEEDED"


class Execution:
    """An execution that has been started."""

    def __init__(self, aws: LocalAws, arn: str) -> None:
        self._states = aws.client("stepfunctions")
        self._arn = arn

    @classmethod
    def start(cls, aws: LocalAws, machine_arn: str, request: Any) -> Execution:
        """Start a state machine with a request."""
        states = aws.client("stepfunctions")
        return cls(aws, states.start_execution(stateMachineArn=machine_arn, input=json.dumps(request))["executionArn"])

    def followed(self, out: TextIO) -> Ended:
        """Show the current state on `out` until the execution ends, and return its end."""
        with progress.step("execution", "start", out) as step:
            step.result = ""
            while not has_ended(newest := self._newest()):
                step.note(next((name for event in reversed(newest) if (name := _entered(event))), "start"))
                time.sleep(POLL_SECONDS)
        return end(self._history())

    def watched(self, show: Callable[[list[Event]], None]) -> Ended:
        """Pass the history to `show` from time to time until the execution ends, and return its end."""
        while not has_ended(events := self._history()):
            show(events)
            time.sleep(POLL_SECONDS)
        show(events)
        return end(events)

    def _newest(self) -> list[Event]:
        """The last events. They are a small page, cheaper than the whole history."""
        answer = self._states.get_execution_history(executionArn=self._arn, reverseOrder=True, maxResults=LAST_EVENTS)
        return list(reversed(answer["events"]))

    def _history(self) -> list[Event]:
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=self._arn)
        return [event for page in pages for event in page["events"]]


def has_ended(events: list[Event]) -> bool:
    """Whether the last event is the end of an execution."""
    return bool(events) and events[-1]["type"] in ENDS


def end(events: list[Event]) -> Ended:
    """The end of an execution, from its whole history."""
    last = events[-1]
    seconds = (last["timestamp"] - events[0]["timestamp"]).total_seconds()
    seen = list(stages(events))
    if last["type"] == "ExecutionSucceeded":
        return Ended(json.loads(last["executionSucceededEventDetails"]["output"]), stages=seen, seconds=seconds)
    details: Event = next((value for name, value in last.items() if name.endswith("EventDetails")), {})
    return Ended({}, details.get("error", last["type"]), details.get("cause"), seen, seconds)


def stages(events: list[Event]) -> Iterator[list[str]]:
    """The stages that the checks of an endpoint saw, one list for each update."""
    submitted = [event["taskSubmittedEventDetails"] for event in events if event["type"] == "TaskSubmitted"]
    answers = [json.loads(details["output"]).get("Payload", {}) for details in submitted]
    reported = [each["stage"] for each in answers if "stage" in each]
    for is_stage, group in groupby(reported, bool):
        if is_stage:
            yield [name for name, _ in groupby(group)]


def _entered(event: Event) -> str:
    """Name of the state that was entered; empty for other events."""
    return str(event.get("stateEnteredEventDetails", {}).get("name", ""))
