"""Meaning of a caught failure: its documented error, its message, and the state in which it happened."""

import json
import re
from typing import Any, TypedDict

from shared.aws import ERROR_OF_CODE
from shared.errors import (
    BY_NAME,
    AccessDenied,
    EndpointBusy,
    InternalError,
    InvalidRequest,
    ModelNotFound,
    QuotaExceeded,
    RequestRefused,
    ScalingFailed,
    ServiceUnavailable,
    SlipwayError,
)

# Step Functions gives all errors that a service's API model does not declare one name, throttling and denied calls
# included; only the text says which error it is (developer guide, supported services; recorded on AWS). An AWS error
# that a function does not handle has the name of its class.
UNMODELLED = r"(DynamoDB|SageMaker|Sfn)\.|Lambda\.AWSLambdaException$|ClientError$"
# Beginning of the error's name, part of its text, the documented error; the first row that fits counts.
ERROR_OF: tuple[tuple[str, str, type[SlipwayError]], ...] = (
    (r"SageMaker\.ResourceLimitExceeded", "", QuotaExceeded),
    (r"ScalingNotReady$", "", ScalingFailed),
    (r"\w+\.(KMS)?AccessDenied|States\.Permissions$", "", AccessDenied),
    (r"\w+\.(SdkClientException|ClientExecutionTimeout|InternalServerError|ServiceException)", "", ServiceUnavailable),
    (r"\w+\.(ProvisionedThroughputExceeded|RequestLimitExceeded|Throttling|TooManyReq)", "", ServiceUnavailable),
    (r"(Sandbox\.Timedout|States\.Timeout)$", "", ServiceUnavailable),
    (UNMODELLED, r"is not authorized to perform|AccessDenied|not authorized to pass", AccessDenied),
    (UNMODELLED, r"Rate exceeded|Throttl|Status Code: 5\d\d", ServiceUnavailable),
    (r"Lambda\.AWSLambdaException$", "", ServiceUnavailable),
    (r"SageMaker\.", r"Could not find model(?! data)", ModelNotFound),
    (r"SageMaker\.", r"Cannot create already existing|Cannot update in-progress", EndpointBusy),
    (r"SageMaker\.", r"limit.*exceeded|ResourceLimitExceeded", QuotaExceeded),
    (r"SageMaker\.", "", RequestRefused),
)
# Step Functions' name for a failure without a name.
UNNAMED = "States.TaskFailed"
# Beginning of the sentence that names the state of a failure. It is added only to messages that do not contain it.
FAILED_IN = "Failed in the state "
TOO_LARGE = (
    "The request is too large: with what Slipway adds, it exceeds the 262,144 bytes that Step Functions passes "
    "between states. Shorten it."
)


class Caught(TypedDict):
    """Error and cause that a Catch receives; null if the task gave none."""

    Error: str | None
    Cause: str | None


def error_of(failure: Caught, *, is_planned: bool = True) -> tuple[type[SlipwayError], str]:
    """Return the documented error that a caught failure means, and its message.

    Parameters
    ----------
    is_planned : bool
        Whether there is a plan. Before there is one, only the request can be too large.
    """
    error, text = failure["Error"] or UNNAMED, message_in(failure.get("Cause") or "")
    if not is_planned and error == "States.DataLimitExceeded":
        return InvalidRequest, TOO_LARGE
    if error in BY_NAME:
        return BY_NAME[error], text
    return _documented(error, text), f"{error}: {text}" if text else error


def message_in(cause: Any) -> str:
    """Message of a cause: a function's cause is JSON with a stack trace, which belongs in the log."""
    try:
        parsed = json.loads(cause)
    except (TypeError, ValueError):
        return str(cause)
    return str(parsed["errorMessage"]) if isinstance(parsed, dict) and "errorMessage" in parsed else str(cause)


def failed_in(state: str, operation: str | None = None) -> str:
    """Return the sentence that names the state of a failure.

    Parameters
    ----------
    operation : str or None
        AWS operation that the state called, such as ``sagemaker:createEndpoint``.
    """
    return f"{FAILED_IN}{state}{f', which called {operation}' if operation else ''}."


def _documented(error: str, text: str) -> type[SlipwayError]:
    found = (meaning for name, part, meaning in ERROR_OF if re.match(name, error) and re.search(part, text))
    return ERROR_OF_CODE.get(error) or next(found, InternalError)
