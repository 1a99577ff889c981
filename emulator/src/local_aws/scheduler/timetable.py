"""When a schedule invokes its target.

User guide, schedule-types; API reference, CreateSchedule.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_aws.core import recurrence
from local_aws.core.recurrence import MINUTE, Recurrence
from local_aws.scheduler import errors

OLDEST_START_SECONDS = 300
_CRON = "cron("
_EVERY_DAY = ("*", "*")


@dataclass(frozen=True)
class Timetable:
    """The times of a schedule.

    Attributes
    ----------
    start, end : float or None
        Seconds since the epoch; None for a schedule that runs once.
    """

    recurrence: Recurrence
    runs_once: bool
    start: float | None
    end: float | None

    def between(self, after: float, until: float) -> Iterator[float]:
        """The times later than `after`, not later than `until`, in order."""
        first = after if self.start is None else max(after, self.start - 1)
        return self.recurrence.between(first, until)

    def ends_with(self, time: float) -> bool:
        """Whether no time follows this one."""
        return self.runs_once or (self.end is not None and next(self.between(time, self.end), None) is None)


def of(content: dict[str, Any], created: float) -> Timetable:
    """The timetable of a request for a schedule.

    Without a start, `rate` begins at once. A one-time schedule has neither start nor end.

    Raises
    ------
    ApiError
        ValidationException if the expression, the time zone, the start or the end is invalid.
    """
    expression = content["ScheduleExpression"]
    start, end = (_seconds(content.get(name)) for name in ("StartDate", "EndDate"))
    _check_dates(start, end, created)
    _check_cron(expression)
    runs_once = expression.startswith("at(")
    first = None
    if expression.startswith("rate("):
        first = float(math.ceil((created if start is None else start) / MINUTE) * MINUTE)
    try:
        parsed = recurrence.parse(expression, content.get("ScheduleExpressionTimezone", "UTC"), created, first, end)
    except recurrence.InvalidScheduleError as error:
        raise errors.invalid(f"Invalid Schedule Expression {expression}. {error}") from error
    return Timetable(parsed, runs_once, *((None, None) if runs_once else (start, end)))


def _seconds(value: datetime | None) -> float | None:
    return None if value is None else value.timestamp()


def _check_dates(start: float | None, end: float | None, created: float) -> None:
    if start is not None and start < created - OLDEST_START_SECONDS:
        raise errors.invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end is not None and end <= created:
        raise errors.invalid("The EndDate you specify must be in the future.")
    if start is not None and end is not None and end <= start:
        raise errors.invalid("The EndDate you specify must come after the StartDate.")


def _check_cron(expression: str) -> None:
    """Refuse what Application Auto Scaling accepts: seconds, and ``*`` in both fields of the day."""
    if not expression.startswith(_CRON):
        return
    fields = expression.removeprefix(_CRON).removesuffix(")").split()
    if len(fields) != 6 or (fields[2], fields[4]) == _EVERY_DAY:
        raise errors.invalid(
            f"Invalid Schedule Expression {expression}. It must have six fields, "
            "and ? in the day of month or in the day of week."
        )
