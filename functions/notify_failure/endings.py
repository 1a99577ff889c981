"""Gives whatever failed its name from the closed list of endings."""

import json
import re
from typing import Any

from shared.aws import ENDING_OF_CODE, Json
from shared.errors import (
    BY_NAME,
    AccessDenied,
    Ending,
    EndpointBusy,
    InternalError,
    InvalidRequest,
    ModelNotFound,
    QuotaExceeded,
    RequestRefused,
    ScalingFailed,
    ServiceUnavailable,
)

# What an integration's SDK does not model has one name for each service; throttling and denied calls are among it (Step
# Functions developer guide, supported services; recorded on AWS). An AWS error that escapes from a function has its
# class's name. The text says which error it is.
UNMODELLED = r"(DynamoDB|SageMaker|Sfn)\.|Lambda\.AWSLambdaException$|ClientError$"
# What an error's name begins with, what is in its text, the ending; the first that fits counts.
ENDING_OF: tuple[tuple[str, str, type[Ending]], ...] = (
    (r"SageMaker\.ResourceLimitExceeded", "", QuotaExceeded),
    (r"ScalingNotReady$", "", ScalingFailed),
    (r"\w+\.(KMS)?AccessDenied|States\.Permissions$", "", AccessDenied),
    (r"\w+\.(SdkClientException|ClientExecutionTimeout|InternalServerError|ServiceException)", "", ServiceUnavailable),
    (r"\w+\.(ProvisionedThroughputExceeded|RequestLimitExceeded|Throttling|TooManyReq)", "", ServiceUnavailable),
    (r"(Sandbox\.Timedout|States\.Timeout)$", "", ServiceUnavailable),
    (UNMODELLED, r"is not authorized to perform|AccessDenied|not authorized to pass", AccessDenied),
    (UNMODELLED, r"Rate exceeded|Throttl|Status Code: 5\d\d", ServiceUnavailable),
    (r"Lambda\.AWSLambdaException$", "", ServiceUnavailable),
    (r"SageMaker\.", r"Could not find model", ModelNotFound),
    (r"SageMaker\.", r"Cannot create already existing|Cannot update in-progress", EndpointBusy),
    (r"SageMaker\.", r"limit.*exceeded|ResourceLimitExceeded", QuotaExceeded),
    (r"SageMaker\.", "", RequestRefused),
)
# What Step Functions calls a task's failure that nobody names.
UNNAMED = "States.TaskFailed"


TOO_LARGE = (
    "The request is too large: with what Slipway adds it has more than the 262,144 bytes that Step Functions passes "
    "from state to state. Shorten it."
)


def ending_of(failure: Json, *, is_planned: bool = True) -> tuple[type[Ending], str]:
    """The ending that a caught error means, and what it says.

    Parameters
    ----------
    failure : Json
        ``Error`` and ``Cause`` of a Catch; null where a task's worker named none.
    is_planned : bool
        Whether there is a plan; before there is one, nothing but the request can be too large.
    """
    error, text = failure["Error"] or UNNAMED, message_in(failure.get("Cause") or "")
    if not is_planned and error == "States.DataLimitExceeded":
        return InvalidRequest, TOO_LARGE
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
    told = (ending for name, said, ending in ENDING_OF if re.match(name, error) and re.search(said, text))
    return ENDING_OF_CODE.get(error) or next(told, InternalError)
