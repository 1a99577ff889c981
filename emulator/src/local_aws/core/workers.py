"""Processes that compute for the server: virtual time stands still for them unless they only wait for it.

An invocation keeps the clock busy while its function runs. A function that polls a queue for twenty seconds waits
for the clock, so the clock must not stay busy: the wait would never end.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local_aws.core.clock import clock

_by_token: dict[str, Worker] = {}


class Worker:
    """A process with a session token, which identifies its API calls.

    Attributes
    ----------
    token : str
        For its credentials.
    calls : list of str
        Paths of its calls in progress.
    """

    def __init__(self) -> None:
        self.token = f"local-{secrets.token_hex(16)}"
        self._lock = threading.Lock()
        self._is_at_work = self._only_waits = False
        self.calls: list[str] = []
        _by_token[self.token] = self

    def dismiss(self) -> None:
        """Forget the process; it makes no more calls."""
        _by_token.pop(self.token, None)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Declare that a busy thread of the server waits for the process in the body."""
        with self._lock:
            self._is_at_work = True
            self._update_clock()
        try:
            yield
        finally:
            with self._lock:
                self._is_at_work = False
                self._update_clock()

    @contextmanager
    def calling(self, path: str) -> Iterator[None]:
        """Declare that the process waits in the body for the answer to its call of `path`."""
        with self._lock:
            self.calls.append(path)
            self._update_clock()
        try:
            yield
        finally:
            with self._lock:
                self.calls.remove(path)
                self._update_clock()

    def _update_clock(self) -> None:
        """Make the clock idle while both sides wait for each other, and busy again afterwards."""
        only_waits = self._is_at_work and bool(self.calls)
        if only_waits and not self._only_waits:
            clock.end()
        if self._only_waits and not only_waits:
            clock.begin()
        self._only_waits = only_waits


@contextmanager
def call_of(environ: dict[str, Any]) -> Iterator[None]:
    """Answer a call in the body, of a worker or not; `environ` is WSGI's."""
    worker = _by_token.get(environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""))
    if worker is None:
        yield
    else:
        with worker.calling(environ["PATH_INFO"]):
            yield
