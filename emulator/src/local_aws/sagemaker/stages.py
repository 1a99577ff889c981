"""Stages of a deployment with guardrails, as data: duration, messages and instances.

SageMaker developer guide: deployment-guardrails-blue-green-all-at-once, -canary, -linear and
deployment-guardrails-rolling. Statuses and messages: automating-sagemaker-with-eventbridge,
"SageMaker endpoint deployment state change", as far as the page has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.sagemaker import durations

Policy = dict[str, Any]

_PARTS = {"CANARY": "canary", "LINEAR": "linear step", "ROLLING": "rolling batch"}


@dataclass(frozen=True)
class Fleet:
    """New and old fleet of a variant: their sizes, and the steps in which the new one is activated.

    Attributes
    ----------
    activations : tuple of int
        Instances of the new fleet with traffic after each step; the last is `new`.
    """

    name: str
    new: int
    old: int
    activations: tuple[int, ...]


@dataclass(frozen=True)
class Capacity:
    """Instances of a variant: launched and active instances of the new fleet, and instances of the old one."""

    launched: int
    active: int
    old: int


@dataclass(frozen=True)
class Stage:
    """A stage of all variants.

    Attributes
    ----------
    status : str
        A VariantStatus of the API.
    messages, capacities : dict
        By variant name; the capacities from the beginning of the stage.
    final : bool
        Whether the old fleet is being terminated, so that no alarm or timeout rolls the deployment back.
    """

    status: str
    seconds: float
    messages: dict[str, str]
    capacities: dict[str, Capacity]
    final: bool = False


def steps(total: int, size: int) -> tuple[int, ...]:
    """Active instances after each step of `size`: ``steps(5, 2)`` is 2, 4, 5."""
    return (*range(size, total, size), total)


def blue_green(fleets: list[Fleet], policy: Policy, provision_seconds: float) -> list[Stage]:
    """Provision the new fleet, activate it step by step, bake after each step, and terminate the old fleet.

    TerminationWaitInSeconds is a baking period of its own with full capacity (the page on events).
    """
    routing = policy["TrafficRoutingConfiguration"]
    before = {fleet.name: Capacity(fleet.new, 0, fleet.old) for fleet in fleets}
    stages = [_launching(before, {fleet.name: fleet.new for fleet in fleets}, provision_seconds)]
    for step in range(max(len(fleet.activations) for fleet in fleets)):
        shifted = {
            fleet.name: Capacity(fleet.new, fleet.activations[min(step, len(fleet.activations) - 1)], fleet.old)
            for fleet in fleets
        }
        shown = _labels(fleets, shifted, routing["Type"])
        stages.append(_activating(shifted, shown))
        stages += _baking(shifted, shown, routing["WaitIntervalInSeconds"], "WaitIntervalInSeconds")
    stages += _baking(shifted, shown, policy.get("TerminationWaitInSeconds", 0), "TerminationWaitInSeconds")
    return [*stages, _terminating(shifted, {fleet.name: fleet.old for fleet in fleets}, final=True)]


def rolling(fleet: Fleet, policy: Policy, provision_seconds: float) -> list[Stage]:
    """For each batch: provision it, activate it, bake, and terminate the same share of the old fleet."""
    stages: list[Stage] = []
    launched, old = 0, fleet.old
    for active in fleet.activations:
        left = fleet.old - fleet.old * active // fleet.new
        before, after = {fleet.name: Capacity(active, launched, old)}, {fleet.name: Capacity(active, active, old)}
        shown = _labels([fleet], after, "ROLLING")
        stages.append(_launching(before, {fleet.name: active - launched}, provision_seconds))
        stages.append(_activating(after, shown))
        stages += _baking(after, shown, policy["WaitIntervalInSeconds"], "WaitIntervalInSeconds")
        if left < old:
            stages.append(_terminating(after, {fleet.name: old - left}, final=active == fleet.new))
        launched, old = active, left
    return stages


def rollback(fleets: list[Fleet], here: dict[str, Capacity], batch: int, provision_seconds: float) -> list[Stage]:
    """Restore the old fleet, `batch` instances at a time where instances are missing, and terminate the new fleet."""
    stages: list[Stage] = []
    for fleet in fleets:  # several fleets only if all old instances still exist
        while here[fleet.name].old < fleet.old:
            stages += _restoring(fleet, here[fleet.name], batch, provision_seconds)
            here = {fleet.name: _restored(fleet, here[fleet.name], batch)}
    if not stages or any(capacity.launched for capacity in here.values()):
        back = {name: Capacity(capacity.launched, 0, capacity.old) for name, capacity in here.items()}
        if back != here:
            stages.append(_activating(back, {name: f"full capacity of {each.old}" for name, each in back.items()}))
        stages.append(_terminating(back, {name: capacity.launched for name, capacity in back.items()}))
    return stages


def _restored(fleet: Fleet, here: Capacity, batch: int) -> Capacity:
    old = min(fleet.old, here.old + batch)
    kept = min(here.active, fleet.new * (fleet.old - old) // fleet.old)
    return Capacity(kept, kept, old)


def _restoring(fleet: Fleet, here: Capacity, batch: int, provision_seconds: float) -> list[Stage]:
    after = _restored(fleet, here, batch)
    shifted = {fleet.name: Capacity(here.launched, after.active, after.old)}
    what = "full" if after.old == fleet.old else _PARTS["ROLLING"]
    gone = here.launched - after.launched
    return [
        _launching({fleet.name: here}, {fleet.name: after.old - here.old}, provision_seconds),
        _activating(shifted, {fleet.name: f"{what} capacity of {after.old}"}),
        *([_terminating(shifted, {fleet.name: gone})] if gone else []),
    ]


def _labels(fleets: list[Fleet], capacities: dict[str, Capacity], routing_type: str) -> dict[str, str]:
    """``canary capacity of 1``, ``full capacity of 3``, by variant."""
    shown = {}
    for fleet in fleets:
        active = capacities[fleet.name].active
        shown[fleet.name] = f"{'full' if active == fleet.new else _PARTS[routing_type]} capacity of {active}"
    return shown


def _launching(capacities: dict[str, Capacity], counts: dict[str, int], seconds: float) -> Stage:
    return _stage("Creating", seconds, capacities, lambda name: f"Launching {counts[name]} instance(s).")


def _activating(capacities: dict[str, Capacity], shown: dict[str, str]) -> Stage:
    return _stage(
        "ActivatingTraffic",
        durations.SECONDS["activation"],
        capacities,
        lambda name: f"Activating traffic on {shown[name]} instance(s).",
    )


def _baking(capacities: dict[str, Capacity], shown: dict[str, str], seconds: int, member: str) -> list[Stage]:
    def message(name: str) -> str:
        return f"Baking for {seconds} seconds ({member}) with traffic enabled on {shown[name]} instance(s)."

    return [_stage("Baking", seconds, capacities, message)] if seconds else []


def _terminating(capacities: dict[str, Capacity], counts: dict[str, int], *, final: bool = False) -> Stage:
    def message(name: str) -> str:
        return f"Terminating {counts[name]} instance(s)."

    return _stage("Deleting", durations.SECONDS["termination"], capacities, message, final=final)


def _stage(
    status: str,
    seconds: float,
    capacities: dict[str, Capacity],
    message: Callable[[str], str],
    *,
    final: bool = False,
) -> Stage:
    return Stage(status, seconds, {name: message(name) for name in capacities}, capacities, final)
