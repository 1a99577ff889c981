"""The alarms that SageMaker watches during an update, as CloudWatch describes them."""

from collections.abc import Iterator

from shared.aws import Client, Json
from shared.planning.faults import Fault

TYPES = ("MetricAlarm", "CompositeAlarm")


def describe(cloudwatch: Client, names: list[str]) -> dict[str, Json]:
    """Return the metric and composite alarms of these names, at most ten, by their name."""
    answer = cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=list(TYPES))
    return {alarm["AlarmName"]: alarm for kind in TYPES for alarm in answer.get(f"{kind}s", [])}


def missing(places: dict[str, str], found: dict[str, Json]) -> Iterator[tuple[str, Fault]]:
    """Yield name and fault of each alarm that does not exist.

    Parameters
    ----------
    places : dict of str to str
        JSON pointer of each alarm, by its name.
    found : dict of str to Json
        The alarms that `describe` returned.
    """
    for name, place in places.items():
        if name not in found:
            problem = f'there is no alarm "{name}" in this account and Region'
            yield name, Fault(place, problem, "Create it first, correct its name (case matters), or remove it")


def already_on(places: dict[str, str], found: dict[str, Json]) -> Iterator[tuple[str, Fault]]:
    """Yield name and fault of each alarm in ALARM before the update; how SageMaker treats it is not documented."""
    for name, place in places.items():
        if name in found and found[name]["StateValue"] == "ALARM":
            reason = found[name].get("StateReason") or "CloudWatch gives no reason"
            problem = f'alarm "{name}" is already in ALARM ({reason.rstrip(".")}), so it cannot detect a bad update'
            yield name, Fault(place, problem, "Fix what it monitors until it is OK, or remove it")
