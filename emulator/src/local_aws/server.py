"""The server: moto's, with the services of this package and the control surface."""

from __future__ import annotations

import functools
import http.client
import io
import logging
import os
from datetime import datetime
from http import HTTPStatus
from typing import Any

import moto.core.responses
import moto.core.utils
from moto.core.config import default_user_config
from moto.moto_server import werkzeug_app
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer

from local_aws.core import gateway
from local_aws.core.clock import clock
from local_aws.core.wire import Response

HOST = "127.0.0.1"
_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

_logger = logging.getLogger(__name__)


class Handler(werkzeug_app.MotoRequestHandler):
    """Answers all requests of a connection. werkzeug's handler closes the connection after one."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # delayed acknowledgements cost 40 ms a call otherwise
    wbufsize = -1  # status, headers and body in one packet

    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def make_environ(self) -> dict[str, Any]:
        """The request as WSGI defines it. The body is read to its end: the next request starts there."""
        environ: dict[str, Any] = super().make_environ()
        stream, is_chunked = environ["wsgi.input"], environ.get("wsgi.input_terminated")
        body = stream.read() if is_chunked else stream.read(int(environ.get("CONTENT_LENGTH") or 0))
        return {**environ, "wsgi.input": io.BytesIO(body)}

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: the call log has every call."""

    def run_wsgi(self) -> None:
        """Answer one request, without WSGI."""
        try:
            response = gateway.answer(self.make_environ())
        except ConnectionAbortedError:
            self.close_connection = True
            return
        except Exception:  # of one of moto's pages; the gateway answers the errors of API calls
            _logger.exception("%s %s failed", self.command, self.path)
            response = Response(HTTPStatus.INTERNAL_SERVER_ERROR, [], b"")
        self.send_response(response.status, http.client.responses.get(response.status, "Error"))
        for name, value in response.headers:
            if name.lower() != "content-length" or self.command == "HEAD":
                self.send_header(name, value)
        if self.command != "HEAD" and response.status not in _WITHOUT_BODY:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(response.body)


def configure() -> None:
    """Configure moto. Call it before any service is installed."""
    default_user_config.setdefault("iam", {})["load_aws_managed_policies"] = True
    # moto's services import it by name, later
    moto.core.utils.utcnow = moto.core.responses.utcnow = _utcnow
    # moto creates a loader for every API model, and each lists botocore's folders
    moto.core.utils.create_loader = functools.cache(moto.core.utils.create_loader)
    # moto looks up the methods of a service's class for every request
    method_names = functools.cache(moto.core.utils.method_names_from_class)
    moto.core.utils.method_names_from_class = moto.core.responses.method_names_from_class = method_names
    # moto matches the host of every request against the patterns of all services
    dispatcher = werkzeug_app.DomainDispatcherApplication
    dispatcher.get_backend_for_host = functools.cache(dispatcher.get_backend_for_host)


def _utcnow() -> datetime:
    return clock.utc().replace(tzinfo=None)


def make(port: int) -> BaseWSGIServer:
    """A server on 127.0.0.1 with all services installed; the caller runs `serve_forever`.

    Port 0 selects a free port.
    """
    configure()
    from local_aws.services import SERVICES  # moto reads MOTO_PORT when its backends are imported

    server = ThreadedWSGIServer(HOST, port, lambda *_: [], Handler)  # the handler does not use the application
    os.environ["MOTO_PORT"] = str(server.server_port)
    for service in SERVICES:
        service.install()
    return server
