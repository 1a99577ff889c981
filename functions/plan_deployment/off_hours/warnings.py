"""Warnings about hours that are valid, and may not do what they are meant to."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import product

from dateutil.tz import datetime_exists

from plan_deployment.situation import Situation
from plan_deployment.variants import is_serverless_config
from shared.aws import Json
from shared.hours import FIRST_WEEKEND_DAY, MINUTES_BEFORE, Hours, Range, spoken_zone
from shared.moments import moment
from shared.planning.scaling_snapshot import Snapshot
from shared.time_zones import time_zone

MINUTES_OF_DAY = 24 * 60
SHORT_MINUTES = 60  # too short to save anything
DAYS_AHEAD = 366  # every change of a time zone comes once in them


def warnings(situation: Situation, hours: Hours, registered: Snapshot, now: str) -> Iterator[str]:
    """Yield the warnings about the hours in which the endpoint exists.

    Parameters
    ----------
    registered : Snapshot
        The scaling that is registered before the deployment.
    now : str
        The time; ISO 8601.
    """
    if not hours.cover(moment(now), MINUTES_BEFORE):
        yield "/schedule: the hours do not include the time now. The endpoint exists until they end the next time."
    yield from _kept(situation.endpoint_name, registered)
    yield from _cheaper(situation.config, has_components=bool(situation.source.components))
    yield from _short(hours)
    yield from _skipped(hours, now)


def _kept(endpoint_name: str, registered: Snapshot) -> Iterator[str]:
    for external in registered.external(endpoint_name):
        yield (
            f"/schedule: the endpoint stays when the hours end, because {external} was not created by Slipway and "
            "could not be restored. Put it into autoscaling, or delete it."
        )


def _cheaper(config: Json, *, has_components: bool) -> Iterator[str]:
    kind = "An asynchronous endpoint" if "AsyncInferenceConfig" in config else "An inference component"
    if "AsyncInferenceConfig" in config or has_components:
        yield (
            f"/schedule: requests fail while the endpoint is away. {kind} can scale to 0 instead, with scheduled "
            "actions or the preset off-hours: then the endpoint stays, and costs as little."
        )
    elif is_serverless_config(config):
        yield "/schedule: a serverless variant costs nothing without requests, except for provisioned concurrency."


def _short(hours: Hours) -> Iterator[str]:
    """Yield a warning for each end that is soon followed by a creation. Every two ranges follow each other once."""
    for each, following in product(hours.ranges, repeat=2):
        creation = following.starts(MINUTES_BEFORE)
        minutes = MINUTES_OF_DAY - _minutes(each.ends) + _minutes(creation)
        if minutes < SHORT_MINUTES:
            yield (
                f"/schedule/{each.days}: the endpoint is removed at {each.ends:%H:%M}, and created again at "
                f"{creation:%H:%M} on {following.days}, {minutes} minute{'s' if minutes > 1 else ''} later. Both take "
                "some minutes, in which requests fail."
            )


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _skipped(hours: Hours, now: str) -> Iterator[str]:
    """Yield a warning for each time that does not exist on a day when the clocks go forward.

    EventBridge Scheduler skips it (user guide, Daylight saving time).
    """
    zone = time_zone(hours.time_zone)
    today = moment(now).astimezone(zone).date()
    for day in (today + timedelta(days) for days in range(DAYS_AHEAD)):
        days = "weekends" if day.weekday() >= FIRST_WEEKEND_DAY else "weekdays"
        for each in hours.ranges:
            if each.days == days:
                yield from (
                    f"/schedule/{days}: the clocks go forward on {day}, so {at} does not exist in "
                    f"{spoken_zone(hours.time_zone)}, and the endpoint is not {what} then."
                    for at, what in _missing(each, datetime(day.year, day.month, day.day, tzinfo=zone))
                )


def _missing(each: Range, day: datetime) -> Iterator[tuple[str, str]]:
    """Yield each time that does not exist on the day, with what does not happen."""
    creation, begin, end = (
        datetime.combine(day, at, day.tzinfo) for at in (each.starts(MINUTES_BEFORE), each.begins, each.ends)
    )
    if not datetime_exists(creation) and not datetime_exists(begin):
        yield f"{begin:%H:%M}", "created"
    if not datetime_exists(end):
        yield f"{end:%H:%M}", "removed"
