"""Errors of the runtime, in the words and the form that AWS sends."""

from __future__ import annotations

import json
from typing import Any

from local_aws.core import partition
from local_aws.core.wire import Call, Response
from local_aws.sagemaker.serving import Answer
from local_aws.sagemakerruntime import identifiers

_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container {container}. Review the latency metrics "
    "for each container in Amazon CloudWatch, resolve the issue, and try again."
)


# litellm's tests of SageMaker have both texts, as AWS sends them
COMPONENT_REQUIRED = (
    "Inference Component Name header is required for endpoints to which you plan to deploy inference components. "
    "Please include Inference Component Name header or consider using SageMaker models."
)
COMPONENT_NOT_ALLOWED = (
    "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference "
    "components. Please remove the Inference Component Name header and try again."
)
# AWS ML blog, "Unlock cost savings with the new scale down to zero feature"
_NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if "
    "configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)


class InvocationError(Exception):
    """A refused or failed invocation.

    Attributes
    ----------
    code : str or None
        The error's name; None for an error that AWS sends without one.
    message : str
    status : int
        HTTP status of the answer.
    members : dict
        Further members of the error's body.
    """

    def __init__(self, code: str | None, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.members = code, message, status, members

    def response(self) -> Response:
        headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", identifiers.new())]
        if self.code:
            headers.append(("x-amzn-ErrorType", self.code))
        return Response(self.status, headers, json.dumps({**self.members, "Message": self.message}).encode())


class NoCapacityError(InvocationError):
    """The inference component has no copies."""

    def __init__(self, component_name: str) -> None:
        super().__init__("ValidationError", _NO_CAPACITY)
        self.component_name = component_name


def invalid(message: str, **members: Any) -> InvocationError:
    """A `ValidationError`."""
    return InvocationError("ValidationError", message, **members)


def not_found(name: str, account_id: str) -> InvocationError:
    """No live endpoint has this name (aws/amazon-sagemaker-examples, issue 293)."""
    return invalid(f"Endpoint {name} of account {account_id} not found.")


def too_large(limit_bytes: int) -> InvocationError:
    """The body is too large for the endpoint (aws/sagemaker-python-sdk, issue 171)."""
    return InvocationError(None, f"HTTP content length exceeded {limit_bytes} bytes.", 413)


def not_runnable(reason: str) -> InvocationError:
    """The containers cannot run here. AWS has no such error."""
    return InvocationError("NotImplemented", reason, 501)


def of_model(call: Call, answer: Answer) -> InvocationError:
    """The container answered with another status than 2xx (aws/sagemaker-tensorflow-serving-container, issue 109)."""
    try:
        original = answer.body.decode()
        outcome = f'with message "{original}"'
    except UnicodeDecodeError:
        original, outcome = "", "and could not load the entire response body"
    return _model_error(call, answer.container, answer.status, original, outcome)


def timed_out(call: Call, container: str) -> InvocationError:
    """The container did not answer in time (RamVegiraju/SageMaker-Deployment, issue 3)."""
    original = _TIMED_OUT.format(container=container)
    return _model_error(call, container, 0, original, f'with message "{original}"')


def _model_error(call: Call, container: str, status: int, original: str, outcome: str) -> InvocationError:
    side, code = ("client", "CLIENT_ERROR") if 400 <= status < 500 else ("server", "INTERNAL_FAILURE")
    group = f"/aws/sagemaker/Endpoints/{call.parameters['EndpointName']}"
    return InvocationError(
        "ModelError",
        f"Received {side} error ({status}) from {container} {outcome}. See "
        f"https://{call.region}.console.aws.amazon.com/cloudwatch/home?region={call.region}#logEventViewer:"
        f"group={group} in account {call.account_id} for more information.",
        424,
        ErrorCode=f"{code}_FROM_MODEL",
        LogStreamArn=f"arn:{partition.NAME}:logs:{call.region}:{call.account_id}:log-group:{group}",
        OriginalMessage=original,
        OriginalStatusCode=status,
    )
