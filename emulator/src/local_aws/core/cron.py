"""Cron expressions of scheduled actions and of EventBridge Scheduler: which local minutes they match.

User guide, scheduled-scaling-using-cron-expressions, which refers to EventBridge's cron reference
(eb-scheduled-rule-pattern): six fields (minutes, hours, day of month, month, day of week, year); 1 is SUN.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Matches = Callable[[datetime], bool]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class InvalidCronError(ValueError):
    """An expression that is not valid; the message names the field."""


@dataclass(frozen=True)
class _Field:
    """A field with its range and the names of its values; the first name stands for `lowest`."""

    title: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        value = self.lowest + self.names.index(text.upper()) if text.upper() in self.names else _digits(text)
        if value is None or not self.lowest <= value <= self.highest:
            raise InvalidCronError(f"{text} is not valid for {self.title} ({self.lowest} to {self.highest})")
        return value

    def values(self, text: str) -> frozenset[int]:
        """The values of a list such as ``1,5-10,*/15``."""
        return frozenset(value for item in text.split(",") for value in self._item(item))

    def _item(self, item: str) -> list[int]:
        span, slash, increment = item.partition("/")
        step = _digits(increment) if slash else 1
        if not step:
            raise InvalidCronError(f"{item} is not valid for {self.title}: the increment must be 1 or more")
        if span in ("*", ""):
            first, last = self.lowest, self.highest
        elif "-" in span:
            first, last = (self.number(bound) for bound in span.split("-", 1))
        else:
            first = self.number(span)
            last = self.highest if slash else first
        if first <= last:
            return list(range(first, last + 1, step))
        return [*range(first, self.highest + 1), *range(self.lowest, last + 1)][::step]  # FRI-MON


_MINUTES = _Field("minutes", 0, 59)
_HOURS = _Field("hours", 0, 23)
_DAYS = _Field("day of month", 1, 31)
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day of week", 1, 7, _WEEKDAYS)
_YEARS = _Field("year", 1970, 2199)


def parse(expression: str) -> Matches:
    """Whether a local minute matches the fields of ``cron(…)``.

    Seven fields have seconds first; an action runs once in its minute.

    Raises
    ------
    InvalidCronError
        With the invalid field.
    """
    fields = expression.split()
    if len(fields) not in (6, 7):
        raise InvalidCronError(f"it has {len(fields)} fields")
    minutes, hours, day, month, weekday, year = fields[-6:]
    allowed_minutes, allowed_hours = _MINUTES.values(minutes), _HOURS.values(hours)
    allowed_months, allowed_years = _MONTH.values(month), _YEARS.values(year)
    falls_on = _day(day, weekday)

    def matches(local: datetime) -> bool:
        return (
            local.minute in allowed_minutes
            and local.hour in allowed_hours
            and local.month in allowed_months
            and local.year in allowed_years
            and falls_on(local)
        )

    return matches


def _day(day: str, weekday: str) -> Matches:
    if day == "?" and weekday == "?":
        raise InvalidCronError("day of month and day of week cannot both be ?")
    if day in ("*", "?"):  # the guide has examples with * in both
        return _by_weekday(weekday) if weekday not in ("*", "?") else lambda _: True
    if weekday not in ("*", "?"):
        raise InvalidCronError("day of month and day of week cannot both be set; use ? in one of them")
    return _by_day(day)


def _by_day(text: str) -> Matches:
    if text == "L":
        return lambda local: local.day == _last_day(local)
    if text == "LW":
        return lambda local: local.day == _nearest_workday(local, _last_day(local))
    if text.endswith("W"):
        wanted = _DAYS.number(text[:-1])
        return lambda local: local.day == _nearest_workday(local, wanted)
    days = _DAYS.values(text)
    return lambda local: local.day in days


def _by_weekday(text: str) -> Matches:
    nth = re.fullmatch(r"(\w+)#([1-5])", text)
    if nth:
        weekday, occurrence = _WEEKDAY.number(nth[1]), int(nth[2])
        return lambda local: _weekday(local) == weekday and (local.day - 1) // 7 + 1 == occurrence
    if text == "L":  # the last day of a week
        return lambda local: _weekday(local) == _WEEKDAY.highest
    if text.endswith("L"):
        weekday = _WEEKDAY.number(text[:-1])
        return lambda local: _weekday(local) == weekday and local.day + 7 > _last_day(local)
    weekdays = _WEEKDAY.values(text)
    return lambda local: _weekday(local) in weekdays


def _weekday(local: datetime) -> int:
    return local.isoweekday() % 7 + 1


def _last_day(local: datetime) -> int:
    return calendar.monthrange(local.year, local.month)[1]


def _nearest_workday(local: datetime, day: int) -> int:
    """The weekday nearest to a day, in the same month."""
    last = _last_day(local)
    if day > last:
        return 0
    falls_on = calendar.weekday(local.year, local.month, day)
    if falls_on == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if falls_on == calendar.SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _digits(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
