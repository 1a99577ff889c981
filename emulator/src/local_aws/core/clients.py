"""boto3 clients of the emulator itself, as the role or the service that AWS would act as."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials
from botocore.credentials import ReadOnlyCredentials
from moto.settings import moto_server_port

from local_aws.core import loopback
from local_aws.core.clock import clock
from local_aws.core.principals import Credentials

_lock = threading.Lock()  # boto3 builds clients from shared loaders that are not thread-safe
_caller: ContextVar[ReadOnlyCredentials] = ContextVar("who makes the call")
_hands_over: ContextVar[bool] = ContextVar("whether whoever answers is busy in the caller's place", default=False)
_HANDOVER = "X-Local-Clock-Handover"
_ADMINISTRATOR: Credentials = {
    "aws_access_key_id": "administrator",
    "aws_secret_access_key": "local",
    "aws_session_token": "local",
}


class Client:
    """A boto3 client that calls as somebody: its methods are those of the one client that all callers share.

    A client takes longer to make than many calls, and each execution calls under a name of its own.
    Paginators and waiters are not offered: they call after the method that makes them.
    """

    def __init__(self, shared: Any, credentials: Credentials) -> None:
        self._shared = shared
        self._credentials = ReadOnlyCredentials(
            credentials["aws_access_key_id"], credentials["aws_secret_access_key"], credentials["aws_session_token"]
        )

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._shared, name)
        if name in ("exceptions", "meta"):
            return member

        def call(*arguments: Any, **parameters: Any) -> Any:
            token = _caller.set(self._credentials)
            try:
                return member(*arguments, **parameters)
            finally:
                _caller.reset(token)

        return call


class _OfTheCaller(BotoCredentials):
    """Asked for each time that a request is signed."""

    def __init__(self) -> None:
        super().__init__("caller", "local")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return _caller.get()


def client(service: str, region: str, credentials: Credentials = _ADMINISTRATOR) -> Client:
    """A client of `service` that makes one attempt and leaves validation to the server."""
    with _lock:
        shared = _client(service, region)
    return Client(shared, credentials)


@contextmanager
def handing_over() -> Iterator[None]:
    """Let whoever answers a call in the body be busy in the place of this thread, which is busy and only waits.

    Otherwise both hold the clock, and a call that waits for it (a long poll) waits for ever.
    """
    token = _hands_over.set(True)
    try:
        yield
    finally:
        _hands_over.reset(token)


def busy_with(environ: dict[str, Any]) -> AbstractContextManager[None]:
    """Be busy while the request is answered, unless its caller has handed over its own time."""
    return nullcontext() if f"HTTP_{_HANDOVER.upper().replace('-', '_')}" in environ else clock.busy()


def _announce_handover(request: Any, **_: Any) -> None:
    if _hands_over.get():
        request.headers[_HANDOVER] = "1"


@cache
def _session() -> Any:
    """One for all clients: it caches the service models, which take longer to load than the calls that follow."""
    session: Any = boto3.session.Session()
    session._session._credentials = _OfTheCaller()  # boto3 takes credentials as text only
    return session


@cache
def _client(service: str, region: str) -> Any:
    made = _session().client(
        service,
        region_name=region,
        endpoint_url=f"http://localhost:{moto_server_port()}",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )
    made.meta.events.register("request-created", _announce_handover)
    made.meta.events.register("before-send", loopback.send)
    return made
