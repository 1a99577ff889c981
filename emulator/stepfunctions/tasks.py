"""A task's call and what comes after it: its events, a callback by token, a nested execution that is waited for."""

from __future__ import annotations

import json
from typing import Any

from emulator import clients
from emulator.clock import clock
from emulator.stepfunctions import integrations
from emulator.stepfunctions.errors import StateError, StoppedError
from emulator.stepfunctions.executions import ended
from emulator.stepfunctions.history import text, with_output
from emulator.stepfunctions.integrations import Integration
from emulator.stepfunctions.scope import Scope, check_size
from emulator.stepfunctions.tokens import Token


def run(
    found: Integration,
    arguments: Any,
    scope: Scope,
    token: Token | None,
    timeout: float | None,
    heartbeat: float | None,
) -> Any:
    """The task's result.

    Raises
    ------
    StateError
        When the call fails, or does not end in time.
    """
    task = _Function(found, scope) if found.function_arn else _Task(found, scope)
    task.scheduled(arguments, timeout, heartbeat)
    try:
        result = integrations.call(found, arguments, scope.run.region, scope.run.credentials)
        if found.pattern:
            task.submitted(result)
        if token is not None:
            result = _wait_for_token(token, scope, timeout, heartbeat)
        elif found.pattern in (integrations.SYNC, integrations.SYNC_2):
            result = _wait_for_execution(result["ExecutionArn"], found, scope, timeout)
        check_size(result, task.name)
    except StateError as error:
        task.failed(error)
        raise
    task.succeeded(result)
    return result


def _wait_for_token(token: Token, scope: Scope, timeout: float | None, heartbeat: float | None) -> Any:
    scope.stopped.on_set(token.done.set)
    give_up_at = clock.now() + timeout if timeout else None
    while True:
        left = give_up_at - clock.now() if give_up_at else None
        seconds = min((each for each in (left, heartbeat) if each is not None), default=None)
        done = clock.wait(token.done, seconds)
        scope.check_running()
        if done:
            return token.result()
        if give_up_at and clock.now() >= give_up_at:
            token.expire()
            raise StateError("States.Timeout")
        if not token.beat:
            token.expire()
            raise StateError("States.HeartbeatTimeout")
        token.beat = False


def _wait_for_execution(arn: str, found: Integration, scope: Scope, timeout: float | None) -> Any:
    states = clients.client("stepfunctions", scope.run.region, scope.run.credentials)
    over = ended(arn)
    scope.stopped.on_set(over.set)
    in_time = clock.wait(over, timeout)
    if scope.stopped.is_set() or not in_time:
        states.stop_execution(executionArn=arn)
        if scope.stopped.is_set():
            raise StoppedError
        raise StateError("States.Timeout")
    described = integrations.call(
        Integration("aws-sdk:sfn", "describeExecution"), {"ExecutionArn": arn}, scope.run.region, scope.run.credentials
    )
    if described["Status"] != "SUCCEEDED":
        raise StateError("States.TaskFailed", text(described))
    if found.pattern == integrations.SYNC_2:
        described["Output"] = json.loads(described["Output"])
        described["Input"] = json.loads(described["Input"])
    return described


class _Task:
    """Events of a task that calls a service."""

    def __init__(self, found: Integration, scope: Scope) -> None:
        self._scope = scope
        self.name = found.service
        self._what = {"resourceType": found.service, "resource": found.resource}

    def scheduled(self, arguments: Any, timeout: float | None, heartbeat: float | None) -> None:
        bounds = {"timeoutInSeconds": timeout, "heartbeatInSeconds": heartbeat}
        given = {name: seconds for name, seconds in bounds.items() if seconds is not None}
        region = self._scope.run.region
        self._scope.record("TaskScheduled", **self._what, region=region, parameters=text(arguments), **given)
        self._scope.record("TaskStarted", **self._what)

    def submitted(self, result: Any) -> None:
        self._scope.record("TaskSubmitted", **self._what, **with_output(result))

    def succeeded(self, result: Any) -> None:
        self._scope.record("TaskSucceeded", **self._what, **with_output(result))

    def failed(self, error: StateError) -> None:
        kind = "TaskTimedOut" if error.error in ("States.Timeout", "States.HeartbeatTimeout") else "TaskFailed"
        self._scope.record(kind, **self._what, error=error.error, cause=error.cause)


class _Function(_Task):
    """Events of a task whose resource is a function."""

    def scheduled(self, arguments: Any, timeout: float | None, heartbeat: float | None) -> None:
        given = {"timeoutInSeconds": timeout} if timeout is not None else {}
        resource = {"resource": self._what["resource"]}
        self._scope.record("LambdaFunctionScheduled", **resource, input=text(arguments), **given)
        self._scope.record("LambdaFunctionStarted")

    def succeeded(self, result: Any) -> None:
        self._scope.record("LambdaFunctionSucceeded", **with_output(result))

    def failed(self, error: StateError) -> None:
        self._scope.record("LambdaFunctionFailed", error=error.error, cause=error.cause)
