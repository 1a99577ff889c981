"""The control surface, `/_emulator/…`: what tests and people may ask of the emulator beyond AWS's own APIs.

An extension adds a route with `@route("POST", "sagemaker/outcomes")`; the function takes the
decoded JSON body (None when there is none) and returns what is sent back as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from local_aws.core.clock import clock
from local_aws.core.wire import Response

PREFIX = "/_emulator/"

_routes: dict[tuple[str, str], Callable[[Any], Any]] = {}
_settle: list[Callable[[], None]] = []


class BadControlRequestError(ValueError):
    """What was posted to the control surface is not what the route takes; the message says what is."""


def route(method: str, path: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register the decorated function for `method` on ``/_emulator/<path>``."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        _routes[method, path] = function
        return function

    return register


def before_reading(settle: Callable[[], None]) -> None:
    """Call `settle` before each GET: it waits for work that was put off, so that what is read is complete."""
    _settle.append(settle)


def answer(environ: dict[str, Any]) -> Response:
    """Answer a request to the control surface."""
    status, content = _answer(environ)
    return Response(status, [("Content-Type", "application/json")], json.dumps(content, default=str).encode() + b"\n")


def _answer(environ: dict[str, Any]) -> tuple[HTTPStatus, Any]:
    path = environ["PATH_INFO"].removeprefix(PREFIX)
    function = _routes.get((environ["REQUEST_METHOD"], path))
    if function is None:
        known = [f"{method} {PREFIX}{path}" for method, path in sorted(_routes)]
        return HTTPStatus.NOT_FOUND, {"error": f"no such route; there are: {', '.join(known)}"}
    if environ["REQUEST_METHOD"] == "GET":
        for settle in _settle:
            settle()
    text = environ["wsgi.input"].read()
    try:
        return HTTPStatus.OK, function(json.loads(text) if text else None)
    except (BadControlRequestError, json.JSONDecodeError) as error:
        return HTTPStatus.BAD_REQUEST, {"error": str(error)}


@route("GET", "health")
def health(_: None) -> dict[str, str]:
    return {"status": "ok"}


@route("GET", "clock")
def get_clock(_: None) -> dict[str, Any]:
    return {"now": clock.utc().isoformat(), "mode": clock.mode}


@route("POST", "clock")
def set_clock(body: dict[str, Any]) -> dict[str, Any]:
    try:
        clock.mode = body["mode"]
    except (TypeError, KeyError, ValueError) as error:
        raise BadControlRequestError('the body is {"mode": "virtual"} or {"mode": "real"}') from error
    return {"now": clock.utc().isoformat(), "mode": clock.mode}
