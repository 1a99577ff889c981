"""The capacity that several policies want together, or the reason why nothing changes.

User guide: target-tracking-scaling-policy-overview (several policies), application-auto-scaling-scaling-activities
(reasons). A policy proposes a capacity while one of its alarms is in state ``ALARM``. Scale out if any policy wants to.
Scale in only if all target tracking policies that can scale in want to; a step policy scales in without them. The
largest capacity wins in both directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local_aws.applicationautoscaling.cooldowns import Cooldowns


@dataclass(frozen=True)
class Proposal:
    """What a policy wants.

    Attributes
    ----------
    wanted : int
        Capacity, not limited by bounds or cooldowns.
    seconds : int
        Cooldown after an activity of this proposal.
    is_tracking : bool
        Whether it is target tracking, which has to agree with its like before it scales in.
    is_exact : bool
        Whether the capacity is absolute: nothing that was added in a cooldown counts.
    is_flapping : bool
        Whether the policy does not scale in because that would bring its metric above the target.
    """

    policy_name: str
    alarm_name: str
    wanted: int
    seconds: int = 0
    is_tracking: bool = False
    is_exact: bool = False
    is_flapping: bool = False

    @property
    def cause(self) -> str:
        """The Cause of its activity."""
        return f"monitor alarm {self.alarm_name} in state ALARM triggered policy {self.policy_name}"


@dataclass(frozen=True)
class Bounds:
    """Capacity now, its limits, and the suspended directions."""

    capacity: int
    minimum: int
    maximum: int
    out_suspended: bool = False
    in_suspended: bool = False


@dataclass(frozen=True)
class Change:
    """A new capacity, and the proposal that won."""

    capacity: int
    proposal: Proposal


@dataclass(frozen=True)
class NotScaled:
    """The NotScaledReason of a proposal without effect."""

    proposal: Proposal
    reason: dict[str, Any]


Decision = Change | NotScaled | None


def decide(
    proposals: Sequence[Proposal], bounds: Bounds, cooldowns: Cooldowns, scale_in_policies: set[str], now: float
) -> Decision:
    """The decision for all proposals of a target; None if its state or a cooldown forbids the change.

    Parameters
    ----------
    scale_in_policies : set of str
        Names of the target tracking policies that can scale in: each must want to. One without data does not.
    """
    outs = [each for each in proposals if each.wanted > bounds.capacity]
    ins = [each for each in proposals if each.wanted < bounds.capacity]
    if outs and not bounds.out_suspended:
        return _scale_out(outs, bounds, cooldowns, now)
    if ins and not bounds.in_suspended:
        return _scale_in(ins, bounds, cooldowns, scale_in_policies, now)
    unchanged = next((each for each in proposals if each.wanted == bounds.capacity), None)
    return _unchanged(unchanged, bounds) if unchanged else None


def _scale_out(outs: list[Proposal], bounds: Bounds, cooldowns: Cooldowns, now: float) -> Decision:
    def counted(each: Proposal) -> int:
        if each.is_exact:
            return each.wanted
        return cooldowns.counted(each.policy_name, bounds.capacity, each.wanted, now)

    winner = max(outs, key=counted)
    capacity = min(counted(winner), bounds.maximum)
    if capacity > bounds.capacity:
        return Change(capacity, winner)
    if bounds.capacity >= bounds.maximum:
        return NotScaled(winner, {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": bounds.maximum})
    return _unchanged(winner, bounds)


def _scale_in(
    ins: list[Proposal], bounds: Bounds, cooldowns: Cooldowns, scale_in_policies: set[str], now: float
) -> Decision:
    agreeing = {each.policy_name for each in ins if each.is_tracking}
    effective = ins if scale_in_policies <= agreeing else [each for each in ins if not each.is_tracking]
    if not effective:
        return _unchanged(ins[0], bounds)
    winner = max(effective, key=lambda each: each.wanted)
    capacity = max(winner.wanted, bounds.minimum)
    if capacity >= bounds.capacity:
        return NotScaled(winner, {"Code": "AlreadyAtMinCapacity", "MinCapacity": bounds.minimum})
    if cooldowns.blocks_scale_in(now):
        return None
    return Change(capacity, winner)


def _unchanged(proposal: Proposal, bounds: Bounds) -> NotScaled:
    if proposal.is_flapping and bounds.capacity <= bounds.minimum:
        return NotScaled(proposal, {"Code": "AlreadyAtMinCapacity", "MinCapacity": bounds.minimum})
    code = "AutoScalingAnticipatedFlapping" if proposal.is_flapping else "AlreadyAtDesiredCapacity"
    return NotScaled(proposal, {"Code": code, "CurrentCapacity": bounds.capacity})
