"""What the states of one machine, branch or iteration share: variables, context object, last event, the stop."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from threading import Lock, Thread
from typing import Any, Protocol

from emulator.clock import Event, clock
from emulator.principals import Credentials
from emulator.stepfunctions.errors import StateError, StoppedError
from emulator.stepfunctions.history import History, text

LONGEST_TEXT_BYTES = 256 * 1024
_counting = Lock()
MOST_CONCURRENT_ITERATIONS = 40  # of an inline Map; Step Functions developer guide, "Using Map state in Inline mode"


class Runs(Protocol):
    """The execution that a scope belongs to."""

    name: str
    region: str
    history: History
    credentials: Credentials


class Scope:
    """Variables of this level over those of the levels around it.

    Attributes
    ----------
    context : dict
        The context object; `State`, `Task` and `Map` change as states run.
    stopped : Event
        Set when nothing more is to be done here.
    """

    def __init__(self, run: Runs, context: dict[str, Any], outer: dict[str, Any], last_event: int) -> None:
        self.run = run
        self.context = context
        self.outer = outer
        self.own: dict[str, Any] = {}
        self.last_event = last_event
        self.stopped = Event()

    @property
    def variables(self) -> dict[str, Any]:
        return {**self.outer, **self.own}

    def inner(self, **context: Any) -> Scope:
        """A scope for a branch or an iteration; it stops when this one does."""
        scope = Scope(self.run, {**copy.copy(self.context), **context}, self.variables, self.last_event)
        self.stopped.on_set(scope.stopped.set)
        return scope

    def record(self, kind: str, **details: Any) -> None:
        """Add an event to the history, after this scope's last one."""
        self.last_event = self.run.history.add(kind, self.last_event, **details)

    def sleep(self, seconds: float) -> None:
        """Wait on the clock.

        Raises
        ------
        StoppedError
            When the scope is stopped meanwhile.
        """
        if clock.wait(self.stopped, seconds):
            raise StoppedError

    def check_running(self) -> None:
        if self.stopped.is_set():
            raise StoppedError


def check_size(value: Any, name: str) -> None:
    """States exchange at most 256 KiB of UTF-8 text (Step Functions developer guide, "Quotas").

    Raises
    ------
    StateError
        `States.DataLimitExceeded`.
    """
    if len(text(value).encode()) > LONGEST_TEXT_BYTES:
        what = f"The state/task '{name}' returned a result"
        cause = f"{what} with a size exceeding the maximum number of bytes service limit."
        raise StateError("States.DataLimitExceeded", cause)


def run_all(scopes: Sequence[Scope], job: Callable[[int, Scope], Any], concurrency: int) -> list[Any]:
    """What `job` returns for each scope, in order, at most `concurrency` at a time.

    The first failure stops the other scopes and is raised once they have ended.
    """
    if len(scopes) <= 1 or concurrency == 1:
        return [job(index, scope) for index, scope in enumerate(scopes)]
    waiting = iter(list(enumerate(scopes)))  # shared: a list's iterator gives each item to one thread
    results: list[Any] = [None] * len(scopes)
    failures: list[Exception] = []
    workers = min(concurrency, len(scopes))
    left = [workers]
    all_ended = Event()

    def work() -> None:
        try:
            for index, scope in waiting:
                if not failures:
                    results[index] = job(index, scope)
        except Exception as error:  # noqa: BLE001 - raised again where the branches meet
            failures.append(error)
            for scope in scopes:
                scope.stopped.set()
        finally:
            _count_down(left, all_ended)
            clock.end()

    for _ in range(workers):
        clock.begin()  # on behalf of the thread, so that no time passes before it starts
    for _ in range(workers):
        Thread(target=work, daemon=True).start()
    clock.wait(all_ended)
    if failures:
        raise failures[0]
    return results


def _count_down(left: list[int], all_ended: Event) -> None:
    with _counting:
        left[0] -= 1
        is_last = left[0] == 0
    if is_last:
        all_ended.set()
