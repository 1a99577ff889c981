"""Patterns of traffic: requests per second at a time. The elements of a description add up."""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from local_aws.traffic import local_time
from local_aws.traffic.reading import Members, fault

Pattern = Callable[[float], float]

_DAY_SECONDS = 86_400.0
_HEADER = ["time", "requestsPerSecond"]


@dataclass(frozen=True)
class Times:
    """The time zone of a description, and its start in seconds since the epoch."""

    zone: ZoneInfo
    start: float


def parsed(value: Any, pointer: str, times: Times) -> Pattern:
    """The sum of the elements of `value`; no traffic if there are none."""
    if not isinstance(value, list):
        raise fault(pointer, f"{value!r} is not a list of elements such as {{'constant': 3}}")
    elements = [_element(each, f"{pointer}/{number}", times) for number, each in enumerate(value)]
    return lambda at: sum(element(at) for element in elements)


def _element(value: Any, pointer: str, times: Times) -> Pattern:
    element = Members(value, pointer, tuple(_KINDS))
    named = [kind for kind in _KINDS if kind in element]
    if len(named) != 1:
        raise fault(pointer, f"an element has exactly one of the members {', '.join(_KINDS)}")
    return _KINDS[named[0]](element, times)


def _constant(element: Members, _: Times) -> Pattern:
    rate = element.number("constant")
    return lambda _: rate


def _daily(element: Members, times: Times) -> Pattern:
    """A curve of local time: `high` at ``peakAt``, `low` twelve hours later."""
    given = Members(element.get("daily"), element.at("daily"), ("low", "high", "peakAt"))
    low, high = given.number("low"), given.number("high")
    peak = local_time.clock_time(given.text("peakAt"), given.at("peakAt"))
    peak_second = peak.hour * 3600 + peak.minute * 60
    if high < low:
        raise fault(given.at("high"), f"{high:g} is below low ({low:g})")

    def rate(at: float) -> float:
        now = datetime.fromtimestamp(at, times.zone)
        second = now.hour * 3600 + now.minute * 60 + now.second
        share = (1 + math.cos(2 * math.pi * (second - peak_second) / _DAY_SECONDS)) / 2
        return low + (high - low) * share

    return rate


def _ramp(element: Members, times: Times) -> Pattern:
    """From one rate to another; `from` before it, `to` after it."""
    given = Members(element.get("ramp"), element.at("ramp"), ("at", "minutes", "from", "to"))
    begin = _once(given, times)
    seconds, first, last = given.number("minutes", above=0) * 60, given.number("from"), given.number("to")
    return lambda at: first + (last - first) * min(max((at - begin) / seconds, 0.0), 1.0)


def _spike(element: Members, times: Times) -> Pattern:
    """A rate for some minutes: every day at a clock time, or once at a date with time."""
    given = Members(element.get("spike"), element.at("spike"), ("at", "minutes", "requestsPerSecond"))
    seconds, height = given.number("minutes", above=0) * 60, given.number("requestsPerSecond")
    text = given.text("at")
    if "T" in text:
        begin = local_time.moment(text, times.zone, given.at("at"))
        return lambda at: height if begin <= at < begin + seconds else 0.0
    when = local_time.clock_time(text, given.at("at"))
    if seconds > _DAY_SECONDS:
        raise fault(given.at("minutes"), "a spike at a clock time is at most a day long: it comes every day")

    def rate(at: float) -> float:
        begins = (local_time.at_clock_time(day, times.zone, when) for day in (at, at - _DAY_SECONDS))
        return height if any(begin <= at < begin + seconds for begin in begins) else 0.0

    return rate


def _once(given: Members, times: Times) -> float:
    """The time of the member ``at``: a date with time, or the first such clock time of the play."""
    text = given.text("at")
    if "T" in text:
        return local_time.moment(text, times.zone, given.at("at"))
    when = local_time.clock_time(text, given.at("at"))
    today = local_time.at_clock_time(times.start, times.zone, when)
    return today if today >= times.start else local_time.at_clock_time(times.start + _DAY_SECONDS, times.zone, when)


def _replay(element: Members, times: Times) -> Pattern:
    """A rate for each row, until the next row; none before the first row."""
    pointer = element.at("csv")
    header, *rows = list(csv.reader(io.StringIO(element.text("csv")))) or [[]]
    if [cell.strip() for cell in header] != _HEADER:
        raise fault(pointer, f"the first line is {','.join(header)!r}; expected {','.join(_HEADER)}")
    moments: list[float] = []
    rates: list[float] = []
    for number, row in enumerate(rows, start=2):
        if row:
            time, rate = _row(row, f"{pointer}, line {number}", times.zone, moments[-1] if moments else -math.inf)
            moments.append(time)
            rates.append(rate)
    if not moments:
        raise fault(pointer, "no line after the first; expected at least one time with its requests per second")
    return lambda at: rates[index - 1] if (index := bisect_right(moments, at)) else 0.0


def _row(row: list[str], pointer: str, local: ZoneInfo, before: float) -> tuple[float, float]:
    if len(row) != len(_HEADER):
        raise fault(pointer, f"{','.join(row)!r} has {len(row)} values; expected {len(_HEADER)}")
    time = local_time.moment(row[0].strip(), local, pointer, after=before)
    if time <= before:
        raise fault(pointer, f"{row[0].strip()} is not later than the line before")
    try:
        rate = float(row[1])
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate >= 0):
        raise fault(pointer, f"{row[1].strip()!r} is not a number 0 or more")
    return time, rate


_KINDS: dict[str, Callable[[Members, Times], Pattern]] = {
    "constant": _constant,
    "daily": _daily,
    "ramp": _ramp,
    "spike": _spike,
    "csv": _replay,
}
