"""Threads of an execution: branches and iterations side by side, calls that may be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from local_aws.core.clock import Event, clock
from local_aws.stepfunctions.errors import TIMEOUT, StateError, StoppedError
from local_aws.stepfunctions.scope import Scope

MOST_CONCURRENT_ITERATIONS = 40  # of an inline Map; Step Functions developer guide, "Using Map state in Inline mode"

# Never a queue: a call that waits for a thread would hold the clock that another call waits for.
_threads = ThreadPoolExecutor(max_workers=100_000, thread_name_prefix="states")


def run_all(scopes: Sequence[Scope], job: Callable[[int, Scope], Any], concurrency: int) -> list[Any]:
    """What `job` returns for each scope, in order, at most `concurrency` at a time.

    The first failure stops the other scopes and is raised once they have ended.
    """
    if len(scopes) <= 1 or concurrency == 1:
        return [job(index, scope) for index, scope in enumerate(scopes)]
    return _Crew(scopes, job).run(min(concurrency, len(scopes)))


class _Crew:
    """Threads that take one scope after the other."""

    def __init__(self, scopes: Sequence[Scope], job: Callable[[int, Scope], Any]) -> None:
        self._scopes = scopes
        self._job = job
        self._waiting = iter(list(enumerate(scopes)))  # shared: a list's iterator gives each item to one thread
        self._results: list[Any] = [None] * len(scopes)
        self._failures: list[BaseException] = []
        self._counting = threading.Lock()
        self._at_work = 0
        self._all_ended = Event()

    def run(self, workers: int) -> list[Any]:
        self._at_work = workers
        for _ in range(workers):
            clock.begin()  # on behalf of the threads, so that no time passes before all have started
        for _ in range(workers):
            _submit(self._work, self._ended)
        clock.wait(self._all_ended)
        if self._failures:
            raise self._failures[0]
        return self._results

    def _work(self) -> None:
        for index, scope in self._waiting:
            if self._failures:
                return
            self._results[index] = self._job(index, scope)

    def _ended(self, worker: Future[None]) -> None:
        if error := worker.exception():
            self._failures.append(error)
            for scope in self._scopes:
                scope.stopped.set()
        with self._counting:
            self._at_work -= 1
            is_last = self._at_work == 0
        if is_last:
            self._all_ended.set()


def within(timeout_seconds: float | None, scope: Scope, call: Callable[[], Any]) -> Any:
    """What `call` returns, if it does so in time.

    A call that is given up goes on, as it does on AWS; nobody hears of what comes of it.

    Raises
    ------
    StateError
        `States.Timeout`, or what the call raises.
    StoppedError
        When the scope is stopped before the call has returned.
    """
    done = Event()
    clock.begin()
    future = _submit(call, lambda _: done.set())
    scope.stopped.on_set(done.set)
    in_time = clock.wait(done, timeout_seconds)
    if future.done():
        return future.result()
    if in_time:
        raise StoppedError
    raise StateError(TIMEOUT)


def _submit(work: Callable[[], Any], ended: Callable[[Future[Any]], None]) -> Future[Any]:
    """Run `work` on a thread that is busy already; `ended` wakes who waits for it before the thread is idle."""
    future = _threads.submit(work)

    def over(ended_future: Future[Any]) -> None:
        ended(ended_future)
        clock.end()

    future.add_done_callback(over)
    return future
