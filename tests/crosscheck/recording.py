"""Evaluations in an execution's history: each expression with its bindings, each task with its results."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
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


def answers(run: Run) -> dict[str, list[Json]]:
    """Results and errors of each attempt, by state."""
    found: dict[str, list[Json]] = {}
    state = ""
    for event in run.events:
        if entered := event.get("stateEnteredEventDetails"):
            state = entered["name"]
        elif succeeded := event.get("taskSucceededEventDetails"):
            found.setdefault(state, []).append({"result": json.loads(succeeded["output"])})
        elif failed := event.get("taskFailedEventDetails") or event.get("taskTimedOutEventDetails"):
            found.setdefault(state, []).append({"error": failed["error"], "cause": failed.get("cause", "")})
    return found


def calls(run: Run) -> list[tuple[str, Json]]:
    """State and evaluated Arguments of each attempt at a task, in order."""
    found = []
    state = ""
    for event in run.events:
        if entered := event.get("stateEnteredEventDetails"):
            state = entered["name"]
        elif scheduled := event.get("taskScheduledEventDetails"):
            found.append((state, json.loads(scheduled["parameters"])))
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
