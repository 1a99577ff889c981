"""Handlers of API calls: a service's own for some operations, otherwise moto's.

moto's are called without Flask, which costs as much as most handlers.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError
from flask import Flask
from flask import Response as FlaskResponse
from moto.core.request import Request
from moto.moto_api import recorder
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Response as AnyResponse
from werkzeug.exceptions import HTTPException

from local_aws.core.wire import Call, Response

_services = DomainDispatcherApplication(create_backend_app)


Handler = Callable[[Call], Response]

_own: dict[tuple[str, str], Handler] = {}


class _Request(Request):
    from_wsgi_server = True


def register(service: str, operation: str, handler: Handler) -> None:
    """Register the handler of an operation, instead of moto's; names as in `Call`."""
    _own[service, operation] = handler


def answer(call: Call, environ: dict[str, Any]) -> Response:
    """Return the answer to an API call.

    Raises
    ------
    Exception
        If the handler raises anything but an HTTP error.
    """
    own = _own.get((call.service, call.operation))
    if own:
        return own(call)
    if "HTTP_ORIGIN" in environ:  # the answer to a browser depends on its origin: flask_cors
        return page(environ)
    response = _handled(_services.get_application(environ), environ)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return _sent(response, environ)


def page(environ: dict[str, Any]) -> Response:
    """Return moto's answer to a request that is not an API call."""
    return _sent(FlaskResponse.from_app(_services, environ), environ)


def _handled(service: Flask, environ: dict[str, Any]) -> AnyResponse:
    """Do what moto's `convert_to_flask_response` does, and Flask around it."""
    request = _Request(environ)
    try:
        endpoint, _ = service.url_map.bind_to_environ(environ).match()
        view: Any = service.view_functions[endpoint]
        recorder._record_request(request)
        result = view.callback(request, request.raw_url, dict(request.headers))
    except HTTPException as error:
        return FlaskResponse.from_app(error, environ)
    except ClientError as error:
        result = HTTPStatus.BAD_REQUEST, {}, error.response["Error"]["Message"]
    status, headers, body = result if len(result) == 3 else (HTTPStatus.OK, {}, result)
    response = FlaskResponse(body, status, headers)
    if request.method == "HEAD" and "content-length" in headers:
        response.headers["Content-Length"] = headers["content-length"]
    return response


def _sent(response: AnyResponse, environ: dict[str, Any]) -> Response:
    body, _, headers = response.get_wsgi_response(environ)
    return Response(response.status_code, headers, b"".join(body))
