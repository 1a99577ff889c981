"""What a scalable target remembers between decisions."""

from __future__ import annotations

from dataclasses import dataclass, field

from local_aws.applicationautoscaling.activities import Activity
from local_aws.applicationautoscaling.cooldowns import Cooldowns
from local_aws.cloudwatch import AlarmAction


@dataclass(frozen=True)
class Running:
    """A change that SageMaker has accepted and not finished.

    `policy_name` is None for a change of bounds, which starts no cooldown.
    """

    activity: Activity
    words: str
    before: int
    after: int
    policy_name: str | None
    cooldown_seconds: int


@dataclass
class State:
    """State of a scalable target.

    Attributes
    ----------
    actions : dict of str to AlarmAction
        The last action of each alarm that has called a policy, by the alarm's name.
    reacts : bool
        Whether a decision is scheduled.
    running : Running or None
        The change in progress.
    waits_for_bounds : bool
        Whether a scheduled action could not scale the resource into its bounds yet.
    """

    cooldowns: Cooldowns = field(default_factory=Cooldowns)
    actions: dict[str, AlarmAction] = field(default_factory=dict)
    reacts: bool = False
    running: Running | None = None
    waits_for_bounds: bool = False
