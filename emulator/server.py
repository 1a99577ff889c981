"""The server: moto's, with the extensions installed and the control surface beside it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import moto.core.responses
import moto.core.utils
from moto import backends
from moto.core.config import default_user_config
from moto.moto_server import werkzeug_app
from werkzeug.serving import BaseWSGIServer, make_server

from emulator import clients, control, gateway, workers
from emulator.clock import clock

HOST = "127.0.0.1"


class Application(werkzeug_app.DomainDispatcherApplication):
    """moto's dispatcher behind the control surface; time stands still while a request is answered."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(control.PREFIX):
            return control.answer(environ, start_response)
        with clients.busy_with(environ), workers.call_of(environ):
            return gateway.answer(super().__call__, environ, start_response)


def configure() -> None:
    """Set moto up for the emulator; before any extension is installed."""
    default_user_config.setdefault("iam", {})["load_aws_managed_policies"] = True
    # moto's services import it by name when they are imported, which is later
    moto.core.utils.utcnow = moto.core.responses.utcnow = _utcnow
    # moto makes a new loader for every API model, which lists botocore's folders first
    moto.core.utils.create_loader = functools.cache(moto.core.utils.create_loader)
    # moto lists its folder for every request, under a lock
    modules = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules


def _utcnow() -> datetime:
    return clock.utc().replace(tzinfo=None)


def make(port: int) -> BaseWSGIServer:
    """A server on loopback, extensions installed; the caller runs `serve_forever`.

    Port 0 takes a free one.
    """
    configure()
    from emulator.extensions import EXTENSIONS  # moto reads MOTO_PORT when its backends are imported

    handler = werkzeug_app.MotoRequestHandler
    handler.disable_nagle_algorithm = True  # delayed acknowledgements cost 40 ms a call otherwise
    server = make_server(
        HOST, port, Application(werkzeug_app.create_backend_app), threaded=True, request_handler=handler
    )
    os.environ["MOTO_PORT"] = str(server.server_port)
    for extension in EXTENSIONS:
        extension.install()
    return server
