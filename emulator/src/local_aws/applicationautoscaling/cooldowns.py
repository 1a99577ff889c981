"""Cooldowns of a scalable target: what a policy must not repeat yet.

User guide, step-scaling-policy-overview and target-tracking-scaling-policy-overview. Scheduled actions ignore them.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class _ScaledOut:
    """A scale-out in its cooldown: the capacity before it, and the end in seconds since the epoch."""

    before: int
    until: float


@dataclass
class Cooldowns:
    """Cooldowns that a target's policies have started."""

    _out: dict[str, _ScaledOut] = field(default_factory=dict)
    _in_until: float = 0.0

    def counted(self, policy_name: str, capacity: int, wanted: int, now: float) -> int:
        """What `wanted` becomes when the units that the policy added in its cooldown count as part of it."""
        added = self._active(policy_name, now)
        return wanted if added is None else max(capacity, added.before + wanted - capacity)

    def blocks_scale_in(self, now: float) -> bool:
        return now < self._in_until

    def scaled(self, policy_name: str, before: int, after: int, seconds: int, now: float) -> None:
        """Start the cooldown of an activity that has succeeded."""
        if after > before:
            self._in_until = 0.0  # a scale-out ends the cooldown of a scale-in
            earlier = self._active(policy_name, now)
            self._out[policy_name] = _ScaledOut(earlier.before if earlier else before, now + seconds)
        else:
            self._in_until = now + seconds

    def _active(self, policy_name: str, now: float) -> _ScaledOut | None:
        scaled_out = self._out.get(policy_name)
        return scaled_out if scaled_out and now < scaled_out.until else None
