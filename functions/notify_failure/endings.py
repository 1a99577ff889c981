"""Gives whatever failed its name from the closed list of endings."""

import json
import re
from typing import Any

from shared.aws import Json
from shared.errors import (
    BY_NAME,
    AccessDenied,
    Ending,
    EndpointBusy,
    InternalError,
    ModelNotFound,
    QuotaExceeded,
    RequestRefused,
    ScalingFailed,
    ServiceUnavailable,
)

# Names that Step Functions gives, by their beginning; the first that fits counts. What a service models has a name of
# its own, everything else of SageMaker comes as SageMaker.SageMakerException (Step Functions developer guide,
# supported services) and is told by its text below.
ENDING_OF_NAME: tuple[tuple[str, type[Ending]], ...] = (
    ("SageMaker.ResourceLimitExceeded", QuotaExceeded),
    ("SageMaker.SdkClientException", ServiceUnavailable),
    ("ScalingNotReady", ScalingFailed),
    ("Lambda.AccessDenied", AccessDenied),
    ("Lambda.KMSAccessDenied", AccessDenied),
    ("Lambda.TooManyRequests", ServiceUnavailable),
    ("Lambda.ServiceException", ServiceUnavailable),
    ("Lambda.AWSLambdaException", ServiceUnavailable),
    ("Lambda.SdkClientException", ServiceUnavailable),
    ("Lambda.ClientExecutionTimeout", ServiceUnavailable),
    ("Sandbox.Timedout", ServiceUnavailable),
    ("States.Timeout", ServiceUnavailable),
    ("States.Permissions", AccessDenied),
)
ENDING_OF_TEXT: tuple[tuple[str, type[Ending]], ...] = (
    (r"is not authorized to perform|AccessDenied|not authorized to pass", AccessDenied),
    (r"Rate exceeded|Throttling|Status Code: 5\d\d", ServiceUnavailable),
    (r"Could not find model", ModelNotFound),
    (r"Cannot create already existing|Cannot update in-progress", EndpointBusy),
    (r"limit.*exceeded|ResourceLimitExceeded", QuotaExceeded),
)

# What Step Functions calls a task's failure that nobody names.
UNNAMED = "States.TaskFailed"


def ending_of(failure: Json) -> tuple[type[Ending], str]:
    """The ending that a caught error means, and what it says.

    Parameters
    ----------
    failure : Json
        ``Error`` and ``Cause`` of a Catch; null where a task's worker named none.
    """
    error, text = failure["Error"] or UNNAMED, message_in(failure.get("Cause") or "")
    if error in BY_NAME:
        return BY_NAME[error], text
    return _ending(error, text), f"{error}: {text}" if text else error


def message_in(cause: Any) -> str:
    """What a cause says; a function's cause is JSON with the message and a stack trace that is for the log."""
    try:
        parsed = json.loads(cause)
    except (TypeError, ValueError):
        return str(cause)
    return str(parsed["errorMessage"]) if isinstance(parsed, dict) and "errorMessage" in parsed else str(cause)


def _ending(error: str, text: str) -> type[Ending]:
    for beginning, ending in ENDING_OF_NAME:
        if error.startswith(beginning):
            return ending
    if not error.startswith("SageMaker."):
        return InternalError
    for pattern, ending in ENDING_OF_TEXT:
        if re.search(pattern, text):
            return ending
    return RequestRefused
