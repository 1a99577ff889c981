"""The virtual clock: time stands still while anything computes, and jumps to the next sleeper when nothing does.

A ten-minute deployment takes a second. Since only sleepers move time, the number of polls is the same on a slow
machine and on a fast one.

All computing code marks itself as busy (`with clock.busy():`), and all waiting code waits on the clock (`sleep`,
`wait`, `call_later`). In mode `real` the clock is the wall clock.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

Mode = Literal["virtual", "real"]

# A thread that passes work to another one is idle for a moment before the other is busy.
SETTLE_SECONDS = 0.0005
TICK_SECONDS = 0.0005


class Event:
    """A `threading.Event` that makes its waiters busy before `set` returns, so that no time passes in between."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = False
        self._waiters: list[Callable[[], None]] = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        with self._lock:
            self._set = True
            waiters, self._waiters = self._waiters, []
        for wake in waiters:
            wake()

    def clear(self) -> None:
        self._set = False

    def on_set(self, wake: Callable[[], None]) -> None:
        """Call `wake` once, when the event is set, or at once if it is."""
        with self._lock:
            if not self._set:
                self._waiters.append(wake)
                return
        wake()


class Clock:
    """Seconds since the epoch in the emulated account."""

    def __init__(self, mode: Mode = "virtual") -> None:
        self._condition = threading.Condition()
        self._mode: Mode = mode
        self._offset_seconds = 0.0
        self._set_to = 0.0
        self._frozen_at: float | None = None
        self._busy = 0
        self._last_activity = self._last_step = time.monotonic()
        self._sleepers: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = itertools.count()
        threading.Thread(target=self._run, name="virtual-clock", daemon=True).start()

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in ("virtual", "real"):
            raise ValueError(f"mode is {mode!r}; expected 'virtual' or 'real'")
        with self._condition:
            now = self._now()
            self._mode = mode
            self._set(now)
            self._condition.notify_all()

    def start_at(self, now: float) -> None:
        """Set the time, in seconds since the epoch, before anything sleeps."""
        with self._condition:
            self._set(now)

    def now(self) -> float:
        """Seconds since the epoch."""
        with self._condition:
            return self._now()

    def utc(self) -> datetime:
        """The time as an aware datetime in UTC, to the millisecond like AWS's timestamps."""
        return datetime.fromtimestamp(round(self.now(), 3), UTC)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Hold time still while the body computes."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Let time move while the body, inside a `busy` block, only waits for other busy threads."""
        self.end()
        try:
            yield
        finally:
            self.begin()

    def begin(self) -> None:
        with self._condition:
            self._begin()

    def end(self) -> None:
        with self._condition:
            self._busy -= 1
            self._last_activity = time.monotonic()
            if self._busy == 0:
                if self._frozen_at is not None:
                    self._set(self._frozen_at)
                self._condition.notify_all()

    def call_later(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """Run `action`, busy, on the clock's thread in `seconds`; return a function that cancels it."""
        with self._condition:
            sleeper = (self._now() + seconds, next(self._sequence), action)
            heapq.heappush(self._sleepers, sleeper)
            self._condition.notify_all()

        def cancel() -> None:
            with self._condition:
                if sleeper in self._sleepers:
                    self._sleepers.remove(sleeper)
                    heapq.heapify(self._sleepers)

        return cancel

    def sleep(self, seconds: float) -> None:
        """Sleep in a busy thread: time can move meanwhile."""
        self.wait(Event(), seconds)

    def step_to(self, at: float, interrupt: Event | None = None) -> None:
        """Sleep in a busy thread until `at`, in seconds since the epoch, or until `interrupt` is set.

        For loops of thousands of steps: if nothing else is busy or due until then, the time is set at once, which costs
        a few microseconds instead of the half millisecond of a sleep.
        """
        with self._condition:
            if self._frozen_at is not None and self._is_alone_until(at):
                self._set(max(at, self._frozen_at))
                return
        self.wait(interrupt or Event(), at - self.now())
        with self._condition:
            self._last_step = self._last_activity

    def _is_alone_until(self, at: float) -> bool:
        """Whether the one busy thread is the only one, no other is about to begin, and no sleeper is due."""
        unchanged = self._last_activity == self._last_step
        settled = unchanged or time.monotonic() - self._last_activity > SETTLE_SECONDS
        return self._busy == 1 and settled and not (self._sleepers and self._sleepers[0][0] <= at)

    def wait(self, event: Event, seconds: float | None = None) -> bool:
        """Wait in a busy thread, at most `seconds`; return whether the event was set."""
        woken = threading.Event()
        claimed = threading.Lock()  # its first holder makes the sleeper busy again, exactly once

        def wake() -> None:
            if claimed.acquire(blocking=False):
                self.begin()
                woken.set()

        cancel = self.call_later(max(seconds, 0), wake) if seconds is not None else lambda: None
        event.on_set(wake)
        self.end()
        woken.wait()
        cancel()
        return event.is_set()

    def _now(self) -> float:
        if self._frozen_at is not None:
            return self._frozen_at
        flowing = time.time() + self._offset_seconds
        if self._mode == "real" or not self._sleepers:
            return flowing
        return max(self._set_to, min(flowing, self._sleepers[0][0]))  # not beyond the next sleeper

    def _set(self, now: float) -> None:
        """Set the time to `now`: frozen while anything is busy, otherwise running up to the next sleeper's time."""
        self._offset_seconds = now - time.time()
        self._set_to = now
        self._frozen_at = now if self._busy and self._mode == "virtual" else None

    def _begin(self) -> None:
        if self._busy == 0 and self._mode == "virtual":
            self._frozen_at = self._now()
        self._busy += 1
        self._last_activity = time.monotonic()

    def _run(self) -> None:
        while True:
            with self._condition:
                action = self._next_due()
                if action is None:
                    self._condition.wait(self._idle_seconds())
                    continue
            try:
                action()
            finally:
                self.end()

    def _idle_seconds(self) -> float | None:
        """Seconds until a sleeper can be due; None until a notification."""
        if not self._sleepers or self._frozen_at is not None:
            return None
        return max(self._sleepers[0][0] - self._now(), 0) if self._mode == "real" else TICK_SECONDS

    def _next_due(self) -> Callable[[], None] | None:
        """The sleeper to wake now, counted as busy. When nothing is busy, jump to the first one's time.

        Sleepers of the same time wake one after the other, in their order: the next wakes when nothing is busy again.
        Otherwise the order of their effects would depend on the machine.
        """
        if not self._sleepers:
            return None
        due_at = self._sleepers[0][0]
        early = due_at > self._now()
        settled = not self._busy and time.monotonic() - self._last_activity > SETTLE_SECONDS
        if early if self._mode == "real" else not settled:
            return None
        self._begin()
        if early:
            self._set(due_at)  # while frozen, so that the time is exact on a slow machine, too
        return heapq.heappop(self._sleepers)[2]


clock = Clock()
