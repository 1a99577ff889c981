"""Errors of states: a name and a cause, as on Step Functions.

Error names follow the Step Functions developer guide, "Handling errors in Step Functions workflows" and
"Learning to use AWS service SDK integrations".
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"  # a missed heartbeat, too: recorded on AWS (04/2024); the guide has another name
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"

_NOT_IN_TASK_FAILED = frozenset({DATA_LIMIT_EXCEEDED, RUNTIME, TIMEOUT})

_WORDS_OF_SERVICE_ID = re.compile(r"[ -]")
# Services whose id the Java SDK does not split at blanks and hyphens.
_SDK_NAMES = {"dynamodb": "DynamoDb", "elasticache": "ElastiCache"}


class StateError(Exception):
    """Failure of a state: an `error` name that Retry and Catch can match, and a `cause`.

    Both are None if a task's worker gave none.
    """

    def __init__(self, error: str | None, cause: str | None = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause

    @property
    def is_terminal(self) -> bool:
        """Whether it ends the execution, without Retry and Catch."""
        return self.error == RUNTIME

    @property
    def is_in_states_all(self) -> bool:
        """Whether `States.ALL` matches it."""
        return not self.is_terminal

    @property
    def output(self) -> dict[str, str | None]:
        """The error output for a catcher: always both members, null if a worker gave none."""
        return {"Error": self.error, "Cause": self.cause}

    def leaving(self, name: str, entered: int) -> StateError:
        """The error after it has left its state: unchanged, because its cause comes from the task."""
        return self


class InterpreterError(StateError):
    """A failure in the interpreter; its cause has the state's name once."""

    def leaving(self, name: str, entered: int) -> StateError:
        where = f"An error occurred while executing the state '{name}' (entered at the event id #{entered}). "
        return StateError(self.error, f"{where}{self.cause}")


class RuntimeStateError(InterpreterError):
    """`States.Runtime`, which cannot be retried or caught."""

    def __init__(self, cause: str) -> None:
        super().__init__(RUNTIME, cause)


class DataLimitError(StateError):
    """More than 256 KiB.

    By the guide, `States.ALL` does not match it. On AWS it matches a task result that is too large (recorded,
    03/2024).
    """

    def __init__(self, cause: str, *, is_result: bool) -> None:
        super().__init__(DATA_LIMIT_EXCEEDED, cause)
        self._is_result = is_result

    @property
    def is_in_states_all(self) -> bool:
        return self._is_result


class QueryEvaluationError(InterpreterError):
    """A JSONata expression failed, is undefined, or has a type that the field does not accept.

    Attributes
    ----------
    field : str
        Position in the state: ``Arguments/EndpointName``.
    """

    def __init__(self, cause: str, field: str) -> None:
        super().__init__("States.QueryEvaluationError", cause)
        self.field = field


class StoppedError(Exception):
    """The execution was stopped or timed out, or a sibling branch failed: nothing more must be done."""


def matches(error: StateError, error_equals: list[str]) -> bool:
    """Whether a retrier or catcher with these `ErrorEquals` matches the error."""
    if error.is_terminal:
        return False
    if error.error in error_equals:
        return True
    if "States.ALL" in error_equals:
        return error.is_in_states_all
    return "States.TaskFailed" in error_equals and error.error not in _NOT_IN_TASK_FAILED


def of_sdk_call(error: ClientError | BotoCoreError, service_name: str, service_id: str) -> StateError:
    """The error of an `aws-sdk:` task: the modelled error, otherwise the service's own; `Exception` is appended."""
    prefix = sdk_name(service_name, service_id)
    if isinstance(error, BotoCoreError):
        return _of_lost_call(error, prefix)
    modelled = type(error).__name__
    name = prefix if modelled == "ClientError" else modelled
    metadata = error.response["ResponseMetadata"]
    cause = (
        f"{_message(error)} (Service: {prefix}, Status Code: {metadata['HTTPStatusCode']}, "
        f"Request ID: {metadata.get('RequestId', '')}) (SDK Attempt Count: 1)"  # recorded on AWS since 11/2025
    )
    return StateError(f"{prefix}.{_with_suffix(name)}", cause)


def of_optimized_call(
    error: ClientError | BotoCoreError, prefix: str, unmodelled: str, service_in_cause: str
) -> StateError:
    """The error of an optimized task; `unmodelled` replaces errors that the service's model does not have."""
    if isinstance(error, BotoCoreError):
        return _of_lost_call(error, prefix)
    modelled = type(error).__name__
    name = unmodelled if modelled == "ClientError" else _with_suffix(modelled)
    metadata = error.response["ResponseMetadata"]
    cause = (
        f"{_message(error)} (Service: {service_in_cause}; Status Code: {metadata['HTTPStatusCode']}; "
        f"Error Code: {error.response['Error'].get('Code', '')}; Request ID: {metadata.get('RequestId', '')}; "
        "Proxy: null)"
    )
    return StateError(f"{prefix}.{name}", cause)


def sdk_name(service_name: str, service_id: str) -> str:
    """The service's name in error names: ``SageMaker``, ``Sqs``, ``ApplicationAutoScaling``, ``S3``."""
    if service_name in _SDK_NAMES:
        return _SDK_NAMES[service_name]
    words = _WORDS_OF_SERVICE_ID.split(service_id)
    return "".join(word.capitalize() if word.isupper() else word for word in words)


def _of_lost_call(error: BotoCoreError, prefix: str) -> StateError:
    return StateError(f"{prefix}.SdkClientException", f"Unable to execute HTTP request: {error}")


def _with_suffix(name: str) -> str:
    return name if name.endswith("Exception") else f"{name}Exception"


def _message(error: ClientError) -> Any:
    return error.response["Error"].get("Message", "")
