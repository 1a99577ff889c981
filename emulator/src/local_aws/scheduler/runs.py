"""Schedules fire only in time that is played: for a request, or while traffic plays.

A sleeper for the next time would let the idle virtual clock race from one to the next.
"""

from __future__ import annotations

import threading
from typing import Any

from local_aws.core.clock import clock
from local_aws.core.operations import lock
from local_aws.core.recurrence import MINUTE
from local_aws.scheduler import delivery, registry
from local_aws.scheduler.registry import Schedule

Fired = dict[str, Any]


class Runs:
    """Fires each time of each schedule once."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._firing = threading.Lock()

    def until(self, end: float, deliveries: int) -> list[Fired]:
        """Move the clock from due time to due time until `end`; return what was fired. The thread is busy.

        Parameters
        ----------
        deliveries : int
            How often each time invokes its target.
        """
        fired: list[Fired] = []
        after = max(self._passed, clock.now())
        while (due := _next_due(after, end)) is not None:
            clock.step_to(due)
            fired += self.step(due, deliveries)
            after = due
        clock.step_to(end)
        return fired

    def step(self, now: float, deliveries: int = 1) -> list[Fired]:
        """Fire what is due since the last minute that was played. Nothing is made up for time that was not played."""
        with self._firing:
            after, self._passed = max(self._passed, now - MINUTE), max(self._passed, now)
            with lock:
                due = [(time, schedule) for schedule in _enabled() for time in schedule.timetable.between(after, now)]
            due.sort(key=lambda run: (run[0], run[1].arn))
            return [fired for time, schedule in due for fired in _fired(schedule, time, deliveries)]


def _enabled() -> list[Schedule]:
    return [schedule for schedule in registry.everywhere() if schedule.is_enabled]


def _next_due(after: float, until: float) -> float | None:
    """The earliest time of any schedule; after one is found, only earlier ones are looked for."""
    found = None
    with lock:
        for schedule in _enabled():
            found = next(schedule.timetable.between(after, until), found)
            until = until if found is None else found
    return found


def _fired(schedule: Schedule, time: float, deliveries: int) -> list[Fired]:
    problems = [delivery.invoke(schedule, time) for _ in range(deliveries)]
    if schedule.deletes_itself and schedule.timetable.ends_with(time):
        schedule.delete()
    fired = {"scheduleArn": schedule.arn, "scheduledTime": delivery.iso(time)}
    return [{**fired, **({"error": problem} if problem else {})} for problem in problems]
