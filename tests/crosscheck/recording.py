"""Evaluations in an execution's history: each expression with its bindings, each task with its results."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from slipway import graph
from tests.support.deployment import Run

Json = dict[str, Any]
NESTED = ("Branches", "ItemProcessor", "Catch")
FAILURES = ("taskFailedEventDetails", "evaluationFailedEventDetails", "taskTimedOutEventDetails")


@dataclass(frozen=True)
class Evaluation:
    """An expression of a state, and the variables of its evaluation."""

    state: str
    expression: str
    bindings: Json


@dataclass
class Visit:
    """A visit of a state, from entry to exit."""

    name: str
    input: Any
    entered_at: str
    error: Json | None = None
    result: Any = None
    has_result: bool = False


@dataclass
class Recording:
    """Follows the variables through an execution's history, scope by scope."""

    run: Run
    states: dict[str, Json]
    visits: list[Visit] = field(default_factory=list)
    scopes: list[Json] = field(default_factory=lambda: [{}])
    last_output: Any = None
    evaluations: list[Evaluation] = field(default_factory=list)

    def take(self, event: Json) -> None:
        if entered := event.get("stateEnteredEventDetails"):
            self._enter(entered, event["timestamp"].isoformat())
        elif left := event.get("stateExitedEventDetails"):
            self._leave(left)
        elif "taskSucceededEventDetails" in event:
            visit = self.visits[-1]
            visit.result, visit.has_result = json.loads(event["taskSucceededEventDetails"]["output"]), True
        elif failure := next((event[name] for name in FAILURES if name in event), None):
            self._fail(failure)

    def _enter(self, entered: Json, at: str) -> None:
        visit = Visit(entered["name"], json.loads(entered["input"]), at)
        self.visits.append(visit)
        state = self.states[visit.name]
        self._note(state, ("Arguments", "Items", "TimeoutSeconds", "Seconds", "Choices", "Error", "Cause"), {})
        if state["Type"] == "Parallel":
            self.scopes.append(dict(self.scopes[-1]))

    def _fail(self, failure: Json) -> None:
        error = {"Error": failure["error"], "Cause": failure.get("cause", "")}
        for visit in self.visits:  # the task and the Parallel around it catch the same failure
            visit.error, visit.has_result = error, False

    def _leave(self, left: Json) -> None:
        state = self.states[left["name"]]
        while self.visits[-1].name != left["name"]:  # a failure left the states inside a Parallel without an exit
            self.visits.pop()
        if state["Type"] == "Parallel":
            self.scopes.pop()
        visit = self.visits[-1]
        if visit.has_result or state["Type"] not in ("Task", "Parallel"):
            self._note(state, ("Assign", "Output"), {"result": visit.result} if visit.has_result else {})
        else:
            for catcher in state["Catch"]:
                self._note(catcher, ("Assign", "Output"), {"errorOutput": visit.error})
        self.visits.pop()
        self.last_output = json.loads(left["output"])
        if self.visits and self.states[self.visits[-1].name]["Type"] == "Parallel":
            self.visits[-1].result, self.visits[-1].has_result, self.visits[-1].error = [self.last_output], True, None
        assigned = left.get("assignedVariables", {})
        self.scopes[-1] |= {name: json.loads(value) for name, value in assigned.items()}

    def _note(self, holder: Json, fields: tuple[str, ...], more: Json) -> None:
        visit = self.visits[-1]
        name = self.run.arn.rsplit(":", 1)[1]
        execution = {"Id": self.run.arn, "Name": name, "StartTime": visit.entered_at, "RedriveCount": 0}
        context = {
            "Execution": execution,
            "State": {"Name": visit.name, "EnteredTime": visit.entered_at},
            "Task": {"Token": "token"},
        }
        bindings = {**self.scopes[-1], "states": {"input": visit.input, "context": context, **more}}
        for name in fields:
            for expression in expressions(holder.get(name)):
                self.evaluations.append(Evaluation(visit.name, expression, bindings))


def evaluations(run: Run, definition: Json) -> list[Evaluation]:
    """Every expression that the execution evaluated, as often as it did."""
    recording = Recording(run, dict(graph.states(definition)))
    for event in run.events:
        recording.take(event)
    return recording.evaluations


def all_expressions(definition: Json) -> set[tuple[str, str]]:
    """Every expression of the state machine, with its state."""
    return {
        (name, expression)
        for name, state in graph.states(definition)
        for holder in (
            {key: value for key, value in state.items() if key not in NESTED},
            *state.get("Catch", []),
        )
        for expression in expressions(holder)
    }


def expressions(template: Any) -> Iterator[str]:
    """Expressions in a field's value, without their delimiters."""
    if isinstance(template, dict):
        for value in template.values():
            yield from expressions(value)
    elif isinstance(template, list):
        for value in template:
            yield from expressions(value)
    elif isinstance(template, str) and template.startswith("{%"):
        yield template.removeprefix("{%").removesuffix("%}").strip()


def attempts(run: Run) -> list[Json]:
    """Each attempt at a task that has ended, in the order of the ends: state, arguments, and result or error and cause.

    Items of a Map run at the same time, so an event belongs to the attempt to which its previous events lead.
    """
    by_id = {event["id"]: event for event in run.events}
    found = []
    for event in run.events:
        if succeeded := event.get("taskSucceededEventDetails"):
            ending: Json = {"result": json.loads(succeeded["output"])}
        elif failed := event.get("taskFailedEventDetails") or event.get("taskTimedOutEventDetails"):
            ending = {"error": failed["error"], "cause": failed.get("cause", "")}
        else:
            continue
        found.append({**_scheduled(event, by_id), **ending})
    return found


def calls(run: Run) -> list[tuple[str, Json]]:
    """State and evaluated Arguments of each attempt at a task, in order."""
    by_id = {event["id"]: event for event in run.events}
    scheduled = [_scheduled(event, by_id) for event in run.events if "taskScheduledEventDetails" in event]
    return [(each["state"], each["arguments"]) for each in scheduled]


def _scheduled(event: Json, by_id: dict[int, Json]) -> Json:
    """State and evaluated Arguments of the attempt that the event belongs to."""
    while "taskScheduledEventDetails" not in event:
        event = by_id[event["previousEventId"]]
    parameters = event["taskScheduledEventDetails"]["parameters"]
    while "stateEnteredEventDetails" not in event:
        event = by_id[event["previousEventId"]]
    return {"state": event["stateEnteredEventDetails"]["name"], "arguments": json.loads(parameters)}


def of_items(definition: Json) -> frozenset[str]:
    """Names of the states that a Map runs for each item."""
    return frozenset(
        name
        for _, state in graph.states(definition)
        if state["Type"] == "Map"
        for inner in graph.branches(state)
        for name, _ in graph.states(inner)
    )


def in_one_order(listed: list[Any], states_of_items: frozenset[str], state_of: Callable[[Any], str]) -> list[Any]:
    """The list with what the items of a Map did in an order that does not depend on their timing."""
    found: list[Any] = []
    for is_of_items, some in groupby(listed, key=lambda each: state_of(each) in states_of_items):
        group = list(some)
        found += sorted(group, key=json.dumps) if is_of_items else group
    return found


def waits(run: Run) -> list[tuple[str, int]]:
    """Each Wait with its duration in whole seconds."""
    found = []
    since = None
    for event in run.events:
        if event["type"] == "WaitStateEntered":
            since = event["timestamp"]
        elif event["type"] == "WaitStateExited":
            seconds = (event["timestamp"] - since).total_seconds()
            found.append((event["stateExitedEventDetails"]["name"], round(seconds)))
    return found
