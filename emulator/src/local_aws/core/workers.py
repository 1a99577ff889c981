"""Processes that compute for the emulator, outside of it: time stands still for them unless they only wait for it.

An invocation holds the clock while its function runs. A function that polls a queue for twenty
seconds waits for the clock, though; if it went on holding it, it would wait for ever.
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
    """A process with a session token of its own, by which its API calls are known.

    Attributes
    ----------
    token : str
        For its credentials.
    calls : list of str
        The paths of its calls that are being answered.
    """

    def __init__(self) -> None:
        self.token = f"local-{secrets.token_hex(16)}"
        self._lock = threading.Lock()
        self._is_at_work = self._only_waits = False
        self.calls: list[str] = []
        _by_token[self.token] = self

    def dismiss(self) -> None:
        """Forget it; it will call no more."""
        _by_token.pop(self.token, None)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Say that a busy thread of the emulator waits for the process in the body."""
        with self._lock:
            self._is_at_work = True
            self._settle()
        try:
            yield
        finally:
            with self._lock:
                self._is_at_work = False
                self._settle()

    @contextmanager
    def calling(self, path: str) -> Iterator[None]:
        """Say that the process waits in the body for the answer to its call of `path`."""
        with self._lock:
            self.calls.append(path)
            self._settle()
        try:
            yield
        finally:
            with self._lock:
                self.calls.remove(path)
                self._settle()

    def _settle(self) -> None:
        """Let the clock go while both sides wait for each other, and hold it again afterwards."""
        only_waits = self._is_at_work and bool(self.calls)
        if only_waits and not self._only_waits:
            clock.end()
        if self._only_waits and not only_waits:
            clock.begin()
        self._only_waits = only_waits


@contextmanager
def call_of(environ: dict[str, Any]) -> Iterator[None]:
    """Answer a call, a worker's or not, in the body and busy; `environ` is WSGI's."""
    worker = _by_token.get(environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""))
    if worker is None:
        yield
    else:
        with worker.calling(environ["PATH_INFO"]):
            yield
