"""Executions: each runs on a thread, ends in one of four statuses, emits events and writes logs."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from moto.stepfunctions.models import StateMachineInstance

from local_aws import events
from local_aws.core import background
from local_aws.core.clock import clock
from local_aws.core.errors import ApiError
from local_aws.core.principals import role_session
from local_aws.stepfunctions import logs
from local_aws.stepfunctions.completions import ended
from local_aws.stepfunctions.errors import RUNTIME, TIMEOUT, StateError, StoppedError
from local_aws.stepfunctions.history import LONGEST_HISTORY_EVENTS, History, HistoryFullError, with_input, with_output
from local_aws.stepfunctions.interpreter import run_machine
from local_aws.stepfunctions.scope import Scope

# Longer inputs and outputs are left out of status-change events (EventBridge events of Step Functions).
LONGEST_EVENT_DATA_BYTES = 248 * 1024
LONGEST_SESSION_NAME = 64
# Step Functions API reference, RedriveExecution and DescribeExecution (redriveStatusReason).
_REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")
_REDRIVABLE_FOR = timedelta(days=14)
_LONGEST_EXECUTION = timedelta(days=365)
_MOST_EVENTS_TO_REDRIVE = LONGEST_HISTORY_EVENTS - 2
_CLIENT_TOKENS, _CLIENT_TOKENS_VALID_FOR = 10, timedelta(minutes=15)

_logger = logging.getLogger(__name__)


@cache
def parsed(definition: str) -> dict[str, Any]:
    """An accepted definition, parsed once for all executions and never changed."""
    machine: dict[str, Any] = json.loads(definition)
    return machine


class Execution:
    """An execution, with the attributes that moto's responses read.

    Parameters
    ----------
    machine : StateMachineInstance
        The current machine or a version: the one that runs.
    started_by : str
        The started ARN: of the machine, a version or an alias.
    """

    def __init__(
        self, machine: StateMachineInstance, machine_arn: str, started_by: str, name: str, execution_input: str
    ) -> None:
        self.execution_arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
        self.name = name
        self.region = machine_arn.split(":")[3]
        self.machine = machine
        self.state_machine_arn = machine_arn
        self.state_machine_version_arn = machine.arn if machine.arn != machine_arn else None
        self.state_machine_alias_arn = started_by if started_by not in (machine_arn, machine.arn) else None
        self.execution_input = execution_input
        self.start_date = clock.utc()
        self.stop_date: datetime | None = None
        self.status = "RUNNING"
        self.output: str | None = None
        self.error: str | None = None
        self.cause: str | None = None
        self.role_arn = machine.roleArn
        self.machine_definition = machine.definition
        self.definition = parsed(machine.definition)
        self.query_language = self.definition.get("QueryLanguage", "JSONPath")
        self.credentials = role_session(machine.roleArn, name[:LONGEST_SESSION_NAME])
        self.redrive_count = 0
        self.redrive_date: datetime | None = None
        self.history = History(logs.writer(machine, self))
        self._input = json.loads(execution_input)
        self._ending = threading.Lock()
        self._from_outside = threading.Lock()  # one stop or redrive at a time
        self._redrives: dict[str, datetime] = {}  # redrive time of each client token, oldest first
        self._thread: threading.Thread | None = None
        self._cancel_timeout: Callable[[], None] = lambda: None
        self._scope = Scope(self, self._context(), {}, 0, is_inner=False)

    @property
    def redrive_status(self) -> str:
        return "NOT_REDRIVABLE" if self.redrive_status_reason else "REDRIVABLE"

    @property
    def redrive_status_reason(self) -> str | None:
        if self.status not in _REDRIVABLE or self.stop_date is None:
            return f"Execution is {self.status} and cannot be redriven"
        if len(self.history.events) > _MOST_EVENTS_TO_REDRIVE:
            return "Execution history event limit exceeded"
        if clock.utc() > self.start_date + _LONGEST_EXECUTION:
            return "Execution has exceeded the max execution time"
        if clock.utc() > self.stop_date + _REDRIVABLE_FOR:
            return "Execution redrivable period exceeded"
        return None

    def start(self) -> None:
        """Run on a new thread."""
        self._scope.note("ExecutionStarted", **with_input(self.execution_input), roleArn=self.role_arn)
        self._run_and_record()

    def stop(self, status: str, *, error: str | None = None, cause: str | None = None) -> None:
        """End the execution as `ABORTED` or `TIMED_OUT`, if it is running."""
        with self._from_outside:
            self._end(status, 0, error=error, cause=cause)
            self._scope.stopped.set()

    def redrive(self, client_token: str | None) -> datetime:
        """Resume at the state that did not succeed. Return the time, also for a repeated client token.

        Raises
        ------
        ApiError
            ExecutionNotRedrivable.
        """
        with self._from_outside:
            if (before := self._redrives.get(client_token or "")) and clock.utc() - before < _CLIENT_TOKENS_VALID_FOR:
                return before
            if reason := self.redrive_status_reason:
                said = f"Execution {self.execution_arn} invalid for redrive as: {reason}"
                raise ApiError("ExecutionNotRedrivable", said)
            if self._thread is not None:
                self._thread.join()  # threads that were just stopped must end before others resume
            return self._resume(client_token)

    def _resume(self, client_token: str | None) -> datetime:
        ended(self.execution_arn).clear()
        with self._ending:
            self.redrive_count += 1
            self.redrive_date = redriven_at = clock.utc()
            last = len(self.history.events)
            event_id = self.history.add("ExecutionRedriven", last, redriveCount=self.redrive_count)
            self._scope.resume(self._context()["Execution"], event_id)
            self.status, self.stop_date, self.error, self.cause = "RUNNING", None, None, None
        if client_token:
            latest = [*self._redrives.items(), (client_token, redriven_at)][-_CLIENT_TOKENS:]
            self._redrives = dict(latest)
        self._run_and_record()
        return redriven_at

    def _run_and_record(self) -> None:
        """Emit that it runs, and run. Its time-out starts again with a redrive."""
        self._announce()
        if (seconds := self.definition.get("TimeoutSeconds")) is not None:
            self._cancel_timeout = clock.call_later(seconds, lambda: self.stop("TIMED_OUT", error=TIMEOUT))
        self._thread = background.run(self._run)

    def _run(self) -> None:
        try:
            output = run_machine(self.definition, self._input, self.execution_input, self._scope)
        except StateError as error:
            self._fail(error.error, error.cause)
        except HistoryFullError:
            most = LONGEST_HISTORY_EVENTS
            self._fail(RUNTIME, f"The execution reached the maximum number of history events ({most}).")
        except StoppedError:
            return  # the stop has ended it
        except Exception as error:
            _logger.exception("%s: the interpreter failed", self.execution_arn)
            self._fail(RUNTIME, f"The local AWS has a fault: {type(error).__name__}: {error}")
        else:
            self._end("SUCCEEDED", self._scope.last_event, output=output)

    def _fail(self, error: str | None, cause: str | None) -> None:
        self._end("FAILED", self._scope.last_event, error=error or None, cause=cause or None)

    def _end(
        self,
        status: str,
        previous_event: int,
        *,
        output: str | None = None,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        with self._ending:
            if self.status != "RUNNING":
                return
            details: dict[str, Any] = {name: value for name, value in (("error", error), ("cause", cause)) if value}
            if output is not None:
                details = with_output(output)
            self.history.add(_EVENTS[status], previous_event, **details)
            self.stop_date = clock.utc()
            self.output = output
            if status != "TIMED_OUT":  # only the history's event has the reason
                self.error, self.cause = error, cause
            self.status = status
        self._cancel_timeout()
        self._announce()
        ended(self.execution_arn).set()

    def _announce(self) -> None:
        """Emit the status (EventBridge events reference, "Step Functions Execution Status Change")."""
        output = self.output or ""
        included = len(self.execution_input.encode()) + len(output.encode()) <= LONGEST_EVENT_DATA_BYTES
        detail = {
            "executionArn": self.execution_arn,
            "stateMachineArn": self.state_machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": _milliseconds(self.start_date),
            "stopDate": _milliseconds(self.stop_date) if self.stop_date else None,
            "input": self.execution_input if included else None,
            "inputDetails": {"included": included},
            "output": self.output if included else None,
            "outputDetails": {"included": included} if self.output is not None else None,
            "error": self.error,
            "cause": self.cause,
            "stateMachineVersionArn": self.state_machine_version_arn,
            "stateMachineAliasArn": self.state_machine_alias_arn,
            "redriveCount": self.redrive_count,
            "redriveDate": _milliseconds(self.redrive_date) if self.redrive_date else None,
            "redriveStatus": self.redrive_status,
            "redriveStatusReason": self.redrive_status_reason,
        }
        kind = "Step Functions Execution Status Change"
        events.emit("aws.states", kind, self.execution_arn, detail)

    def _context(self) -> dict[str, Any]:
        redrive = {"RedriveTime": _iso(self.redrive_date)} if self.redrive_date else {}
        return {
            "Execution": {
                "Id": self.execution_arn,
                "Input": self._input,
                "Name": self.name,
                "RoleArn": self.role_arn,
                "StartTime": _iso(self.start_date),
                "RedriveCount": self.redrive_count,
                **redrive,
            },
            "StateMachine": {"Id": self.state_machine_arn, "Name": self.machine.name},
        }


_EVENTS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "ABORTED": "ExecutionAborted",
    "TIMED_OUT": "ExecutionTimedOut",
}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
