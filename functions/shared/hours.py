"""Hours of the week in a time zone: the form that `officeHours` and `schedule` share."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from shared.aws import Json
from shared.planning.faults import Fault

# Names, because the numbers of the days differ between AWS services and their own examples.
CRON_DAYS = {"weekdays": "MON-FRI", "weekends": "SAT,SUN"}
FIRST_WEEKEND_DAY = 5  # datetime.weekday() of Saturday
MINUTES_BEFORE = 15  # enough to create an endpoint, its scaling and its tests before the hours begin


@dataclass(frozen=True)
class Range:
    """Hours on the days of one group; they begin and end on the same day.

    Attributes
    ----------
    days : str
        ``weekdays`` or ``weekends``.
    """

    days: str
    begins: time
    ends: time

    def cron_of_begin(self, minutes_before: int = 0) -> str:
        """Return the cron expression of the begin, or of some minutes before it."""
        return self._cron(self.starts(minutes_before))

    def starts(self, minutes_before: int) -> time:
        """Return the begin, or the time some minutes before it; fewer minutes if the begin is closer to midnight."""
        minutes = max(0, self.begins.hour * 60 + self.begins.minute - minutes_before)
        return time(minutes // 60, minutes % 60)

    @property
    def cron_of_end(self) -> str:
        """The cron expression of the end."""
        return self._cron(self.ends)

    def _cron(self, at: time) -> str:
        return f"cron({at.minute} {at.hour} ? * {CRON_DAYS[self.days]} *)"


@dataclass(frozen=True)
class Hours:
    """Hours of the week.

    Attributes
    ----------
    ranges : tuple of Range
        At most one for each group of days.
    time_zone : str
        IANA name.
    """

    ranges: tuple[Range, ...]
    time_zone: str

    def __str__(self) -> str:
        """Return the hours for people, such as ``on weekdays from 07:00 to 20:00 Berlin time``."""
        spoken = " and ".join(f"on {each.days} from {each.begins:%H:%M} to {each.ends:%H:%M}" for each in self.ranges)
        return f"{spoken} {spoken_zone(self.time_zone)}"

    def __contains__(self, moment: datetime) -> bool:
        """Whether a point in time, which has a time zone, is in these hours."""
        return self.cover(moment)

    def cover(self, moment: datetime, minutes_before: int = 0) -> bool:
        """Whether a point in time, which has a time zone, is in these hours or at most so long before their begin."""
        # Imported on demand, because the data of all time zones are read.
        from shared.time_zones import time_zone

        local = moment.astimezone(time_zone(self.time_zone))
        days = "weekends" if local.weekday() >= FIRST_WEEKEND_DAY else "weekdays"
        return any(
            each.days == days and each.starts(minutes_before) <= local.time() < each.ends for each in self.ranges
        )


def spoken_zone(name: str) -> str:
    """Return a time zone for people, such as ``Berlin time`` for Europe/Berlin."""
    area, slash, place = name.rpartition("/")
    return f"{place.replace('_', ' ')} time" if slash and area != "Etc" else name


def hours_of(value: Json) -> Hours:
    """Return the hours in a valid field of a request."""
    return Hours(tuple(ranges(value)), value["timeZone"])


def action_names(days: str) -> tuple[str, str]:
    """Return the names of the scheduled actions at the begin and at the end of office hours on a group of days."""
    return f"office-hours-{days}-begin", f"office-hours-{days}-end"


def faults(pointer: str, value: Json) -> Iterator[Fault]:
    """Yield the faults of a field that the schema accepts; members that it does not accept are None."""
    if not any(days in value for days in CRON_DAYS):
        yield Fault(pointer, "names no hours", 'Give weekdays, weekends or both, such as "weekdays": "07:00-20:00"')
    for each in ranges(value):
        if each.begins >= each.ends:
            problem = f"ends at {each.ends:%H:%M}, which is not after {each.begins:%H:%M}"
            yield Fault(f"{pointer}/{each.days}", problem, "Give hours that begin and end on the same day")
    if value.get("timeZone") is not None:
        from shared import time_zones  # on demand, as above

        yield from time_zones.faults(f"{pointer}/timeZone", value["timeZone"])


def ranges(value: Json) -> Iterator[Range]:
    """Yield the hours on the days of each group, also of a field with faults elsewhere."""
    for days in CRON_DAYS:
        if value.get(days) is not None:
            begins, _, ends = value[days].partition("-")
            yield Range(days, time.fromisoformat(begins), time.fromisoformat(ends))
