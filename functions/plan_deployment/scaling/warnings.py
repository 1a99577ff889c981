"""Warnings about external scaling, and what happens to it."""

from collections.abc import Iterator

from plan_deployment.scaling.changes import Comparison
from shared.aws import Json
from shared.planning.scaling_snapshot import Snapshot
from shared.registered import SUSPENDED


def warnings(comparison: Comparison) -> Iterator[str]:
    """Yield the warnings about each registered target."""
    for target in comparison.snapshot.targets:
        external = comparison.external_on(target)
        if comparison.is_deregistered(target):
            yield from _deregistered(comparison, target, external)
        elif comparison.remains(target):
            yield from _kept(comparison, target, external)
        asked = comparison.requested_on(target)
        if asked and SUSPENDED not in asked.target:
            yield from _suspended(target)


def kept_bounds(action: Json) -> str:
    """Return the warning that the target keeps the bounds that the action at a rate has set."""
    name, target = action["ScheduledActionName"], action["ScalableTargetAction"]
    return (
        f"{action['ResourceId']} keeps the bounds {target['MinCapacity']} to {target['MaxCapacity']} that scheduled "
        f"action {name} sets: when {action['Schedule']} without startTime ran last is unknown."
    )


def _deregistered(comparison: Comparison, target: Json, external: Snapshot) -> Iterator[str]:
    if external == Snapshot():
        return
    what = f"{_names(external)} of {target['ResourceId']}, which Slipway did not create,"
    if comparison.remains(target):
        yield (
            f"{target['ResourceId']} is deregistered from scaling during the update. After it, {what} "
            "will be registered again. Actions that are scheduled in the meantime do not run."
        )
    else:
        yield f"{what} will be deleted: after the deployment there is nothing that they could scale."


def _kept(comparison: Comparison, target: Json, external: Snapshot) -> Iterator[str]:
    if comparison.is_requested(target):
        if external != Snapshot():
            yield (
                f"{_names(external)} of {target['ResourceId']}, which Slipway did not create, remain in effect beside "
                "the scaling of the request."
            )
    elif external != Snapshot() or comparison.own_on(target) == Snapshot():
        on_it = f", with {_names(external)}" if external != Snapshot() else ""
        yield (
            f"{target['ResourceId']} stays registered for scaling, {target['MinCapacity']} to {target['MaxCapacity']}"
            f"{on_it}: the request does not configure scaling, and Slipway did not create this scaling. To end it: "
            f"{_deregistration_command(target)}"
        )


def _suspended(target: Json) -> Iterator[str]:
    suspended = [name for name, is_suspended in target["SuspendedState"].items() if is_suspended]
    if suspended:
        yield f"Scaling of {target['ResourceId']} is suspended and stays suspended: {', '.join(suspended)}."


def _names(external: Snapshot) -> str:
    policies = [f"policy {policy['PolicyName']}" for policy in external.policies]
    return ", ".join([*policies, *(f"scheduled action {a['ScheduledActionName']}" for a in external.scheduled_actions)])


def _deregistration_command(target: Json) -> str:
    return (
        f"aws application-autoscaling deregister-scalable-target --service-namespace {target['ServiceNamespace']} "
        f"--resource-id {target['ResourceId']} --scalable-dimension {target['ScalableDimension']}"
    )
