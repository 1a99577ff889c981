"""Scheduled actions at a rate: when one without a start time ran last is unknown.

AWS documents no time from which such a rate counts. The registered bounds show whether it has run: if they are those of
the action, a deployment keeps them, because the next run can be days away.
"""

from collections.abc import Iterable

from shared.aws import Json
from shared.planning.scaling_snapshot import Snapshot

BOUNDS = ("MinCapacity", "MaxCapacity")


def has_unknown_runs(action: Json) -> bool:
    """Whether nothing but the registered bounds says that the action, PutScheduledAction's body, has run."""
    return str(action["Schedule"]).startswith("rate(") and "StartTime" not in action


def rate_in_force(target: Json, actions: Iterable[Json], registered: Snapshot) -> Json | None:
    """Return the action at a rate that has set the bounds of the registered target; None if there is none.

    Parameters
    ----------
    target : Json
        Identity of the target.
    actions : iterable of Json
        Actions after the deployment, as bodies of PutScheduledAction; those of other targets do not count.
    """
    on_it, rates = registered.on(target), Snapshot([], [], list(filter(has_unknown_runs, actions))).on(target)
    setting = {
        action["ScheduledActionName"]
        for found in on_it.targets
        for action in on_it.scheduled_actions
        if all(action["ScalableTargetAction"].get(bound) == found[bound] for bound in BOUNDS)
    }
    return next((each for each in rates.scheduled_actions if each["ScheduledActionName"] in setting), None)
