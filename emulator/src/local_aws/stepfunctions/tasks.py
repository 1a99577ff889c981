"""A task's call and its end: its events, a callback by token, or the wait for a nested execution."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_aws.core.clock import Event, clock
from local_aws.stepfunctions import integrations
from local_aws.stepfunctions.completions import ended
from local_aws.stepfunctions.concurrency import within
from local_aws.stepfunctions.errors import TIMEOUT, StateError, StoppedError
from local_aws.stepfunctions.history import text, with_input, with_output
from local_aws.stepfunctions.integrations import Caller
from local_aws.stepfunctions.resources import SYNC, SYNC_2, Integration
from local_aws.stepfunctions.scope import Scope, sized
from local_aws.stepfunctions.tokens import Token

_DESCRIBE = Integration("aws-sdk:sfn", "describeExecution")
_STOP = Integration("aws-sdk:sfn", "stopExecution")


@dataclass(frozen=True)
class Bounds:
    """Maximum duration of a task and maximum silence, in seconds; None is unlimited."""

    timeout_seconds: float | None
    heartbeat_seconds: float | None
    started_at: float

    @property
    def left_seconds(self) -> float | None:
        """Remaining time."""
        return None if self.timeout_seconds is None else self.started_at + self.timeout_seconds - clock.now()


def run(
    found: Integration,
    arguments: Any,
    scope: Scope,
    *,
    token: Token | None,
    timeout_seconds: float | None,
    heartbeat_seconds: float | None,
    role_arn: str | None,
) -> Any:
    """The task's result.

    Raises
    ------
    StateError
        If the call fails or does not end in time.
    """
    integrations.check(found, arguments)
    task = _Function(found, scope) if found.function_arn else _Task(found, scope)
    bounds = Bounds(timeout_seconds, heartbeat_seconds, clock.now())
    task.scheduled(sized(arguments, task.name), bounds, role_arn)
    try:
        result = _outcome(task, found, arguments, scope, token, bounds, role_arn)
        result_text = sized(result, task.name, is_result=True)
    except StateError as error:
        task.failed(error)
        raise
    finally:
        if token:
            token.expire()
    task.succeeded(result_text)
    return result


def _outcome(
    task: _Task,
    found: Integration,
    arguments: Any,
    scope: Scope,
    token: Token | None,
    bounds: Bounds,
    role_arn: str | None,
) -> Any:
    caller = _caller(scope, role_arn)
    result = within(bounds.timeout_seconds, scope, lambda: integrations.call(found, arguments, caller))
    if found.pattern:
        task.submitted(sized(result, task.name))
    if found.pattern in (SYNC, SYNC_2):
        return _wait_for_execution(result["ExecutionArn"], found, scope, bounds, caller)
    return result if token is None else _wait_for_token(token, scope, bounds)


def _caller(scope: Scope, role_arn: str | None) -> Caller:
    run_of_scope = scope.run
    machine, execution = scope.context["StateMachine"]["Id"], scope.context["Execution"]["Id"]
    own = Caller(run_of_scope.region, run_of_scope.credentials, (machine, execution))
    if role_arn is None:
        return own
    return Caller(own.region, integrations.assume(role_arn, run_of_scope.name[:64], own), own.resources)


def _wait_for_token(token: Token, scope: Scope, bounds: Bounds) -> Any:
    woken = Event()
    token.done.on_set(woken.set)
    scope.stopped.on_set(woken.set)
    while not clock.wait(woken, _seconds_to_next_bound(token, bounds)):
        left = _seconds_to_next_bound(token, bounds)
        if left is not None and left <= 0:
            raise StateError(TIMEOUT)
    if not token.done.is_set():
        raise StoppedError
    return token.result()


def _seconds_to_next_bound(token: Token, bounds: Bounds) -> float | None:
    """Seconds until the next bound."""
    silent = None
    if bounds.heartbeat_seconds is not None:
        silent = token.last_beat_at + bounds.heartbeat_seconds - clock.now()
    return min((each for each in (bounds.left_seconds, silent) if each is not None), default=None)


def _wait_for_execution(arn: str, found: Integration, scope: Scope, bounds: Bounds, caller: Caller) -> Any:
    """The nested execution, as DescribeExecution returns it after its end."""
    woken = Event()
    ended(arn).on_set(woken.set)
    scope.stopped.on_set(woken.set)
    in_time = clock.wait(woken, bounds.left_seconds)
    if not ended(arn).is_set():
        # Without the right to stop it, it continues.
        with contextlib.suppress(StateError):
            integrations.call_api(_STOP, {"ExecutionArn": arn}, caller)
        if in_time:
            raise StoppedError
        raise StateError(TIMEOUT)
    described = integrations.call_api(_DESCRIBE, {"ExecutionArn": arn}, caller)
    for moment in ("StartDate", "StopDate"):
        described[moment] = round(datetime.fromisoformat(described[moment]).timestamp() * 1000)
    if described["Status"] != "SUCCEEDED":
        raise StateError("States.TaskFailed", text(described))
    if found.pattern == SYNC_2:
        described |= {name: json.loads(described[name]) for name in ("Input", "Output")}
    return described


class _Task:
    """Events of a task that calls a service."""

    def __init__(self, found: Integration, scope: Scope) -> None:
        self._scope = scope
        self.name = found.function_arn or found.service
        self._what = {"resourceType": found.service, "resource": found.resource}

    def scheduled(self, arguments: str, bounds: Bounds, role_arn: str | None) -> None:
        given: dict[str, Any] = {} if role_arn is None else {"taskCredentials": {"roleArn": role_arn}}
        if bounds.timeout_seconds is not None:
            given["timeoutInSeconds"] = bounds.timeout_seconds
        if bounds.heartbeat_seconds is not None:
            given["heartbeatInSeconds"] = bounds.heartbeat_seconds
        region = self._scope.run.region
        self._scope.record("TaskScheduled", **self._what, region=region, parameters=arguments, **given)
        self._scope.record("TaskStarted", **self._what)

    def submitted(self, result: str) -> None:
        self._scope.record("TaskSubmitted", **self._what, **with_output(result))

    def succeeded(self, result: str) -> None:
        self._scope.record("TaskSucceeded", **self._what, **with_output(result))

    def failed(self, error: StateError) -> None:
        kind = "TaskTimedOut" if error.error == TIMEOUT else "TaskFailed"
        self._scope.record(kind, **self._what, **members_of(error))


class _Function(_Task):
    """Events of a task whose resource is a function."""

    def scheduled(self, arguments: str, bounds: Bounds, role_arn: str | None) -> None:
        given: dict[str, Any] = {} if role_arn is None else {"taskCredentials": {"roleArn": role_arn}}
        if bounds.timeout_seconds is not None:
            given["timeoutInSeconds"] = bounds.timeout_seconds
        self._scope.record("LambdaFunctionScheduled", resource=self.name, **with_input(arguments), **given)
        self._scope.record("LambdaFunctionStarted")

    def succeeded(self, result: str) -> None:
        self._scope.record("LambdaFunctionSucceeded", **with_output(result))

    def failed(self, error: StateError) -> None:
        kind = "LambdaFunctionTimedOut" if error.error == TIMEOUT else "LambdaFunctionFailed"
        self._scope.record(kind, **members_of(error))


def members_of(error: StateError) -> dict[str, str]:
    """Error and cause, as far as there are any."""
    said = {"error": error.error, "cause": error.cause}
    return {name: value for name, value in said.items() if value}
