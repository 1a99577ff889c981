"""The gateway identifies, logs and authorizes every API call, and applies faults.

Its own errors (a refusal, a fault, something not modelled) have the protocol of the called service, so that boto3
raises them like AWS's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from local_aws.core import control, faults, handlers, wire, workers
from local_aws.core.authorization import enforcement
from local_aws.core.clock import clock
from local_aws.core.errors import AccessDenied, ApiError, NotModelledError
from local_aws.core.principals import Principal
from local_aws.core.wire import Call, Response

__all__ = ["AccessDenied", "ApiError", "Call", "NotModelledError", "answer", "authorize", "current"]

HANDED_OVER = "local_aws.handed_over"  # key of `environ`: the caller waits without holding the clock

_logger = logging.getLogger(__name__)
_current: ContextVar[Call] = ContextVar("current API call")


def current() -> Call:
    """The call that this thread answers.

    Raises
    ------
    LookupError
        If this thread answers none.
    """
    return _current.get()


def authorize(
    principal: Principal,
    action: str,
    resources: Sequence[str],
    context: Mapping[str, Any] | None = None,
    message: str | None = None,
) -> None:
    """Check and log a permission that AWS derives from the current call, or that a service needs.

    Parameters
    ----------
    action : str
        As in policies: ``application-autoscaling:DeregisterScalableTarget``.
    resources : sequence of str
        ARNs; each must be allowed.
    context : mapping of str to str or list of str, optional
        Condition keys beyond those that every call has.
    message : str, optional
        Message of the refusal, if it is not AWS's usual one.

    Raises
    ------
    AccessDenied
        If a resource is denied. Uncaught, it is the answer to the current call.
    """
    enforcement.authorize(_current.get(None), principal, action, resources, context, message)


def answer(environ: dict[str, Any]) -> Response:
    """Answer a request; virtual time stands still meanwhile.

    Parameters
    ----------
    environ : dict
        The request as WSGI defines it, with its whole body in memory.

    Raises
    ------
    ConnectionAbortedError
        If the connection is to be closed without an answer.
    """
    if environ["PATH_INFO"].startswith(control.PREFIX):
        return control.answer(environ)
    with nullcontext() if environ.get(HANDED_OVER) else clock.busy(), workers.call_of(environ):
        call = wire.identify(environ)
        if call is None:
            return handlers.page(environ)
        token = _current.set(call)
        try:
            return _answer(call, environ)
        finally:
            _current.reset(token)


def _answer(call: Call, environ: dict[str, Any]) -> Response:
    try:
        enforcement.authorize_call(call)
        if call.unreadable:
            raise call.unreadable
        fault = faults.take(call)
        response = handlers.answer(call, environ)
        if fault:
            response = fault.lose(response)
    except ConnectionAbortedError:
        raise
    except AccessDenied as denied:
        response = wire.error_response(call, enforcement.refusal(call, denied))
    except ApiError as error:
        response = wire.error_response(call, error)
    except NotImplementedError as error:
        response = wire.error_response(call, NotModelledError(str(error)))
    except Exception as error:
        _logger.exception("%s %s failed", call.service, call.operation)
        response = wire.error_response(call, ApiError("InternalFailure", f"{type(error).__name__}: {error}", 500))
    if response.status >= HTTPStatus.BAD_REQUEST:
        code, message = wire.read_error(call, response)
        for entry in call.entries[:1]:
            entry["error"] = {"code": code, "message": message}
    return response
