"""How the emulator's own calls reach it: through the same gateway as everybody's, but past the sockets.

A call through a socket takes three times as long, and what the emulator is busy with is mostly calls of its own.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_applications: list[Application] = []


def serve(application: Application) -> None:
    """Let `application` answer what is sent from now on."""
    _applications[:] = [application]


def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    """The answer to `request`; a handler of botocore's event ``before-send``.

    Raises
    ------
    ConnectionClosedError
        When the connection would have been cut.
    """
    (application,) = _applications
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
        started[:] = [int(status.split()[0]), headers]
        return lambda _: None

    def answer() -> bytes:
        return b"".join(application(_environ(request), start_response))

    try:
        body = Context().run(answer)  # as another thread would: who is answered knows nothing of who asks
    except ConnectionAbortedError as cut:
        raise ConnectionClosedError(endpoint_url=request.url) from cut
    status, headers = started
    return AWSResponse(request.url, status, HTTPHeaders.from_pairs(headers), _Raw(body))


class _Raw(io.BytesIO):
    """A body as urllib3 offers it."""

    def stream(self, size_bytes: int | None = None, **_: Any) -> Iterator[bytes]:
        while some := self.read(size_bytes):
            yield some


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333)."""
    url = urlsplit(request.url)
    body = _read(request.body)
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path, "latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": request.url,
        "RAW_URI": request.url,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    return {**environ, "CONTENT_LENGTH": str(len(body))}


def _read(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())
