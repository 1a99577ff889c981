"""A payload with a preset instead of its own policies and schedules, as docs/scaling.md has the preset."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from plan_deployment.request.autoscaling import DEFAULT_MIN_CAPACITY, EVERY, FIELD, ORIGINAL, POLICY
from plan_deployment.request.fields import COMPONENTS
from plan_deployment.request.presets import PRESETS
from tools import stack

__all__ = ["PRESETS", "with_preset"]

OWN = ("policies", "preset", "scheduledActions", "officeHours", "suspendedState")
NEVER_ZERO = ("steady", "bursty")
TO_ZERO, OFF_HOURS = "to-zero", "off-hours"
EXAMPLE = stack.ROOT / "events" / "deploy_off_hours.json"

Json = dict[str, Any]


def with_preset(event: Json, preset: str, traffic: Json) -> Json:
    """The event with a preset, which keeps the bounds and the load test.

    A variant or component without a load test has the traffic's unit as one. Office hours are those of the event,
    otherwise those of the example in the time zone of the traffic; only off-hours has them.
    """
    changed = copy.deepcopy(event)
    changed.pop(POLICY, None)
    for name, level in _levels(changed):
        hours = level.get("officeHours")
        for member in OWN:
            level.pop(member, None)
        level["preset"] = preset
        _set_bounds(level, preset)
        if preset == OFF_HOURS:
            level["officeHours"] = hours or _example_hours(level, changed, traffic)
        if not _tracks_invocations(event, preset):
            level.pop("expectedPeakRps", None)
        elif not _has_load_test(changed, level):
            level["expectedPeakRps"] = _unit(name, traffic)
    return changed


def _levels(event: Json) -> Iterator[tuple[str, Json]]:
    """The entries of `autoscaling`, or those of the components, by the name of what they scale.

    The original fields mean all variants, so a preset beside them is in an entry for all variants.
    """
    if event.get(COMPONENTS):
        yield from [(each["name"], each[FIELD]) for each in event[COMPONENTS] if FIELD in each]
        return
    entries = event.setdefault(FIELD, {})
    if not entries or any(field in event for field in ORIGINAL):
        entries.setdefault(EVERY, {})
    yield from entries.items()


def _set_bounds(level: Json, preset: str) -> None:
    if preset == TO_ZERO:
        level["minCapacity"] = 0
    elif level.get("minCapacity") == 0 and preset in NEVER_ZERO:
        level["minCapacity"] = 1


def _example_hours(level: Json, event: Json, traffic: Json) -> Json:
    (example,) = json.loads(EXAMPLE.read_text())[FIELD].values()
    hours: Json = dict(example["officeHours"])
    bounds = _every(event) | level
    inside = max(hours["minCapacity"], bounds.get("minCapacity", DEFAULT_MIN_CAPACITY) + 1)
    hours["timeZone"] = traffic.get("timeZone", "UTC")
    hours["minCapacity"] = min(inside, bounds.get("maxCapacity", inside))
    return hours


def _every(event: Json) -> Json:
    """What applies to all variants; a component has only its own entry."""
    if event.get(COMPONENTS):
        return {}
    original = {member: event[field] for field, member in ORIGINAL.items() if field in event}
    return {**original, **event.get(FIELD, {}).get(EVERY, {})}


def _has_load_test(event: Json, level: Json) -> bool:
    return "expectedPeakRps" in level or "expectedPeakRps" in _every(event)


def _unit(name: str, traffic: Json) -> float:
    """Requests per second that an instance or copy serves."""
    own = {**traffic.get("variants", {}), **traffic.get(COMPONENTS, {})}.get(name, {})
    unit: float = own.get("unit", traffic["unit"])["requestsPerSecond"]
    return unit


def _tracks_invocations(event: Json, preset: str) -> bool:
    """Whether the preset tracks invocations, the only metric that a load test is for."""
    if event.get(COMPONENTS):
        return True
    is_serverless = any("ServerlessConfig" in variant for variant in event["productionVariants"])
    return "asyncInferenceConfig" not in event and not is_serverless and preset != TO_ZERO
