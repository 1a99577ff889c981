"""Scheduled actions in words: office hours together, others by their schedule."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plan_deployment.scaling.wording import listed, span
from shared.aws import Json
from shared.hours import CRON_DAYS, action_names, spoken_zone
from shared.planning.names import OWN_SCALING

Bounds = tuple[int, int]
# Once a day, on named days of every month.
DAILY = re.compile(r"cron\((?P<minute>\d+) (?P<hour>\d+) (?:\? \* (?P<days>[A-Z,-]+|\*)|\* \* \?) \*\)", re.IGNORECASE)
DAYS = {days: f"on {group}" for group, days in CRON_DAYS.items()} | {"*": "every day"}


@dataclass(frozen=True)
class Hours:
    """The office hours that scheduled actions are.

    Attributes
    ----------
    bounds, outside : tuple of int
        Minimum and maximum in these hours, and at other times.
    when : str
        The hours in words.
    actions : list of Json
        The scheduled actions.
    """

    bounds: Bounds
    outside: Bounds
    when: str
    actions: list[Json]

    def bounds_beside(self, others: Bounds) -> str:
        """Return the bounds in these hours, beside those of other times."""
        return f"at least {self.bounds[0]}" if self.bounds[1] == others[1] else span(self.bounds)


def hours_of(actions: list[Json]) -> Hours | None:
    """Return the office hours; None if the request has none."""
    named = {action["ScheduledActionName"]: action for action in actions}
    ranges = {}
    for group in CRON_DAYS:
        begin, end = (named.get(OWN_SCALING + name) for name in action_names(group))
        if begin and end and (begins := _daily(begin)) and (ends := _daily(end)):
            ranges[f"{begins[0]} from {begins[1]} to {ends[1]}"] = (begin, end)
    if not ranges:
        return None
    begin, end = next(iter(ranges.values()))
    both = [action for pair in ranges.values() for action in pair]
    return Hours(_bounds(begin), _bounds(end), f"{listed(ranges)} {_zone(begin)}", both)


def bounds_outside(hours: Hours | None, actions: list[Json]) -> Bounds | None:
    """Return the bounds outside of the office hours; None if other actions set them as well."""
    return hours.outside if hours and len(hours.actions) == len(actions) else None


def scheduled(actions: Iterable[Json], hours: Hours | None) -> Iterator[str]:
    """Yield each action outside of the office hours, such as "sets 3 to 10 on weekdays at 07:00 Berlin time"."""
    for action in actions:
        if hours is None or action not in hours.actions:
            yield f"sets {span(_bounds(action))} {_schedule(action)}{_limits(action)}"


def _bounds(action: Json) -> Bounds:
    changed = action["ScalableTargetAction"]
    return changed["MinCapacity"], changed["MaxCapacity"]


def _daily(action: Json) -> tuple[str, str] | None:
    """Return days and time of an action that runs once a day, such as "on weekdays" and "07:00"; None for others."""
    found = DAILY.fullmatch(action["Schedule"])
    if found is None:
        return None
    days = (found["days"] or "*").upper()
    return DAYS.get(days, f"on {days}"), f"{int(found['hour']):02}:{int(found['minute']):02}"


def _schedule(action: Json) -> str:
    schedule, daily = action["Schedule"], _daily(action)
    if daily:
        return f"{daily[0]} at {daily[1]} {_zone(action)}"
    kind, _, content = schedule.removesuffix(")").partition("(")
    if kind == "rate":
        return f"every {content}"
    if kind == "at":
        day, _, time = content.partition("T")
        return f"on {day} at {time.removesuffix(':00')} {_zone(action)}"
    return f"at {schedule} {_zone(action)}"


def _zone(action: Json) -> str:
    return spoken_zone(action.get("Timezone", "UTC"))


def _limits(action: Json) -> str:
    limits = {"StartTime": "from", "EndTime": "until"}
    return "".join(f", {said} {action[member]}" for member, said in limits.items() if member in action)
