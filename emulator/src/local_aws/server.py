"""The server: moto's, with the services of this package and the control surface."""

from __future__ import annotations

import functools
import os
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import moto.core.responses
import moto.core.utils
from moto import backends
from moto.core.config import default_user_config
from moto.moto_server import werkzeug_app
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer

from local_aws.core import clients, control, gateway, loopback, workers
from local_aws.core.clock import clock

HOST = "127.0.0.1"
MOST_CALLS_AT_ONCE = 1_000  # each waiting invocation and each long poll holds a thread


class Application(werkzeug_app.DomainDispatcherApplication):
    """moto's dispatcher beside the control surface. Virtual time stands still during a request."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(control.PREFIX):
            return control.answer(environ, start_response)
        with clients.busy_with(environ), workers.call_of(environ):
            try:
                return gateway.answer(super().__call__, environ, start_response)
            except ConnectionAbortedError:
                if connection := environ.get("werkzeug.socket"):
                    connection.shutdown(socket.SHUT_RDWR)
                raise


class Server(ThreadedWSGIServer):
    """werkzeug's server with a thread pool: starting a thread costs as much as many calls."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._threads_used_again = ThreadPoolExecutor(MOST_CALLS_AT_ONCE, "call")

    def process_request(self, request: Any, client_address: Any) -> None:
        self._threads_used_again.submit(self.process_request_thread, request, client_address)


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
    # moto lists its folder for every request, under a lock
    modules = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules


def _utcnow() -> datetime:
    return clock.utc().replace(tzinfo=None)


def make(port: int) -> BaseWSGIServer:
    """A server on 127.0.0.1 with all services installed; the caller runs `serve_forever`.

    Port 0 selects a free port.
    """
    configure()
    from local_aws.services import SERVICES  # moto reads MOTO_PORT when its backends are imported

    handler = werkzeug_app.MotoRequestHandler
    handler.disable_nagle_algorithm = True  # delayed acknowledgements cost 40 ms a call otherwise
    application = Application(werkzeug_app.create_backend_app)
    loopback.serve(application)
    server = Server(HOST, port, application, handler)
    os.environ["MOTO_PORT"] = str(server.server_port)
    for service in SERVICES:
        service.install()
    return server
