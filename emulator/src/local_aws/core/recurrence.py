"""When a schedule runs: `at`, `rate` and `cron` expressions in a time zone, between its start and its end.

Application Auto Scaling: API reference, PutScheduledAction; user guide, scheduled-scaling-using-cron-expressions.
EventBridge Scheduler: user guide, schedule-types.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_aws.core import cron

MINUTE = 60

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
_UNITS = {"minute": MINUTE, "hour": 3600, "day": 86400}


class InvalidScheduleError(ValueError):
    """A schedule or time zone that is not valid."""


@dataclass(frozen=True)
class Recurrence:
    """The times of a schedule, each once; a local time that a change of the clocks skips has none.

    Attributes
    ----------
    is_due : Callable
        Whether the expression names the full minute, in seconds since the epoch.
    start, end : float or None
        The first run, and the limit of the repetitions.
    """

    is_due: Callable[[float], bool]
    start: float | None = None
    end: float | None = None

    def between(self, after: float, until: float) -> Iterator[float]:
        """The runs later than `after`, not later than `until`, in order."""
        if self.start is not None and after < self.start <= until:
            yield self.start
        first = math.floor(max(after, self.start or after) / MINUTE) + 1
        last = math.floor(min(until, self.end or until) / MINUTE)
        yield from (minute * MINUTE for minute in range(first, last + 1) if self.is_due(minute * MINUTE))


def parse(
    schedule: str, time_zone: str, created: float, start: float | None = None, end: float | None = None
) -> Recurrence:
    """The recurrence of a schedule.

    Parameters
    ----------
    created : float
        Without a start, `rate` counts from here.

    Raises
    ------
    InvalidScheduleError
        If the schedule or the time zone is not valid.
    """
    zone = _zone(time_zone)
    if (at := _AT.fullmatch(schedule)) is not None:
        return Recurrence(_once(schedule, at[1], zone))
    if (rate := _RATE.fullmatch(schedule)) is not None:
        return Recurrence(_every(int(rate[1]) * _UNITS[rate[2]], created if start is None else start), start, end)
    if (fields := _CRON.fullmatch(schedule)) is not None:
        try:
            matches = cron.parse(fields[1])
        except cron.InvalidCronError as error:
            raise InvalidScheduleError(f"Schedule {schedule} is invalid: {error}.") from error
        return Recurrence(_local(matches, zone), start, end)
    raise InvalidScheduleError(
        f"Schedule {schedule} is invalid; expected at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(six fields)."
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of the database
        raise InvalidScheduleError(f"Timezone {name} is not the name of an IANA time zone.") from error


def _once(schedule: str, text: str, zone: ZoneInfo) -> Callable[[float], bool]:
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError as error:
        raise InvalidScheduleError(f"Schedule {schedule} is invalid: {error}.") from error
    moment = at.timestamp()
    exists = datetime.fromtimestamp(moment, zone).replace(tzinfo=None) == at.replace(tzinfo=None)
    minute = math.ceil(moment / MINUTE) * MINUTE
    return lambda time: exists and time == minute


def _every(seconds: int, start: float) -> Callable[[float], bool]:
    first = math.ceil(start / MINUTE) * MINUTE
    return lambda time: time > first and (time - first) % seconds == 0


def _local(matches: cron.Matches, zone: ZoneInfo) -> Callable[[float], bool]:
    def is_due(time: float) -> bool:
        local = datetime.fromtimestamp(time, zone)
        return local.fold == 0 and matches(local)  # the second of two equal local times has fold 1

    return is_due
