"""Whether scaling is registered as a request body says; numbers, orders, defaults and echoes of AWS do not count."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared import alarms
from shared.aws import Json
from shared.canonical import canonical
from shared.moments import iso, moment

# Application Auto Scaling API reference: TargetTrackingScalingPolicyConfiguration, StepScalingPolicyConfiguration. The
# cooldowns are those of SageMaker's resources.
DEFAULTS: dict[str, Json] = {
    "TargetTrackingScalingPolicyConfiguration": {"ScaleOutCooldown": 300, "ScaleInCooldown": 300},
    "StepScalingPolicyConfiguration": {"Cooldown": 300, "MetricAggregationType": "Average"},
}
MOMENTS = ("StartTime", "EndTime")
# Members of a scheduled action whose absence is a value, too: a schedule without an end has none.
OPTIONAL = {"Timezone": "UTC", "StartTime": None, "EndTime": None}
SUSPENDED = "SuspendedState"


@dataclass(frozen=True)
class Difference:
    """A difference between requested and registered scaling.

    Attributes
    ----------
    place : str
        JSON pointer in the request of the call.
    expected, found : object
        The two values; None if there is none.
    """

    place: str
    expected: object
    found: object

    def __str__(self) -> str:
        """Return the difference for people."""
        return f"{self.place} is {self.found!r}, expected {self.expected!r}"


def is_registered(body: Json, registered: list[Json]) -> bool:
    """Whether a target, a policy or a scheduled action is registered with everything that its body says."""
    return any(not differences(body, found) for found in registered)


def differences(body: Json, found: Json) -> list[Difference]:
    """Return what a target, a policy or a scheduled action has otherwise than its body says.

    In a policy's configuration, an additional member counts as a difference: it changes what is measured, or how.
    Suspended processes that the body does not name do not count.

    Parameters
    ----------
    found : Json
        The body that would register it as it is.
    """
    asked = (OPTIONAL if "ScheduledActionName" in body else {}) | body
    return [each for name, value in asked.items() for each in _of_member(name, value, found.get(name))]


def differences_of_alarm(body: Json, found: Json) -> list[Difference]:
    """Return what an alarm has otherwise than PutMetricAlarm's body says; without the policies that it triggers."""
    return list(_differences("", alarms.definition(body), alarms.definition(found)))


def differences_of_schedule(body: Json, found: Json) -> list[Difference]:
    """Return what a schedule has otherwise than CreateSchedule's body says; additional members count, too."""
    return list(_differences("", canonical(body), canonical(found)))


def _of_member(name: str, value: Any, found: Any) -> Iterator[Difference]:
    if name == SUSPENDED:  # what a registration leaves out stays as it is
        found = {process: (found or {}).get(process) for process in value}
    yield from _differences(f"/{name}", _with_defaults(name, value), _with_defaults(name, found))


def _with_defaults(name: str, value: Any) -> Any:
    if name in DEFAULTS:
        return canonical(DEFAULTS[name] | (value or {}))
    if name in MOMENTS and value is not None:
        return iso(moment(value))
    return canonical(OPTIONAL.get(name) if value is None else value)


def _differences(place: str, asked: Any, found: Any) -> Iterator[Difference]:
    if isinstance(asked, dict) or isinstance(found, dict):
        one, other = asked or {}, found or {}
        for name in dict.fromkeys([*one, *other]):
            yield from _differences(f"{place}/{name}", one.get(name), other.get(name))
    elif asked != found:
        yield Difference(place, asked, found)
