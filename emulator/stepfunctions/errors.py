"""How states fail: an error name and a cause, as Step Functions shows them.

Error names follow the Step Functions developer guide, "Handling errors in Step Functions workflows" and
"Learning to use AWS service SDK integrations".
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

UNCATCHABLE = frozenset({"States.Runtime"})
NOT_IN_STATES_ALL = frozenset({"States.DataLimitExceeded", "States.Runtime"})
NOT_IN_TASK_FAILED = frozenset({"States.Timeout"})

# Where the Java SDK's name of a service is not its service id with words capitalised.
_SDK_NAMES = {"dynamodb": "DynamoDb", "stepfunctions": "Sfn"}


class StateError(Exception):
    """A state failed with an `error` name that Retry and Catch may match, and a `cause` for people."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause

    @property
    def output(self) -> dict[str, str]:
        """The error output, as a catcher gets it."""
        return {"Error": self.error, "Cause": self.cause}


class QueryEvaluationError(StateError):
    """A JSONata expression failed, or gave nothing."""

    def __init__(self, cause: str) -> None:
        super().__init__("States.QueryEvaluationError", cause)


class StoppedError(Exception):
    """The execution was stopped or timed out, or a sibling branch failed: nothing is to be done any more."""


def matches(error: str, error_equals: list[str]) -> bool:
    """Whether a retrier or catcher with these `ErrorEquals` takes the error."""
    if error in UNCATCHABLE:
        return False
    if error in error_equals:
        return True
    if "States.ALL" in error_equals:
        return error not in NOT_IN_STATES_ALL
    return "States.TaskFailed" in error_equals and error not in NOT_IN_TASK_FAILED | NOT_IN_STATES_ALL


def of_sdk_call(error: ClientError | BotoCoreError, service_name: str, service_id: str) -> StateError:
    """What an `aws-sdk:` task fails with: the modelled error, else the service's own; `Exception` is appended."""
    prefix = sdk_name(service_name, service_id)
    if isinstance(error, BotoCoreError):
        return StateError(f"{prefix}.SdkClientException", str(error))
    modelled = type(error).__name__
    name = prefix if modelled == "ClientError" else modelled
    metadata = error.response["ResponseMetadata"]
    cause = (
        f"{_message(error)} (Service: {prefix}, Status Code: {metadata['HTTPStatusCode']}, "
        f"Request ID: {metadata.get('RequestId', '')})"
    )
    return StateError(f"{prefix}.{_with_suffix(name)}", cause)


def of_optimized_call(error: ClientError | BotoCoreError, prefix: str, unmodelled: str) -> StateError:
    """What an optimized task fails with; `unmodelled` names the errors that the service's model does not know."""
    if isinstance(error, BotoCoreError):
        return StateError(f"{prefix}.SdkClientException", str(error))
    modelled = type(error).__name__
    name = unmodelled if modelled == "ClientError" else _with_suffix(modelled)
    metadata = error.response["ResponseMetadata"]
    cause = (
        f"{_message(error)} (Service: {unmodelled.removesuffix('Exception')}; "
        f"Status Code: {metadata['HTTPStatusCode']}; Error Code: {error.response['Error'].get('Code', '')}; "
        f"Request ID: {metadata.get('RequestId', '')}; Proxy: null)"
    )
    return StateError(f"{prefix}.{name}", cause)


def sdk_name(service_name: str, service_id: str) -> str:
    """The service's name in error names: ``SageMaker``, ``Sqs``, ``ApplicationAutoScaling``, ``S3``."""
    if service_name in _SDK_NAMES:
        return _SDK_NAMES[service_name]
    words = re.split(r"[ -]", service_id)
    return "".join(word.capitalize() if word.isupper() and word.isalpha() else word for word in words)


def _with_suffix(name: str) -> str:
    return name if name.endswith("Exception") else f"{name}Exception"


def _message(error: ClientError) -> Any:
    return error.response["Error"].get("Message", "")
