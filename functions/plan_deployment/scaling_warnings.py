"""What of the scaling is not as the request may be meant: what others have put on it, and what becomes of that."""

from collections.abc import Iterator

from plan_deployment.scaling_change import Scene
from shared.aws import Json
from shared.planning.snapshot import Snapshot


def warnings(scene: Scene) -> Iterator[str]:
    """What to tell of each scalable target that is there."""
    for target in scene.snapshot.targets:
        others = scene.others_on(target)
        if scene.stands_in_the_way(target):
            yield from _of_deregistered(scene, target, others)
        elif scene.remains(target):
            yield from _of_kept(scene, target, others)
        if scene.is_wanted(target):
            yield from _of_suspended(target)


def _of_deregistered(scene: Scene, target: Json, others: Snapshot) -> Iterator[str]:
    if others == Snapshot():
        return
    if scene.remains(target):
        yield (
            f"{target['ResourceId']} has to be deregistered from scaling during the update; {_names(others)} of it, "
            "which Slipway did not make, come back with it. What is scheduled meanwhile does not happen."
        )
    else:
        yield (
            f"{_names(others)} of {target['ResourceId']}, which Slipway did not make, go with what they were on: the "
            "request leaves nothing that they could scale."
        )


def _of_kept(scene: Scene, target: Json, others: Snapshot) -> Iterator[str]:
    if scene.is_wanted(target):
        if others != Snapshot():
            yield f"{_names(others)} of {target['ResourceId']}, which Slipway did not make, scale beside what is asked."
    elif others != Snapshot() or not scene.own_on(target):
        on_it = f", with {_names(others)}" if others != Snapshot() else ""
        yield (
            f"{target['ResourceId']} stays registered for scaling, {target['MinCapacity']} to {target['MaxCapacity']}"
            f"{on_it}: the request asks for none, and that is not Slipway's to end. To end it: "
            f"{_deregistration_command(target)}"
        )


def _of_suspended(target: Json) -> Iterator[str]:
    suspended = [name for name, is_suspended in target["SuspendedState"].items() if is_suspended]
    if suspended:
        yield f"Scaling of {target['ResourceId']} is suspended, and stays so: {', '.join(suspended)}."


def _names(others: Snapshot) -> str:
    policies = [f"policy {policy['PolicyName']}" for policy in others.policies]
    return ", ".join([*policies, *(f"scheduled action {a['ScheduledActionName']}" for a in others.scheduled_actions)])


def _deregistration_command(target: Json) -> str:
    return (
        f"aws application-autoscaling deregister-scalable-target --service-namespace {target['ServiceNamespace']} "
        f"--resource-id {target['ResourceId']} --scalable-dimension {target['ScalableDimension']}"
    )
