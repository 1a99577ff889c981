"""The effect of scheduled actions at a point in time: the capacities that they have set, and those still to run."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from shared import schedules
from shared.aws import Json
from shared.moments import moment
from shared.time_zones import time_zone


@dataclass(frozen=True)
class Run:
    """A run of a scheduled action, which is in the form of the request."""

    at: datetime
    action: Json


def in_force(actions: Iterable[Json], bounds: tuple[int, int], now: str) -> tuple[int, int]:
    """Return the minimum and maximum that the action has set that ran last; the given ones if none has run.

    An action sets the capacities until the next one does (Application Auto Scaling user guide, scheduled scaling). A
    deployment in between must not set them back. `shared.rates` is about those whose last run is unknown.
    """
    ran = last_run(actions, now)
    return bounds if ran is None else (ran.action["minCapacity"], ran.action["maxCapacity"])


def last_run(actions: Iterable[Json], now: str) -> Run | None:
    """Return the last run of the actions at or before `now`; None if none has run, or it is unknown."""
    ran = [Run(at, action) for action in actions if (at := _last_run(action, moment(now))) is not None]
    return max(ran, key=lambda run: run.at, default=None)


def that_can_run(actions: Iterable[Json], now: str) -> list[Json]:
    """Return the actions without those whose time has passed."""
    return [action for action in actions if not _has_passed(action, moment(now))]


def _last_run(action: Json, now: datetime) -> datetime | None:
    begins, ends = _limit(action, "startTime"), _limit(action, "endTime")
    if begins and begins > now:
        return None
    until = min(now, ends) if ends else now
    interval = schedules.interval(action["schedule"])
    if begins and interval:
        return begins + (until - begins) // interval * interval
    found = schedules.latest(action["schedule"], time_zone(action.get("timeZone", "UTC")) or UTC, until)
    # An action with a start time runs then, and afterwards as scheduled.
    return begins if begins and (found is None or found < begins) else found


def _has_passed(action: Json, now: datetime) -> bool:
    ends = _limit(action, "endTime")
    if ends and ends < now:
        return True
    at = schedules.check(action["schedule"])
    return at is not None and at.replace(tzinfo=time_zone(action.get("timeZone", "UTC"))) < now


def _limit(action: Json, member: str) -> datetime | None:
    return moment(action[member]) if member in action else None
