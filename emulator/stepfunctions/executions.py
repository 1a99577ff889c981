"""Executions: started, running on a thread of their own, ended in one of five ways, announced and logged."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

from moto.stepfunctions.models import StateMachineInstance

from emulator import background, events
from emulator.clock import Event, clock
from emulator.principals import role_session
from emulator.stepfunctions import logs
from emulator.stepfunctions.errors import StateError, StoppedError
from emulator.stepfunctions.history import History, HistoryFullError, text, with_input
from emulator.stepfunctions.scope import Scope

_ENDED_BY_ARN: dict[str, Event] = {}


def ended(execution_arn: str) -> Event:
    """Set once the execution has ended."""
    return _ENDED_BY_ARN.setdefault(execution_arn, Event())


@cache
def parsed(definition: str) -> dict[str, Any]:
    """A definition that was accepted, parsed once for all executions; nobody may change it."""
    machine: dict[str, Any] = json.loads(definition)
    return machine


class Execution:
    """An execution, with the attributes that moto's responses read."""

    def __init__(
        self, machine: StateMachineInstance, arn: str, name: str, text_input: str, region: str, started_from: str
    ) -> None:
        self.execution_arn = arn
        self.name = name
        self.region = region
        self.state_machine_arn = machine.arn
        self.started_from = started_from  # the ARN it was started by: of the machine, a version or an alias
        self.execution_input = text_input
        self.start_date = clock.utc()
        self.stop_date: datetime | None = None
        self.status = "RUNNING"
        self.output: str | None = None
        self.output_details = {"included": True}
        self.error: str | None = None
        self.cause: str | None = None
        self.role_arn = machine.roleArn
        self.machine_name = machine.name
        self.definition = parsed(machine.definition)
        self.credentials = role_session(machine.roleArn, name)
        self.history = History(logs.writer(machine, arn))
        self._scope = Scope(self, self._context(), {}, 0)

    def start(self) -> None:
        """Run on a thread of its own."""
        started = {**with_input(json.loads(self.execution_input)), "roleArn": self.role_arn}
        self._scope.last_event = self.history.add("ExecutionStarted", 0, **started)
        self._announce()
        if (seconds := self.definition.get("TimeoutSeconds")) is not None:
            cancel = clock.call_later(seconds, lambda: self.stop("TIMED_OUT", None, None))
            ended(self.execution_arn).on_set(cancel)
        background.run(self._run)

    def stop(self, status: str, error: str | None, cause: str | None) -> None:
        """End the execution where it is, `ABORTED` or `TIMED_OUT`; nothing if it has ended."""
        if self.status == "RUNNING":
            self._end(status, error=error, cause=cause)
            self._scope.stopped.set()

    def _run(self) -> None:
        from emulator.stepfunctions.interpreter import run_machine  # it waits for executions, too

        try:
            output = run_machine(self.definition, json.loads(self.execution_input), self._scope, "JSONPath")
        except StateError as error:
            self._end("FAILED", error=error.error or None, cause=error.cause or None)
        except HistoryFullError:
            cause = "The execution reached the maximum number of history events (25000)."
            self._end("FAILED", error="States.Runtime", cause=cause)
        except StoppedError:
            return  # whoever stopped it has ended it
        else:
            self._end("SUCCEEDED", output=text(output))

    def _end(
        self, status: str, *, output: str | None = None, error: str | None = None, cause: str | None = None
    ) -> None:
        if self.status != "RUNNING":
            return
        details: dict[str, Any] = {name: value for name, value in (("error", error), ("cause", cause)) if value}
        if output is not None:
            details = {"output": output, "outputDetails": {"truncated": False}}
        self.history.add(_EVENTS[status], self._scope.last_event, **details)
        self.output, self.error, self.cause = output, error, cause
        self.stop_date = clock.utc()
        self.status = status
        self._announce()
        ended(self.execution_arn).set()

    def _announce(self) -> None:
        """EventBridge events reference, "Step Functions Execution Status Change"."""
        detail = {
            "executionArn": self.execution_arn,
            "stateMachineArn": self.state_machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": _milliseconds(self.start_date),
            "stopDate": _milliseconds(self.stop_date) if self.stop_date else None,
            "input": self.execution_input,
            "inputDetails": {"included": True},
            "output": self.output,
            "outputDetails": {"included": True} if self.output is not None else None,
        }
        kind = "Step Functions Execution Status Change"
        events.emit(self.region, "aws.states", kind, [self.execution_arn], detail)

    def _context(self) -> dict[str, Any]:
        return {
            "Execution": {
                "Id": self.execution_arn,
                "Input": json.loads(self.execution_input),
                "Name": self.name,
                "RoleArn": self.role_arn,
                "StartTime": self.start_date.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": self.state_machine_arn, "Name": self.machine_name},
        }


_EVENTS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "ABORTED": "ExecutionAborted",
    "TIMED_OUT": "ExecutionTimedOut",
}


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
