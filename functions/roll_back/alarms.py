"""What of the alarms that Slipway makes differs from what was there, and the calls that bring it back."""

from roll_back.steps import CLOUDWATCH, Call
from shared.alarms import are_equal
from shared.aws import Json


def are_touched(plan: Json) -> bool:
    """Whether the plan makes, changes or removes any."""
    alarms = plan.get("alarms") or {}
    return bool(alarms.get("put") or alarms.get("remove"))


def made(plan: Json, found: dict[str, Json]) -> list[str]:
    """Names of those that are there and were not before."""
    if not are_touched(plan):
        return []
    before = {alarm["AlarmName"] for alarm in plan["alarms"]["previous"]}
    names = [alarm["AlarmName"] for alarm in plan["alarms"]["put"]]
    return [name for name in names if name in found and name not in before]


def restoring(plan: Json, found: dict[str, Json]) -> list[Call]:
    """The calls that bring the alarms back; only what differs.

    Parameters
    ----------
    found : dict of str to Json
        The endpoint's alarms as they are, as `shared.alarms` gives them.
    """
    if not are_touched(plan):
        return []
    removals = [
        Call(CLOUDWATCH, "DeleteAlarms", {"AlarmNames": [name]}, f"alarm {name}", "removed")
        for name in made(plan, found)
    ]
    puts = [
        Call(CLOUDWATCH, "PutMetricAlarm", alarm, f"alarm {alarm['AlarmName']}", "restored")
        for alarm in plan["alarms"]["previous"]
        if not are_equal(alarm, found.get(alarm["AlarmName"], {}))
    ]
    return removals + puts
