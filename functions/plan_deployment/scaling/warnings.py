"""Warnings about scaling that others have registered, and what happens to it."""

from collections.abc import Iterator

from plan_deployment.scaling.changes import Comparison
from shared.aws import Json
from shared.planning.scaling_snapshot import Snapshot


def warnings(comparison: Comparison) -> Iterator[str]:
    """Yield the warnings about each registered target."""
    for target in comparison.snapshot.targets:
        foreign = comparison.foreign_on(target)
        if comparison.blocks_update(target):
            yield from _deregistered(comparison, target, foreign)
        elif comparison.remains(target):
            yield from _kept(comparison, target, foreign)
        if comparison.is_asked(target):
            yield from _suspended(target)


def _deregistered(comparison: Comparison, target: Json, foreign: Snapshot) -> Iterator[str]:
    if foreign == Snapshot():
        return
    what = f"{_names(foreign)} of {target['ResourceId']}, which Slipway did not create,"
    if comparison.remains(target):
        yield (
            f"{target['ResourceId']} is deregistered from scaling during the update. After it, {what} "
            "will be registered again. Actions that are scheduled in the meantime do not run."
        )
    else:
        yield f"{what} will be deleted: after the update there is nothing that they could scale."


def _kept(comparison: Comparison, target: Json, foreign: Snapshot) -> Iterator[str]:
    if comparison.is_asked(target):
        if foreign != Snapshot():
            yield (
                f"{_names(foreign)} of {target['ResourceId']}, which Slipway did not create, remain in effect beside "
                "the scaling of the request."
            )
    elif foreign != Snapshot() or not comparison.own_on(target):
        on_it = f", with {_names(foreign)}" if foreign != Snapshot() else ""
        yield (
            f"{target['ResourceId']} stays registered for scaling, {target['MinCapacity']} to {target['MaxCapacity']}"
            f"{on_it}: the request does not configure scaling, and Slipway did not create this scaling. To end it: "
            f"{_deregistration_command(target)}"
        )


def _suspended(target: Json) -> Iterator[str]:
    suspended = [name for name, is_suspended in target["SuspendedState"].items() if is_suspended]
    if suspended:
        yield f"Scaling of {target['ResourceId']} is suspended and stays suspended: {', '.join(suspended)}."


def _names(foreign: Snapshot) -> str:
    policies = [f"policy {policy['PolicyName']}" for policy in foreign.policies]
    return ", ".join([*policies, *(f"scheduled action {a['ScheduledActionName']}" for a in foreign.scheduled_actions)])


def _deregistration_command(target: Json) -> str:
    return (
        f"aws application-autoscaling deregister-scalable-target --service-namespace {target['ServiceNamespace']} "
        f"--resource-id {target['ResourceId']} --scalable-dimension {target['ScalableDimension']}"
    )
