"""Scheduled actions run: they set the bounds, which stay, and scale the resource into them.

User guide, application-auto-scaling-scheduled-scaling. They run only in time that is played (see `local_aws.traffic`):
a sleeper for the next run would let the virtual clock race from run to run.
"""

from __future__ import annotations

import heapq
from typing import Any

from local_aws.applicationautoscaling import activities, registry, scaling
from local_aws.applicationautoscaling.registry import ScalableTarget, ScheduledAction
from local_aws.core.operations import lock
from local_aws.core.recurrence import MINUTE

_SUSPENDED = "ScheduledScalingSuspended"


class Schedule:
    """Runs what is due between one played step and the next."""

    def __init__(self) -> None:
        self._until = 0.0

    def step(self, now: float) -> None:
        """Run the actions that are due since the last step, and retry what could not be scaled.

        Nothing is made up for time that was not played.
        """
        after, self._until = max(self._until, now - MINUTE), now
        with lock:
            for registered in registry.everywhere():
                _retry(registered)
                for _, action in _due(registered, after, now):
                    _run(registered, action)


def _due(registered: ScalableTarget, after: float, until: float) -> list[tuple[float, ScheduledAction]]:
    """The runs of a target's actions in their order. Missed runs of a suspended target are not made up."""
    if registered.suspended_state[_SUSPENDED]:
        return []
    runs = [
        [(time, action) for time in action.recurrence.between(after, until)]
        for action in registry.scheduled_actions(registered.backend, registered.target)
    ]
    return list(heapq.merge(*runs, key=lambda run: run[0]))


def _run(registered: ScalableTarget, action: ScheduledAction) -> None:
    wanted: dict[str, Any] = action.content["ScalableTargetAction"]
    minimum = wanted.get("MinCapacity", registered.min_capacity)
    maximum = wanted.get("MaxCapacity", registered.max_capacity)
    given = {"min": wanted.get("MinCapacity"), "max": wanted.get("MaxCapacity")}
    words = " and ".join(f"{word} capacity to {value}" for word, value in given.items() if value is not None)
    cause = f"scheduled action name {action.name} was triggered"
    activity = activities.begin(registered.backend, registered.target, f"Setting {words}", cause)
    if minimum > maximum:
        activity.end("Failed", f"Failed to set {words}. Reason: Maximum capacity cannot be less than minimum capacity")
        return
    activity.succeed_at_once(f"Successfully set {words}")
    registered.min_capacity, registered.max_capacity = minimum, maximum
    _fit(registered)


def _fit(registered: ScalableTarget) -> None:
    registered.state.waits_for_bounds = not scaling.is_scalable(registered)
    scaling.fit_bounds(registered)


def _retry(registered: ScalableTarget) -> None:
    if registered.state.waits_for_bounds and scaling.is_scalable(registered):
        _fit(registered)
