"""Local times of a description: clock times, dates with times, and what daylight saving makes of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_aws.traffic.reading import fault

_CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def zone(name: str, pointer: str) -> ZoneInfo:
    """The time zone of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise fault(pointer, f"{name!r} is not the name of an IANA time zone, such as Europe/Berlin") from error


def clock_time(text: str, pointer: str) -> time:
    """The time of day ``14:00``."""
    if not _CLOCK_TIME.fullmatch(text):
        raise fault(pointer, f"{text!r} is not a time of day such as 14:00")
    return time.fromisoformat(text)


def moment(text: str, local: ZoneInfo, pointer: str, *, after: float = float("-inf")) -> float:
    """Seconds since the epoch of a date with time, local unless it has an offset.

    Of an hour that the end of daylight saving repeats, it is the first time that is later than `after`.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise fault(pointer, f"{text!r} is not a date with time such as 2026-12-07T00:00:00") from error
    if parsed.tzinfo is not None:
        return parsed.timestamp()
    first = parsed.replace(tzinfo=local)
    if first.astimezone(UTC).astimezone(local).replace(tzinfo=None) != parsed:
        raise fault(pointer, f"{text} does not exist in {local.key}: daylight saving skips it")
    at = first.timestamp()
    return at if at > after else first.replace(fold=1).timestamp()


def at_clock_time(second: float, local: ZoneInfo, when: time) -> float:
    """Seconds since the epoch of that clock time on the local day of `second`."""
    return datetime.combine(datetime.fromtimestamp(second, local).date(), when, local).timestamp()


def iso(second: float, local: ZoneInfo) -> str:
    """``2026-12-07T00:00:00+01:00``."""
    return datetime.fromtimestamp(round(second), local).isoformat()
