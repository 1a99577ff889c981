"""Whether scaling is registered as a request body says, to which AWS adds defaults and dates."""

from typing import Any

from shared.aws import Json
from shared.moments import moment

# Members that mean the same as none (Application Auto Scaling API reference, both policy configurations).
DEFAULTS = {"Cooldown": 300, "ScaleInCooldown": 300, "ScaleOutCooldown": 300, "MetricAggregationType": "Average"}
# Members of a scheduled action whose absence is a value, too: a schedule without an end has none.
OPTIONAL = {"Timezone": "UTC", "StartTime": None, "EndTime": None}
SUSPENDED = "SuspendedState"


def is_registered(body: Json, registered: list[Json]) -> bool:
    """Whether a target, a policy or a scheduled action is registered with everything that its body says."""
    return any(not differences(body, found) for found in registered)


def differences(body: Json, found: Json) -> list[str]:
    """Return the members of the body that are not as found.

    In a policy's configuration, an additional member counts as a difference: it changes what is measured, or how.
    """
    wanted = (OPTIONAL if "ScheduledActionName" in body else {}) | body
    return [name for name, value in wanted.items() if not _is_found(name, value, found.get(name, OPTIONAL.get(name)))]


def _is_found(name: str, value: Any, found: Any) -> bool:
    if name == SUSPENDED:  # what a registration leaves out stays as it is
        return all((found or {}).get(process, False) == state for process, state in value.items())
    if name in ("StartTime", "EndTime") and value and found:
        return moment(value) == moment(found)
    if isinstance(value, dict):
        return bool(_meaningful(value) == _meaningful(found or {}))
    # AWS omits a member whose value is False.
    return value == found or (value is False and found is None)


def _meaningful(value: Any) -> Any:
    """Return the value without members that mean the same as none, and lists in one order: AWS promises neither."""
    if isinstance(value, dict):
        members = {
            name: _meaningful(member)
            for name, member in value.items()
            if name not in DEFAULTS or member != DEFAULTS[name]
        }
        return {name: member for name, member in members.items() if not (member is False or member in (None, [], {}))}
    if isinstance(value, list):
        return sorted(map(_meaningful, value), key=repr)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
