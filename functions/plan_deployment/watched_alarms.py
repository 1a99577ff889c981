"""The alarms that SageMaker is to watch during an update, as CloudWatch tells of them."""

from collections.abc import Iterator

from shared.aws import Client, Json
from shared.planning.faults import Fault

TYPES = ("MetricAlarm", "CompositeAlarm")


def describe(cloudwatch: Client, names: list[str]) -> dict[str, Json]:
    """The alarms of these names that exist, metric and composite ones, by their name; ten names at most."""
    answer = cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=list(TYPES))
    return {alarm["AlarmName"]: alarm for kind in TYPES for alarm in answer.get(f"{kind}s", [])}


def missing(places: dict[str, str], found: dict[str, Json]) -> Iterator[tuple[str, Fault]]:
    """Alarms that do not exist: the name and the fault of each.

    Parameters
    ----------
    places : dict of str to str
        JSON pointer of each alarm, by its name.
    found : dict of str to Json
        As `describe` gives them.
    """
    for name, place in places.items():
        if name not in found:
            problem = f'there is no alarm "{name}" in this account and Region'
            yield name, Fault(place, problem, "Create it first, correct its name (case matters), or remove it")


def gone_off(places: dict[str, str], found: dict[str, Json]) -> Iterator[tuple[str, Fault]]:
    """The same of those in ALARM before the update has begun; what SageMaker makes of them is not documented."""
    for name, place in places.items():
        if name in found and found[name]["StateValue"] == "ALARM":
            reason = found[name].get("StateReason") or "CloudWatch gives no reason"
            problem = f'alarm "{name}" is in ALARM already ({reason.rstrip(".")}), so it cannot tell a bad update'
            yield name, Fault(place, problem, "Mend what it watches until it is OK, or remove it")
