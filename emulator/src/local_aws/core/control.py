"""The control surface, `/_emulator/…`: what AWS's APIs do not offer to tests and people.

A service adds a route with `@route("POST", "sagemaker/outcomes")`. The function gets the decoded JSON body (None
without one), and its result is returned as JSON.
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
_wait_for_pending: list[Callable[[], None]] = []


class BadControlRequestError(ValueError):
    """An invalid body of a control route; the message says what is valid."""


def route(method: str, path: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register the decorated function for `method` on ``/_emulator/<path>``."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        _routes[method, path] = function
        return function

    return register


def before_reading(wait_for_pending: Callable[[], None]) -> None:
    """Call `wait_for_pending` before each GET: it waits for pending work, so that the answer is complete."""
    _wait_for_pending.append(wait_for_pending)


def answer(environ: dict[str, Any]) -> Response:
    """Answer a request to the control surface."""
    status, content = _answer(environ)
    return Response(status, [("Content-Type", "application/json")], json.dumps(content, default=str).encode() + b"\n")


def _answer(environ: dict[str, Any]) -> tuple[HTTPStatus, Any]:
    path = environ["PATH_INFO"].removeprefix(PREFIX)
    function = _routes.get((environ["REQUEST_METHOD"], path))
    if function is None:
        known = [f"{method} {PREFIX}{path}" for method, path in sorted(_routes)]
        return HTTPStatus.NOT_FOUND, {"error": f"no such route. The routes are: {', '.join(known)}"}
    if environ["REQUEST_METHOD"] == "GET":
        for wait_for_pending in _wait_for_pending:
            wait_for_pending()
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
        raise BadControlRequestError('the body must be {"mode": "virtual"} or {"mode": "real"}') from error
    return {"now": clock.utc().isoformat(), "mode": clock.mode}
