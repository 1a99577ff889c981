"""The Lambda Runtime API, which gives AWS's runtime client its events and takes its answers.

One listener per execution environment, as on AWS (Lambda developer guide, "Using the Lambda runtime API for
custom runtimes").
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Literal

LOOPBACK = "127.0.0.1"
_NEXT = "/2018-06-01/runtime/invocation/next"
_ANSWER = re.compile(r"/2018-06-01/runtime/(?:(init)|invocation/([^/]+))/(response|error)")

ReportKind = Literal["ready", "init error", "response", "error", "exited", "timeout"]


@dataclass(frozen=True)
class Report:
    """Outcome of an initialisation or an invocation: the runtime's report, its exit, or a timeout."""

    kind: ReportKind
    payload: bytes = b""
    exit_status: int = 0


@dataclass(frozen=True)
class Event:
    """An invocation as the runtime gets it: body and headers of the Runtime API."""

    request_id: str
    payload: bytes
    headers: dict[str, str]


class RuntimeApi:
    """The Runtime API of one execution environment.

    Attributes
    ----------
    address : str
        ``HOST:PORT``, for ``AWS_LAMBDA_RUNTIME_API``.
    reports : queue.Queue[Report]
        Reports of the runtime, in order. The first one is about its initialisation.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self.address = f"{LOOPBACK}:{self._listener.getsockname()[1]}"
        self.reports: queue.Queue[Report] = queue.Queue()
        self.events: queue.Queue[Event | None] = queue.Queue()
        self.was_ready = False
        threading.Thread(target=self._accept, name=f"runtime-api {self.address}", daemon=True).start()

    def close(self) -> None:
        """Accept no more connections, and end the wait for the next event."""
        with contextlib.suppress(OSError):  # wakes `accept` on Linux; fails on macOS, where closing wakes it
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.events.put(None)

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError:  # closed: the environment has ended
                return
            threading.Thread(target=self._converse, args=(connection, address), daemon=True).start()

    def _converse(self, connection: socket.socket, address: tuple[str, int]) -> None:
        with connection, contextlib.suppress(ConnectionError):  # the process was killed during a request
            _Conversation(self, connection, address)


class _Conversation(BaseHTTPRequestHandler):
    """The requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # delayed acknowledgements cost 40 ms an answer otherwise
    wbufsize = -1  # status, headers and body in one packet

    def __init__(self, api: RuntimeApi, connection: socket.socket, address: tuple[str, int]) -> None:
        self._api = api
        super().__init__(connection, address, None)  # type: ignore[arg-type]  # needs no server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Log nothing: the log belongs to the function."""

    def do_GET(self) -> None:
        if self.path != _NEXT:
            self._send(HTTPStatus.NOT_FOUND)
            return
        if not self._api.was_ready:
            self._api.was_ready = True
            self._api.reports.put(Report("ready"))
        event = self._api.events.get()
        if event is None:
            self.close_connection = True
            return
        self._send(HTTPStatus.OK, event.payload, event.headers)

    def do_POST(self) -> None:
        payload = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = _ANSWER.fullmatch(self.path)
        if answer is None:
            self._send(HTTPStatus.NOT_FOUND)
            return
        self._send(HTTPStatus.ACCEPTED, b'{"status":"OK"}\n')
        if answer[1]:
            self._api.reports.put(Report("init error", payload))
        else:
            self._api.reports.put(Report("response" if answer[3] == "response" else "error", payload))

    def _send(self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
