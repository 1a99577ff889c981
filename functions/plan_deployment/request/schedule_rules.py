"""Rules on scheduled actions and office hours.

Conditions: Application Auto Scaling user guide, scheduled-scaling-policy-overview.
"""

from collections.abc import Iterator
from datetime import datetime

from plan_deployment.request.autoscaling import Given, Resource
from plan_deployment.request.scaling_rules import MOST_ACTIONS, repeated
from shared import hours, schedules, time_zones
from shared.aws import Json
from shared.moments import moment
from shared.planning.faults import Fault


def faults(resource: Resource, now: str | None) -> Iterator[Fault]:
    """Yield the faults of the resource's scheduled actions and office hours.

    Parameters
    ----------
    now : str or None
        The time, ISO 8601; None if times in the past are not faults.
    """
    given = resource.given("scheduledActions")
    if given and given.value:
        yield from _list_faults(given, resource)
        yield from repeated(given.pointer, given.value, "scheduled action")
        for index, action in enumerate(given.value):
            if action is not None:
                yield from _action_faults(f"{given.pointer}/{index}", action, resource, now)
    yield from _office_faults(resource)


def _list_faults(given: Given, resource: Resource) -> Iterator[Fault]:
    """Yield the faults of the list together with the actions that the office hours become."""
    office = resource.given("officeHours")
    made = (
        [name for each in hours.ranges(office.value or {}) for name in hours.action_names(each.days)] if office else []
    )
    for index, action in enumerate(given.value):
        if office and action is not None and action.get("name") in made:
            problem = f'"{action["name"]}" is the name of a scheduled action that {office.pointer} becomes'
            yield Fault(f"{given.pointer}/{index}/name", problem, "Give the action another name")
    if len(given.value) + len(made) > MOST_ACTIONS:
        more = f", and officeHours becomes {len(made)} more" if made else ""
        problem = f"has {len(given.value)} actions{more}; Application Auto Scaling allows {MOST_ACTIONS} for a resource"
        yield Fault(given.pointer, problem, "Keep fewer")


def _action_faults(at: str, action: Json, resource: Resource, now: str | None) -> Iterator[Fault]:
    yield from _bound_faults(at, action, resource)
    zone_name, schedule = action.get("timeZone", "UTC"), action.get("schedule")
    zone_faults = list(time_zones.faults(f"{at}/timeZone", zone_name)) if zone_name is not None else []
    yield from zone_faults
    begins, ends = (_moment(action.get(member)) for member in ("startTime", "endTime"))
    if begins and ends and begins >= ends:
        yield Fault(f"{at}/endTime", "is not after startTime", "Give a later one")
    current = moment(now) if now else None
    if ends and current and ends < current:
        yield Fault(f"{at}/endTime", "is in the past, so the action would never run", "Give a later one, or remove it")
    if schedule is None:
        return
    try:
        local = schedules.check(schedule)
    except schedules.ScheduleError as error:
        yield Fault(f"{at}/schedule", error.problem, error.remedy)
        return
    zone = time_zones.time_zone(zone_name) if zone_name else None
    if local and current and zone and local.replace(tzinfo=zone) < current:
        problem = f"{schedule} is in the past in {zone_name}"
        yield Fault(f"{at}/schedule", problem, "Give a later time, or remove the action")


def _moment(text: str | None) -> datetime | None:
    try:
        return moment(text) if text else None
    except ValueError:
        return None  # such as 30 February; the schema checks the form alone


def _bound_faults(at: str, action: Json, resource: Resource) -> Iterator[Fault]:
    for member, other in (("minCapacity", "maxCapacity"), ("maxCapacity", "minCapacity")):
        if member not in action:
            problem = f"is missing; if {other} alone crosses the other bound, the action fails"
            yield Fault(f"{at}/{member}", problem, "Give both")
    for member in ("startTime", "endTime"):
        if action.get(member) and _moment(action[member]) is None:
            yield Fault(f"{at}/{member}", f"{action[member]} is not a date", "Correct it")
    least, most = action.get("minCapacity"), action.get("maxCapacity")
    if least is not None and most is not None and least > most:
        yield Fault(f"{at}/minCapacity", f"{least} is more than maxCapacity, {most}", "Lower it or raise maxCapacity")
    if resource.kind.can_be_zero:
        return
    for member in ("minCapacity", "maxCapacity"):
        if action.get(member) == 0:
            yield Fault(f"{at}/{member}", f"{resource.kind.noun} cannot scale to 0", "Give 1 or more")


def _office_faults(resource: Resource) -> Iterator[Fault]:
    given, preset = resource.given("officeHours"), resource.preset
    if given is None:
        return
    if given.value is None:
        return
    yield from hours.faults(given.pointer, given.value)
    inside, outside, most = given.value.get("minCapacity"), resource.min_capacity, resource.value("maxCapacity")
    at = f"{given.pointer}/minCapacity"
    if inside is not None and most is not None and inside > most:
        yield Fault(at, f"{inside} is more than maxCapacity, {most}", "Lower it or raise maxCapacity")
    elif inside is not None and outside is not None and inside <= outside:
        what = f"the preset {preset.value}" if preset else "minCapacity"
        problem = f"{inside} is not more than the {outside} that {what} keeps at all hours, so it has no effect"
        yield Fault(at, problem, "Raise it, or lower minCapacity")
