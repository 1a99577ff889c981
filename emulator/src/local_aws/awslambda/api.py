"""The Invoke API, on this package's runtime instead of moto's Docker."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import BaseResponse

from local_aws.awslambda import asynchronous, functions
from local_aws.awslambda.fleet import fleet
from local_aws.awslambda.invocation import Invocation, Result, run
from local_aws.awslambda.revision import MEBIBYTE

# Lambda developer guide, quotas: invocation payload
PAYLOAD_LIMIT_BYTES = {"RequestResponse": 6 * MEBIBYTE, "Event": MEBIBYTE, "DryRun": 6 * MEBIBYTE}
LOG_TAIL_BYTES = 4096
_REQUEST_ID = "x-amzn-requestid"
Response = tuple[int, dict[str, str], bytes]


class RequestTooLargeError(LambdaClientError):
    """The payload is larger than the invocation type allows (Lambda API reference, Invoke)."""

    code = 413

    def __init__(self, size_bytes: int, invocation_type: str) -> None:
        super().__init__(
            "RequestTooLargeException",
            f"{size_bytes} byte payload is too large for the {invocation_type} invocation type "
            f"(limit {PAYLOAD_LIMIT_BYTES[invocation_type]} bytes)",
        )


class InvalidRequestContentError(LambdaClientError):
    """The payload is not JSON (Lambda API reference, Invoke)."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {reason}",
        )


def install() -> None:
    """Answer Invoke, InvokeAsync and the invocations of moto's other services."""
    LambdaResponse._enrich_response = staticmethod(_keep_request_id)
    LambdaResponse.invoke = _invoke
    LambdaResponse.invoke_async = _invoke_async
    LambdaBackend.invoke = _backend_invoke
    LambdaFunction.invoke = _function_invoke


def _keep_request_id(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
    """Keep the request's id, which the function and its log know. moto generates another."""
    own = {name: value for name, value in headers.items() if name == _REQUEST_ID}
    headers, body = BaseResponse._enrich_response(headers, body)
    return {**headers, **own}, body


def _invoke(response: LambdaResponse) -> Response:
    name = unquote(response.path.rstrip("/").rsplit("/", 2)[-2])
    qualifier = response.querystring.get("Qualifier", [None])[0]  # moto reads it in lower case
    target = functions.find(response.backend, name, qualifier)
    invocation_type = response.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    invocation = Invocation(
        target.function,
        target.arn,
        _payload(response.raw_body or b"", invocation_type),
        trace=response.headers.get("X-Amzn-Trace-Id"),
        client_context=_client_context(response.headers.get("X-Amz-Client-Context")),
    )
    if invocation_type == "DryRun":
        return HTTPStatus.NO_CONTENT, {"status": "204"}, b""
    if invocation_type == "Event":
        asynchronous.accept(invocation)
        return HTTPStatus.ACCEPTED, {"status": "202", _REQUEST_ID: invocation.request_id}, b""
    return _answer(_run_within_limits(invocation), with_log=response.headers.get("X-Amz-Log-Type") == "Tail")


def _invoke_async(response: LambdaResponse) -> Response:
    name = unquote(response.path.rstrip("/").rsplit("/", 2)[-2])
    target = functions.find(response.backend, name, None)
    asynchronous.accept(Invocation(target.function, target.arn, _payload(response.raw_body or b"", "Event")))
    return HTTPStatus.ACCEPTED, {"status": "202"}, b""


def _backend_invoke(
    backend: LambdaBackend,
    function_name: str,
    qualifier: str | None,
    body: Any,
    headers: Any,  # noqa: ARG001  # moto's signature
    response_headers: dict[str, str],
) -> bytes:
    """Invoke for a service of moto that calls the backend instead of the API, such as an event source mapping."""
    target = functions.find(backend, function_name, qualifier)
    result = _run_within_limits(Invocation(target.function, target.arn, _payload(_bytes(body), "RequestResponse")))
    response_headers.update(_answer(result, with_log=False)[1])
    return result.outcome.payload


def _function_invoke(
    function: LambdaFunction,
    body: str,
    request_headers: Any,  # noqa: ARG001  # moto's signature
    response_headers: dict[str, str],
) -> bytes:
    result = _run_within_limits(Invocation(function, function.function_arn, _payload(_bytes(body), "RequestResponse")))
    response_headers.update(_answer(result, with_log=False)[1])
    return result.outcome.payload


def _run_within_limits(invocation: Invocation) -> Result:
    fleet.enter(invocation.function)
    try:
        return run(invocation)
    finally:
        fleet.leave(invocation.function)


def _answer(result: Result, *, with_log: bool) -> Response:
    headers = {
        "Content-Type": "application/json",
        _REQUEST_ID: result.invocation.request_id,
        "X-Amz-Executed-Version": str(result.invocation.function.version),
    }
    if result.outcome.error_type is not None:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if with_log:
        text = "".join(f"{message}\n" for message in result.log).encode()
        headers["X-Amz-Log-Result"] = base64.b64encode(text[-LOG_TAIL_BYTES:]).decode()
    return HTTPStatus.OK, headers, result.outcome.payload


def _payload(body: bytes, invocation_type: str) -> bytes:
    """The event for the function: JSON text, an empty object if nothing was sent.

    Raises
    ------
    RequestTooLargeError, InvalidRequestContentError
    """
    if len(body) > PAYLOAD_LIMIT_BYTES[invocation_type]:
        raise RequestTooLargeError(len(body), invocation_type)
    if not body:
        return b"{}"
    try:
        json.loads(body)
    except ValueError as error:
        raise InvalidRequestContentError(str(error)) from error
    return body


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _client_context(header: str | None) -> str | None:
    return base64.b64decode(header).decode() if header else None
