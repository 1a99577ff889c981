"""An execution as lines, one per state in the order of its first visit; a polling loop takes one line."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slipway import graph

Event = dict[str, Any]

_MARKS = {"running": "…", "done": "✓", "failed": "✗"}
_ENTERED = "StateEntered"
_EXITED = "StateExited"
_FAILURES = ("TaskFailed", "LambdaFunctionFailed", "TaskTimedOut", "EvaluationFailed")
_BLOCK_FAILURES = ("ParallelStateFailed", "MapStateFailed")
BELOW = " " * 6  # indentation of notes below their line
_SUCCESSES = ("TaskSucceeded", "LambdaFunctionSucceeded")


@dataclass
class Line:
    """A line about a state or a loop of states."""

    name: str
    entered_at: datetime
    left_at: datetime | None = None
    outcome: str = "running"
    visits: int = 0
    note: str = ""
    failures: list[str] = field(default_factory=list)
    failed_last: bool = False


class Timeline:
    """Updates the lines of an execution from its history, event by event.

    Parameters
    ----------
    definition : dict
        Definition of the state machine, with the loops and kinds of its states.

    Attributes
    ----------
    current : str or None
        State that was entered last; None before the first.
    error, cause : str or None
        Of a failed execution.
    """

    def __init__(self, definition: graph.Definition) -> None:
        self._states = dict(graph.states(definition))
        self._loops = graph.loops(definition)
        self._map_of = {
            inner: name
            for name, state in self._states.items()
            if state["Type"] == "Map"
            for machine in graph.branches(state)
            for inner, _ in graph.states(machine)
        }
        self._lines: dict[str, Line] = {}
        self.current: str | None = None
        self._blocks: list[Line] = []  # open states with inner states, the innermost last
        self._started_at: datetime | None = None
        self._last_at: datetime | None = None
        self._taken = 0
        self._has_ended = False
        self._name_width = max(len(name) for name in self._states)
        self.error: str | None = None
        self.cause: str | None = None

    def take_all(self, events: list[Event]) -> None:
        """Process a history, from the first event that was not processed before."""
        for event in events[self._taken :]:
            self.take(event)
        self._taken = len(events)

    def take(self, event: Event) -> None:
        """Process an event of `GetExecutionHistory`."""
        self._started_at = self._started_at or event["timestamp"]
        self._last_at = event["timestamp"]
        kind = event["type"]
        if kind.endswith(_ENTERED):
            self._enter(event["stateEnteredEventDetails"]["name"], event["timestamp"])
        elif kind.endswith(_EXITED):
            self._leave(event["stateExitedEventDetails"], event["timestamp"])
        elif kind in _FAILURES and self.current and not self._only_checks_again(_error_of(event)):
            self._lines[self.current].failures.append(_error_of(event))
            self._lines[self.current].failed_last = True
        elif kind == "TaskSubmitted" and self.current:
            submitted = json.loads(event["taskSubmittedEventDetails"]["output"])
            self._lines[self.current].note = _seen(submitted.get("Payload", {}))
        elif kind in _SUCCESSES and self.current:
            self._lines[self.current].failed_last = False
        elif kind in _BLOCK_FAILURES:
            self._blocks[-1].failed_last = True
        elif kind == "ExecutionSucceeded":
            self._has_ended = True
        elif kind in ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"):
            self._end(event)

    def heading(self) -> str:
        """The heading of `lines`."""
        return f"    {'state':<{self._name_width}} {'at':>8} {'took':>8}"

    def lines(self, now: datetime | None = None, width: int | None = None) -> list[str]:
        """The lines as text, aligned: mark, state, time since the start, duration, note.

        Parameters
        ----------
        now : datetime, optional
            Current time, for the duration of states that run.
        width : int, optional
            Width at which notes are wrapped.
        """
        return [self.text(line, now, width) for line in self._lines.values()]

    def documents(self) -> list[dict[str, Any]]:
        """The lines as JSON, times in seconds since the start."""
        return [
            {
                "state": line.name,
                "outcome": line.outcome,
                "startedAfterSeconds": self._seconds(line.entered_at),
                "seconds": (line.left_at - line.entered_at).total_seconds() if line.left_at else None,
                "visits": line.visits,
                "note": line.note,
                "failures": line.failures,
            }
            for line in self._lines.values()
        ]

    def news(self) -> Iterable[tuple[Line, str]]:
        """Yield each line about which there is something to say, with a text that changes if there is more."""
        for line in self._lines.values():
            if self._is_over(line):
                yield line, line.outcome
            elif line.note and line.name in self._loops:
                yield line, f"running {line.note}"

    def _key(self, name: str) -> str:
        """State whose line shows `name`: for waits and choices in a loop, the loop's first task."""
        if self._states[name]["Type"] == "Task":
            return name
        loop = self._loops.get(name, frozenset({name}))
        return next((state for state in self._states if state in loop and self._states[state]["Type"] == "Task"), name)

    def _only_checks_again(self, error: str) -> bool:
        return graph.only_checks_again(self._states, str(self.current), error)

    def _enter(self, name: str, at: datetime) -> None:
        key = self.current = self._key(name)
        line = self._lines.setdefault(key, Line(key, at))
        line.visits += name == key
        line.outcome = "running"
        if self._states[name]["Type"] == "Fail":
            line.outcome = "failed"
        if self._states[name]["Type"] in ("Parallel", "Map"):
            self._blocks.append(line)

    def _leave(self, details: Event, at: datetime) -> None:
        name = details["name"]
        line = self._lines[self._key(name)]
        line.left_at = at
        if line in self._blocks:
            self._blocks.remove(line)
        line.outcome = "failed" if line.failed_last else "done"
        if note := _note(self._states[name], details.get("output"), is_loop=name in self._loops):
            line.note = note

    def _end(self, event: Event) -> None:
        details = event.get(event["type"][0].lower() + event["type"][1:] + "EventDetails", {})
        self._has_ended = True
        self.error, self.cause = details.get("error", event["type"]), details.get("cause", "")
        for line in self._lines.values():
            if line.outcome == "running":
                line.outcome = "failed"

    def text(self, line: Line, now: datetime | None = None, width: int | None = None) -> str:
        """A line as text; see `lines`."""
        at = _clock(self._seconds(line.entered_at))
        left_at = line.left_at if line.outcome != "running" else self._now(now)
        took = _clock((left_at - line.entered_at).total_seconds()) if left_at else ""
        visits = f"{line.visits} times" if line.visits > 1 else ""
        failures = f"{line.failures[-1]} ×{len(line.failures)}" if line.failures else ""
        notes = ", ".join(part for part in (line.note, visits, failures) if part)
        start = f"  {_MARKS[line.outcome]} {line.name:<{self._name_width}} {at:>8} {took:>8}  "
        if width is None:
            return f"{start}{notes}".rstrip()
        return beside(start, notes, width) if notes else start.rstrip()

    def _now(self, now: datetime | None) -> datetime | None:
        """The current time; that of the last event if it is later, as on the local AWS, whose clock jumps."""
        return max(now, self._last_at) if now and self._last_at else None

    def _seconds(self, at: datetime) -> float:
        assert self._started_at is not None
        return (at - self._started_at).total_seconds()

    def _is_over(self, line: Line) -> bool:
        """Whether the state was left, and its loop or its Map, too: other items of a Map visit the state again."""
        if outer := self._lines.get(self._map_of.get(line.name, "")):
            return self._is_over(outer)
        is_left = line.outcome != "running" and line.left_at is not None
        return self._has_ended or (is_left and self.current not in self._loops.get(line.name, frozenset()))


def beside(start: str, notes: str, width: int) -> str:
    """Return the notes beside the start of a line, wrapped; below it, if a word does not fit beside it."""
    fits = len(start) + max(map(len, notes.split())) <= width
    first, indent = (start, " " * len(start)) if fits else (f"{start.rstrip()}\n{BELOW}", BELOW)
    lines = textwrap.wrap(notes, max(width - len(indent), 1), break_long_words=False, break_on_hyphens=False)
    return first + f"\n{indent}".join(lines)


def _clock(span: float) -> str:
    minutes, seconds = divmod(round(span), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _note(state: graph.Definition, output: str | None, *, is_loop: bool) -> str:
    if state["Type"] != "Task":
        return ""
    resource = state["Resource"].split(":states:::")[-1]
    if not graph.is_function(state["Resource"]):
        return str(resource.removeprefix("aws-sdk:"))
    answer = json.loads(output or "null")
    return _seen(answer) if is_loop and isinstance(answer, dict) else ""


def _seen(answer: dict[str, Any]) -> str:
    """Result of a check: status of the endpoint, stage of an update, instances while they change, or components."""
    # A plan has components, too, without their status.
    if hosted := [each for each in answer.get("components") or [] if "status" in each]:
        return ", ".join(_component(each) for each in hosted)
    seen = [str(answer[name]) for name in ("status", "stage") if answer.get(name)]
    counts = [
        (variant["currentInstanceCount"], variant["desiredInstanceCount"])
        for variant in answer.get("variants") or []
        if {"currentInstanceCount", "desiredInstanceCount"} <= variant.keys()
    ]
    current, desired = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    return ", ".join([*seen, f"{current} of {desired} instances"] if current != desired else seen)


def _component(seen: dict[str, Any]) -> str:
    current, desired = seen.get("currentCopyCount"), seen.get("desiredCopyCount")
    copies = f" ({current} of {desired} copies)" if current != desired else ""
    return f"{seen['name']} {seen['status'] or 'does not exist'}{copies}"


def _error_of(event: Event) -> str:
    details: Event = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    return str(details.get("error", event["type"]))
