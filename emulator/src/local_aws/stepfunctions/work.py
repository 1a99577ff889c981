"""Work of a state by type: its result, and the fields that transform it into the output."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from local_aws.core.clock import clock
from local_aws.stepfunctions import resources, tasks
from local_aws.stepfunctions.concurrency import MOST_CONCURRENT_ITERATIONS, run_all
from local_aws.stepfunctions.errors import InterpreterError, RuntimeStateError, StateError, StoppedError
from local_aws.stepfunctions.languages import NO_RESULT, moment
from local_aws.stepfunctions.scope import Scope, sized
from local_aws.stepfunctions.tokens import Token
from local_aws.stepfunctions.visit import Visit, Work, Worked

LONGEST_DELAY_SECONDS = 2**31  # recorded on AWS


def _pass(visit: Visit) -> Worked:
    if "Result" in visit.state:
        return visit.state["Result"], visit.state, ""
    if "Parameters" in visit.state or "ResultPath" in visit.state:
        return visit.arguments(), visit.state, ""
    return NO_RESULT, visit.state, ""


def _task(visit: Visit) -> Worked:
    found = resources.parse(visit.state["Resource"])
    token = None
    if found.pattern is not None:  # also for `.sync`, whose tasks do not wait for the token (recorded on AWS)
        token = Token(visit.scope.context["StateMachine"]["Id"])
        visit.scope.in_context(Task={"Token": token.value})
    result = tasks.run(
        found,
        visit.arguments(),
        visit.scope,
        token=token,
        timeout_seconds=visit.field("TimeoutSeconds"),
        heartbeat_seconds=visit.field("HeartbeatSeconds"),
        role_arn=visit.language.role_arn(visit.state, visit.effective, visit.scope),
    )
    return result, visit.state, ""


def _choice(visit: Visit) -> Worked:
    chosen = visit.language.chosen(visit.state, visit.effective, visit.scope)
    if chosen is not None:
        return NO_RESULT, *chosen
    if "Default" not in visit.state:
        raise InterpreterError("States.NoChoiceMatched", "No choice rule matched, and there is no default.")
    return NO_RESULT, {**visit.state, "Next": visit.state["Default"]}, ""


def _wait(visit: Visit) -> Worked:
    seconds, until = visit.field("Seconds"), visit.field("Timestamp")
    delay = moment(until).timestamp() - clock.now() if until is not None else seconds
    if delay > LONGEST_DELAY_SECONDS:
        raise RuntimeStateError("Wait state delay is too long.")
    visit.scope.sleep(delay)
    return NO_RESULT, visit.state, ""


def _succeed(visit: Visit) -> Worked:
    return NO_RESULT, visit.state, ""


def _fail(visit: Visit) -> Worked:
    raise StateError(visit.field("Error") or "", visit.field("Cause") or "")


def _parallel(visit: Visit) -> Worked:
    arguments = visit.arguments()
    arguments_text = sized(arguments, visit.name)
    branches = visit.state["Branches"]
    if not visit.scope.branches:
        visit.scope.record("ParallelStateStarted")
        visit.scope.branches = [visit.scope.inner() for _ in branches]

    def run_branch(index: int, scope: Scope) -> str:
        return visit.run_machine(branches[index], arguments, arguments_text, scope)

    outputs = _run_all(visit, run_branch, len(branches))
    return outputs, visit.state, ""


def _map(visit: Visit) -> Worked:
    items = visit.items()
    concurrency = visit.field("MaxConcurrency") or MOST_CONCURRENT_ITERATIONS
    if not visit.scope.branches:
        visit.scope.record("MapStateStarted", length=len(items))
        visit.scope.branches = [
            visit.scope.inner(Map={"Item": {"Index": index, "Value": item}}) for index, item in enumerate(items)
        ]
    processor = visit.state.get("ItemProcessor") or visit.state["Iterator"]

    def run_iteration(index: int, scope: Scope) -> str:
        what = {"name": visit.name, "index": index}
        if not scope.is_resuming:
            scope.record("MapIterationStarted", **what)
        try:
            value = visit.language.item(visit.state, items[index], visit.effective, scope)
            output = visit.run_machine(processor, value, sized(value, visit.name), scope)
        except StoppedError:
            with contextlib.suppress(StoppedError):  # the history of an execution that has ended is closed
                scope.note("MapIterationAborted", **what)
            raise
        except StateError as error:
            if not error.is_terminal:
                scope.note("MapIterationFailed", **what)
            raise
        scope.record("MapIterationSucceeded", **what)
        return output

    outputs = _run_all(visit, run_iteration, min(concurrency, MOST_CONCURRENT_ITERATIONS))
    return outputs, visit.state, ""


def _run_all(visit: Visit, job: Callable[[int, Scope], str], concurrency: int) -> list[Any]:
    """Outputs of branches or iterations; the state's next event follows their last one.

    Those that succeeded before a redrive do not run again.
    """
    scopes = visit.scope.branches
    failed: list[Scope] = []

    def run(index: int, scope: Scope) -> str:
        try:
            if scope.output is None:
                scope.output = job(index, scope)
            return scope.output
        except StateError:
            failed.append(scope)
            raise

    try:
        outputs = run_all(scopes, run, concurrency)
    except StateError:
        visit.scope.last_event = failed[0].last_event
        raise
    visit.scope.last_event = max([visit.scope.last_event, *(scope.last_event for scope in scopes)])
    visit.scope.note(f"{visit.kind}StateSucceeded")
    return [json.loads(output) for output in outputs]


WORK: dict[str, Work] = {
    "Pass": _pass,
    "Task": _task,
    "Choice": _choice,
    "Wait": _wait,
    "Succeed": _succeed,
    "Fail": _fail,
    "Parallel": _parallel,
    "Map": _map,
}
