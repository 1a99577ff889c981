"""Runs state machines: states in order, retries and catches, branches and iterations.

Amazon States Language (states-language.net) and the Step Functions developer guide; a state's work is a function of
its type, its query language a strategy, its API call an integration.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from emulator.clock import clock
from emulator.stepfunctions import integrations, tasks
from emulator.stepfunctions.errors import QueryEvaluationError, StateError, matches
from emulator.stepfunctions.history import with_input, with_output
from emulator.stepfunctions.integrations import WAIT_FOR_TOKEN
from emulator.stepfunctions.languages import LANGUAGES, Language, State, absent_result
from emulator.stepfunctions.scope import MOST_CONCURRENT_ITERATIONS, Scope, check_size, run_all
from emulator.stepfunctions.tokens import Token

Machine = dict[str, Any]
Outcome = tuple[Any, str | None]  # what a state puts out, and the state that follows; None ends the machine


def run_machine(machine: Machine, value: Any, scope: Scope, language: str) -> Any:
    """Output of the machine, or branch, or iteration, for the input `value`; `language` is the one around it.

    Raises
    ------
    StateError
        When a state fails and nothing catches it.
    StoppedError
        When the scope is stopped.
    """
    language = machine.get("QueryLanguage", language)
    following: str | None = machine["StartAt"]
    while following is not None:
        scope.check_running()
        name = following
        value, following = _Visit(name, machine["States"][name], value, scope, language).run()
    return value


class _Visit:
    """One visit of one state."""

    def __init__(self, name: str, state: State, value: Any, scope: Scope, language: str) -> None:
        self.name = name
        self.state = state
        self.raw = value
        self.scope = scope
        self.language_name = state.get("QueryLanguage", language)
        self.language: Language = LANGUAGES[self.language_name]
        self.effective: Any = None

    def run(self) -> Outcome:
        kind = self.state["Type"]
        self.scope.record(f"{kind}StateEntered", name=self.name, **with_input(self.raw))
        self.scope.context["State"] = {"EnteredTime": _iso(clock.utc()), "Name": self.name, "RetryCount": 0}
        before = dict(self.scope.own)
        output, following = self._until_done(_WORK[kind])
        assigned = {name: value for name, value in self.scope.own.items() if before.get(name, self) is not value}
        details = {"assignedVariables": {name: with_output(value)["output"] for name, value in assigned.items()}}
        self.scope.record(f"{kind}StateExited", name=self.name, **with_output(output), **(details if assigned else {}))
        return output, following

    def _until_done(self, work: Callable[[_Visit], Outcome]) -> Outcome:
        attempts = [0] * len(self.state.get("Retry", []))
        while True:
            try:
                self.effective = self.language.effective(self.state, self.raw, self.scope)
                return work(self)
            except StateError as error:
                if isinstance(error, QueryEvaluationError):
                    self.scope.record("EvaluationFailed", error=error.error, cause=error.cause, state=self.name)
                if not self._retry(error, attempts):
                    return self._catch(error)

    def _retry(self, error: StateError, attempts: list[int]) -> bool:
        """Wait for another attempt, if a retrier grants one."""
        for index, retrier in enumerate(self.state.get("Retry", [])):
            if matches(error.error, retrier["ErrorEquals"]):
                if attempts[index] >= retrier.get("MaxAttempts", 3):
                    return False
                seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** attempts[index]
                seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
                attempts[index] += 1
                if retrier.get("JitterStrategy") == "FULL":
                    # Seeded, so that the same execution takes the same time again.
                    seed = f"{self.scope.run.name} {self.name} {attempts}"
                    seconds *= random.Random(seed).random()
                self.scope.sleep(seconds)
                self.scope.context["State"]["RetryCount"] += 1
                return True
        return False

    def _catch(self, error: StateError) -> Outcome:
        for catcher in self.state.get("Catch", []):
            if matches(error.error, catcher["ErrorEquals"]):
                return self.language.caught(catcher, self.raw, error, self.scope), catcher["Next"]
        raise error

    def field(self, name: str) -> Any:
        return self.language.field(self.state, name, self.effective, self.scope)

    def done(self, result: Any, state: State | None = None) -> Outcome:
        """The outcome with `result`, by the fields of the state, or of `state` in its place."""
        holder = self.state if state is None else state
        output = self.language.complete(holder, self.raw, self.effective, result, self.scope)
        check_size(output, self.name)
        return output, holder.get("Next")


def _pass(visit: _Visit) -> Outcome:
    if visit.language_name == "JSONata":
        return visit.done(absent_result())
    result = visit.state.get("Result")
    if result is None or "Parameters" in visit.state:
        result = visit.language.arguments(visit.state, visit.effective, visit.scope)
    return visit.done(result)


def _task(visit: _Visit) -> Outcome:
    found = integrations.parse(visit.state["Resource"])
    token = None
    if found.pattern == WAIT_FOR_TOKEN:
        token = Token()
        visit.scope.context["Task"] = {"Token": token.value}
    arguments = visit.language.arguments(visit.state, visit.effective, visit.scope)
    check_size(arguments, visit.name)
    timeout, heartbeat = visit.field("TimeoutSeconds"), visit.field("HeartbeatSeconds")
    return visit.done(tasks.run(found, arguments, visit.scope, token, timeout, heartbeat))


def _choice(visit: _Visit) -> Outcome:
    rule = visit.language.chosen(visit.state, visit.effective, visit.scope)
    if rule is None:
        if "Default" not in visit.state:
            raise StateError("States.NoChoiceMatched", f"No choice rule matched in state {visit.name}")
        rule = {**visit.state, "Next": visit.state["Default"]}
    if visit.language_name == "JSONPath":
        rule = {**rule, **{field: visit.state[field] for field in ("OutputPath",) if field in visit.state}}
    return visit.done(absent_result(), rule)


def _wait(visit: _Visit) -> Outcome:
    seconds, until = visit.field("Seconds"), visit.field("Timestamp")
    if until is not None:
        seconds = (_instant(until) - clock.utc()).total_seconds()
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise StateError("States.Runtime", f"The wait of state '{visit.name}' is {seconds!r}; expected seconds.")
    visit.scope.sleep(max(seconds, 0))
    return visit.done(absent_result())


def _succeed(visit: _Visit) -> Outcome:
    return visit.done(absent_result())


def _fail(visit: _Visit) -> Outcome:
    error, cause = visit.field("Error"), visit.field("Cause")
    raise StateError("" if error is None else str(error), "" if cause is None else str(cause))


def _parallel(visit: _Visit) -> Outcome:
    arguments = visit.language.arguments(visit.state, visit.effective, visit.scope)
    branches = visit.state["Branches"]
    visit.scope.record("ParallelStateStarted")
    scopes = [visit.scope.inner() for _ in branches]

    def run_branch(index: int, scope: Scope) -> Any:
        return run_machine(branches[index], arguments, scope, visit.language_name)

    results = _together(visit, "ParallelState", scopes, run_branch, len(branches))
    return visit.done(results)


def _map(visit: _Visit) -> Outcome:
    items = visit.field("Items") if visit.language_name == "JSONata" else visit.field("Items") or visit.effective
    if items is None:
        items = visit.effective
    if not isinstance(items, list):
        raise StateError("States.Runtime", f"The items of Map state '{visit.name}' are no list: {items!r}")
    processor = visit.state.get("ItemProcessor") or visit.state["Iterator"]
    concurrency = int(visit.field("MaxConcurrency") or 0) or MOST_CONCURRENT_ITERATIONS
    visit.scope.record("MapStateStarted", length=len(items))
    scopes = [visit.scope.inner(Map={"Item": {"Index": index, "Value": item}}) for index, item in enumerate(items)]

    def run_iteration(index: int, scope: Scope) -> Any:
        what = {"name": visit.name, "index": index}
        scope.record("MapIterationStarted", **what)
        try:
            result = run_machine(processor, _item(visit, items[index], scope), scope, visit.language_name)
        except StateError:
            scope.record("MapIterationFailed", **what)
            raise
        scope.record("MapIterationSucceeded", **what)
        return result

    results = _together(visit, "MapState", scopes, run_iteration, concurrency)
    return visit.done(results)


def _item(visit: _Visit, item: Any, scope: Scope) -> Any:
    selector = visit.state.get("ItemSelector", visit.state.get("Parameters"))
    if selector is None:
        return item
    field = "Arguments" if visit.language_name == "JSONata" else "Parameters"
    return visit.language.arguments({field: selector}, visit.effective, scope)


def _together(
    visit: _Visit, kind: str, scopes: list[Scope], job: Callable[[int, Scope], Any], concurrency: int
) -> list[Any]:
    try:
        results = run_all(scopes, job, concurrency)
    except StateError:
        visit.scope.last_event = max([visit.scope.last_event, *(scope.last_event for scope in scopes)])
        visit.scope.record(f"{kind}Failed")
        raise
    visit.scope.last_event = max([visit.scope.last_event, *(scope.last_event for scope in scopes)])
    visit.scope.record(f"{kind}Succeeded")
    return results


def _instant(text: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise StateError("States.Runtime", f"The timestamp {text!r} is not ISO 8601.") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_WORK: dict[str, Callable[[_Visit], Outcome]] = {
    "Pass": _pass,
    "Task": _task,
    "Choice": _choice,
    "Wait": _wait,
    "Succeed": _succeed,
    "Fail": _fail,
    "Parallel": _parallel,
    "Map": _map,
}
