"""Task tokens: the waiting task and the answer of each."""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.core.exceptions import ServiceException

from local_aws.core import task_tokens
from local_aws.core.clock import Event, clock
from local_aws.stepfunctions import strict_json
from local_aws.stepfunctions.errors import StateError


class InvalidTokenError(ServiceException):
    """A token that was never issued."""

    code = "InvalidToken"


class InvalidOutputError(ServiceException):
    """An output that is not JSON."""

    code = "InvalidOutput"


class TaskTimedOutError(ServiceException):
    """The task does not wait for this token any more."""

    code = "TaskTimedOut"


class Token:
    """A token that a task waits for.

    Attributes
    ----------
    value : str
        The token's text.
    done : Event
        Set by the answer.
    last_beat_at : float
        Seconds since the epoch of the task's start or its last heartbeat.
    """

    def __init__(self, state_machine_arn: str) -> None:
        self.value = task_tokens.new(state_machine_arn)
        self.done = Event()
        self.last_beat_at = clock.now()
        self.expired = False
        self._result: Any = None
        self._error: StateError | None = None
        with _lock:
            _tokens[self.value] = self

    def result(self) -> Any:
        """The answer of the worker.

        Raises
        ------
        StateError
            If the worker reported a failure.
        """
        if self._error:
            raise self._error
        return self._result

    def expire(self) -> None:
        """Refuse further answers: the task does not wait any more."""
        self.expired = True

    def settle(self, result: Any = None, error: StateError | None = None) -> None:
        self._result, self._error = result, error
        self.expired = True
        self.done.set()


_lock = threading.Lock()
_tokens: dict[str, Token] = {}


def succeed(token: str, output: str) -> None:
    """SendTaskSuccess."""
    waiting = _waiting(token)
    try:
        result = strict_json.loads(output)
    except json.JSONDecodeError as error:
        raise InvalidOutputError(f"Invalid Output: '{error}'") from error
    waiting.settle(result=result)


def fail(token: str, error: str | None, cause: str | None) -> None:
    """SendTaskFailure."""
    _waiting(token).settle(error=StateError(error, cause))


def beat(token: str) -> None:
    """SendTaskHeartbeat."""
    _waiting(token).last_beat_at = clock.now()


def _waiting(value: str) -> Token:
    token = _tokens.get(value)
    if token is None:
        raise InvalidTokenError("Invalid Token: 'Invalid token'")
    if token.expired:
        raise TaskTimedOutError("Task Timed Out: 'Provided task does not exist anymore'")
    return token
