"""Threads of an execution: parallel branches and iterations, and calls with a time-out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from local_aws.core.clock import Event, clock
from local_aws.stepfunctions.errors import TIMEOUT, StateError, StoppedError
from local_aws.stepfunctions.scope import Scope

MOST_CONCURRENT_ITERATIONS = 40  # of an inline Map; Step Functions developer guide, "Using Map state in Inline mode"

# Never a queue: a call that waits for a thread would keep the clock busy, for which another call waits.
_threads = ThreadPoolExecutor(max_workers=100_000, thread_name_prefix="states")


def run_all(scopes: Sequence[Scope], job: Callable[[int, Scope], Any], concurrency: int) -> list[Any]:
    """Results of `job` for the scopes, in order, at most `concurrency` at a time.

    The first failure stops the other scopes and is raised after they have ended.
    """
    if len(scopes) <= 1 or concurrency == 1:
        return [job(index, scope) for index, scope in enumerate(scopes)]
    return _Workers(scopes, job).run(min(concurrency, len(scopes)))


class _Workers:
    """Threads that process the scopes."""

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
            clock.begin()  # for the threads, so that no time passes before all have started
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
    """The result of `call`, if it returns in time.

    An abandoned call continues, as on AWS, and its result is ignored.

    Raises
    ------
    StateError
        `States.Timeout`, or the error of the call.
    StoppedError
        If the scope is stopped before the call returns.
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
    """Run `work` on a thread that is busy at once. `ended` wakes the waiting thread before this thread is idle."""
    future = _threads.submit(work)

    def over(ended_future: Future[Any]) -> None:
        ended(ended_future)
        clock.end()

    future.add_done_callback(over)
    return future
