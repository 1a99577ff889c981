"""Clients of the local AWS's own calls, made as a role or as an AWS service.

Such a call passes the gateway like every other call. It skips the socket, the signature and the hooks of boto3.
"""

from __future__ import annotations

import io
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from functools import cache
from typing import Any
from urllib.parse import unquote

import botocore.session
from botocore import xform_name
from botocore.awsrequest import HeadersDict
from botocore.errorfactory import ClientExceptionsFactory
from botocore.exceptions import ConnectionClosedError
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.response import StreamingBody
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence
from moto.settings import moto_server_port

from local_aws.core import gateway
from local_aws.core.principals import Credentials
from local_aws.core.wire import Response

_hands_over: ContextVar[bool] = ContextVar("whether the callee holds the clock for the caller", default=False)
_ADMINISTRATOR: Credentials = {
    "aws_access_key_id": "administrator",
    "aws_secret_access_key": "local",
    "aws_session_token": "local",
}


class Client:
    """A client with the methods and errors of boto3's, without paginators and waiters.

    It makes one attempt and leaves validation to the server.
    """

    def __init__(self, service: str, region: str, credentials: Credentials) -> None:
        self._service = service
        self._region = region
        self._access_key_id = credentials["aws_access_key_id"]

    def __getattr__(self, name: str) -> Any:
        operation = _operations(self._service).get(name)
        if operation is None:
            raise AttributeError(name)
        return lambda **parameters: self.call(operation, parameters)

    @property
    def exceptions(self) -> Any:
        """The service's error classes."""
        return _exceptions(self._service)

    def call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Call `operation`, named as in the API reference, and return its response as boto3 does.

        Raises
        ------
        ClientError
            If the service refuses the call.
        ConnectionClosedError
            If a fault cuts the connection.
        """
        model = _model(self._service).operation_model(operation)
        tokens = {name: str(uuid.uuid4()) for name in model.idempotent_members}
        environ = self._environ(model, {**tokens, **parameters})
        try:
            response = Context().run(gateway.answer, environ)  # the callee sees nothing of the caller's context
        except ConnectionAbortedError as cut:
            raise ConnectionClosedError(endpoint_url=f"http://{environ['HTTP_HOST']}") from cut
        parsed = _parsed(response, model)
        if response.status >= 300:
            error = parsed["Error"]
            # SQS has two codes, and the second names the class (botocore/handlers.py)
            raise self.exceptions.from_code(error.get("QueryErrorCode") or error.get("Code"))(parsed, operation)
        return parsed

    def _environ(self, model: OperationModel, parameters: dict[str, Any]) -> dict[str, Any]:
        """The request as WSGI defines it (PEP 3333)."""
        service = model.service_model
        serializer: Any = create_serializer(service.resolved_protocol, include_validation=False)
        request = serializer.serialize_to_request(parameters, model)
        path, _, constant_query = request["url_path"].partition("?")
        query = "&".join(filter(None, [constant_query, percent_encode_sequence(request["query_string"])]))
        scope = f"{self._access_key_id}/20000101/{self._region}/{service.signing_name}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}", **request["headers"]}
        body, port = _bytes(request["body"]), moto_server_port()
        return {
            **{_environ_key(name): str(value) for name, value in headers.items()},
            "REQUEST_METHOD": request["method"],
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": f"{path}?{query}" if query else path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": port,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": f"localhost:{port}",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            gateway.HANDED_OVER: _hands_over.get(),
        }


def client(service: str, region: str, credentials: Credentials = _ADMINISTRATOR) -> Client:
    """A client of `service`, named as in boto3."""
    return Client(service, region, credentials)


@contextmanager
def handing_over() -> Iterator[None]:
    """Let the callee hold the clock instead of this thread, which is busy and only waits.

    Otherwise both hold the clock, and a call that waits for the clock (a long poll) never ends.
    """
    token = _hands_over.set(True)
    try:
        yield
    finally:
        _hands_over.reset(token)


def _parsed(response: Response, model: OperationModel) -> dict[str, Any]:
    """The response as boto3 returns it, or raises it in a `ClientError`."""
    parser: Any = create_parser(model.service_model.resolved_protocol)
    failed = response.status >= 300
    body: Any = response.body
    if model.has_streaming_output and not failed:
        body = StreamingBody(io.BytesIO(body), len(body))
    given = {
        "status_code": response.status,
        "headers": HeadersDict(response.headers),
        "body": body,
        "context": {"operation_name": model.name},
    }
    parsed: dict[str, Any] = parser.parse(given, model.output_shape)
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    error = model.service_model.shape_for_error_code(parsed["Error"].get("Code")) if failed else None
    return parsed | parser.parse(given, error) if error else parsed


@cache
def _model(service: str) -> ServiceModel:
    """Return botocore's model of a service: moto's has errors that AWS's SDKs do not know."""
    model: ServiceModel = _session().get_service_model(service)
    return model


@cache
def _session() -> Any:
    return botocore.session.get_session()


@cache
def _operations(service: str) -> dict[str, str]:
    """Names of the operations by boto3's method names."""
    return {xform_name(name): name for name in _model(service).operation_names}


@cache
def _exceptions(service: str) -> Any:
    return ClientExceptionsFactory().create_client_exceptions(_model(service))


def _environ_key(header: str) -> str:
    key = header.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


def _bytes(body: Any) -> bytes:
    if isinstance(body, dict):  # protocol query
        body = percent_encode_sequence(body)
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())
