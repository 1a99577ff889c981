"""Schedules of scheduled actions: `at`, `rate` and `cron` expressions of Application Auto Scaling.

Application Auto Scaling API reference, PutScheduledAction (Schedule). Only names of days are accepted: the guide's own
example contradicts the documented numbers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

FORM = re.compile(r"(?P<kind>at|rate|cron)\((?P<content>.*)\)")
AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
RATE = re.compile(r"[1-9]\d* (?:minute|hour|day)s?")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FIELDS = ("minutes", "hours", "day of month", "month", "day of week", "year")
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
DAY_OF_MONTH, MONTH, DAY_OF_WEEK = 2, 3, 4
LAST_WEEKDAY = 5  # datetime.weekday() of Saturday
# No expression with a day in each leap year has a longer pause (1896 to 1904 is outside of the years).
LONGEST_PAUSE_DAYS = 8 * 366


class ScheduleError(ValueError):
    """An expression that Application Auto Scaling would not accept.

    Attributes
    ----------
    problem, remedy : str
        As in a fault.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True)
class Cron:
    """A cron expression.

    Attributes
    ----------
    texts : tuple of str
        Its six fields.
    values : tuple of frozenset of int
        The values that the fields match; none for the days if they need a calendar.
    """

    texts: tuple[str, ...]
    values: tuple[frozenset[int], ...]

    def latest(self, now: datetime) -> datetime | None:
        """Return the last time at or before `now`, in its time zone; None if there is none in eight years."""
        minutes, hours = self.values[0], self.values[1]
        for back in range(LONGEST_PAUSE_DAYS):
            day = now.date() - timedelta(days=back)
            if not self._matches(day):
                continue
            limit = (now.hour, now.minute) if back == 0 else (23, 59)
            times = [(hour, minute) for hour in hours for minute in minutes if (hour, minute) <= limit]
            if times:
                hour, minute = max(times)
                return datetime(day.year, day.month, day.day, hour, minute, tzinfo=now.tzinfo)
        return None

    def _matches(self, day: date) -> bool:
        if day.month not in self.values[MONTH] or day.year not in self.values[5]:
            return False
        if self.texts[DAY_OF_MONTH] == "?":
            return _is_day_of_week(day, self.texts[DAY_OF_WEEK], self.values[DAY_OF_WEEK])
        return _is_day_of_month(day, self.texts[DAY_OF_MONTH], self.values[DAY_OF_MONTH])


def check(expression: str) -> datetime | None:
    """Check an expression; return the local time of an `at`, otherwise None.

    Raises
    ------
    ScheduleError
        If it is not a schedule.
    """
    found = FORM.fullmatch(expression)
    if found is None:
        raise ScheduleError(f'"{expression}" is not a schedule', "Give at(…), rate(…) or cron(…)")
    content = found["content"]
    if found["kind"] == "cron":
        parse_cron(expression)
        return None
    if found["kind"] == "rate":
        if not RATE.fullmatch(content):
            raise ScheduleError(f'"{content}" is not a rate', "Give a number and a unit, such as rate(1 day)")
        return None
    try:
        if AT.fullmatch(content):
            return datetime.fromisoformat(content)
    except ValueError:
        pass
    raise ScheduleError(f'"{content}" is not a date and time', "Give it in the form at(2027-01-31T07:00:00)")


def parse_cron(expression: str) -> Cron:
    """Return the cron expression.

    Raises
    ------
    ScheduleError
        If a field is wrong.
    """
    texts = tuple(expression.removeprefix("cron(").removesuffix(")").split())
    if len(texts) != len(FIELDS):
        remedy = "Remove the seconds" if len(texts) == len(FIELDS) + 1 else f"Give {', '.join(FIELDS)}"
        raise ScheduleError(f"has {len(texts)} fields; a cron expression has six", remedy)
    days = (texts[DAY_OF_MONTH], texts[DAY_OF_WEEK])
    if days.count("?") != 1:
        problem = "has a day of the month and a day of the week" if "?" not in days else "has no day"
        raise ScheduleError(problem, "Put ? in exactly one of the two fields, such as cron(0 7 ? * MON-FRI *)")
    return Cron(texts, tuple(_values(index, text) for index, text in enumerate(texts)))


def interval(expression: str) -> timedelta | None:
    """Return the interval of a valid `rate`; None if the schedule is another one."""
    if not expression.startswith("rate("):
        return None
    number, unit = expression.removeprefix("rate(").removesuffix(")").split()
    return int(number) * timedelta(**{unit.rstrip("s") + "s": 1})


def latest(expression: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the last time at or before `now` at which a valid schedule runs; None if unknown or never.

    Without a start time, the time from which a rate counts is not documented.
    """
    local = now.astimezone(zone)
    if expression.startswith("cron("):
        return parse_cron(expression).latest(local)
    at = check(expression)
    if at is None or at.replace(tzinfo=zone) > now:
        return None
    return at.replace(tzinfo=zone)


def _values(index: int, text: str) -> frozenset[int]:
    """Return the values that a field matches.

    Raises
    ------
    ScheduleError
        If the field is wrong.
    """
    if text == "?" and index in (DAY_OF_MONTH, DAY_OF_WEEK):
        return frozenset()
    return frozenset(value for part in text.split(",") for value in _part(index, part))


def _part(index: int, part: str) -> Iterator[int]:
    low, high = RANGES[index]
    if index == DAY_OF_MONTH and re.fullmatch(r"L|LW|(?:[1-9]|[12]\d|3[01])W", part):
        return
    if index == DAY_OF_WEEK and re.fullmatch(rf"(?:{'|'.join(DAYS)})(?:L|#[1-5])", part):
        return
    span, slash, step = part.partition("/")
    if slash and (not step.isdecimal() or int(step) == 0):
        raise ScheduleError(_wrong(index, part), "Give a step of 1 or more after the /")
    if span == "*":
        begin, end = low, high
    else:
        first, dash, last = span.partition("-")
        begin = _number(index, first, part)
        end = _number(index, last, part) if dash else (high if slash else begin)
    if begin > end:
        raise ScheduleError(_wrong(index, part), "Give the smaller value first, or list the values with commas")
    yield from range(begin, end + 1, int(step) if slash else 1)


def _number(index: int, text: str, part: str) -> int:
    low, high = RANGES[index]
    names = {MONTH: MONTHS, DAY_OF_WEEK: DAYS}.get(index, ())
    if text.upper() in names:
        return names.index(text.upper()) + 1
    if index == DAY_OF_WEEK:
        if text.isdecimal():
            problem = (
                f'"{part}" names days by number: 1 is Sunday in the reference, and Monday in an example of the guide'
            )
            raise ScheduleError(problem, "Give names, such as MON-FRI")
        raise ScheduleError(_wrong(index, part), f"Use {', '.join(DAYS)}")
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ScheduleError(_wrong(index, part), f"Give {low} to {high}")
    return int(text)


def _wrong(index: int, part: str) -> str:
    return f'"{part}" is not a value of the field {FIELDS[index]}'


def _is_day_of_week(day: date, text: str, values: frozenset[int]) -> bool:
    number = (day.weekday() + 1) % 7 + 1  # Sunday is 1
    if number in values:
        return True
    for part in text.upper().split(","):
        name, _, which = part.partition("#")
        if which and DAYS[number - 1] == name and (day.day - 1) // 7 + 1 == int(which):
            return True
        if part == DAYS[number - 1] + "L" and (day + timedelta(days=7)).month != day.month:
            return True
    return False


def _is_day_of_month(day: date, text: str, values: frozenset[int]) -> bool:
    return day.day in values or any(_is_special(day, part) for part in text.upper().split(","))


def _is_special(day: date, part: str) -> bool:
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if part == "L":
        return day == last
    if part == "LW":
        return day == last - timedelta(days=max(0, last.weekday() - LAST_WEEKDAY + 1))
    if not part.endswith("W"):
        return False
    wanted = int(part[:-1])
    return wanted <= last.day and day == _nearest_weekday(day.replace(day=wanted), last)


def _nearest_weekday(day: date, last: date) -> date:
    """Return the weekday nearest to a day, in its month."""
    if day.weekday() < LAST_WEEKDAY:
        return day
    if day.weekday() == LAST_WEEKDAY:
        return day - timedelta(days=1) if day.day > 1 else day + timedelta(days=2)
    return day + timedelta(days=1) if day != last else day - timedelta(days=2)
