"""What of the scaling differs from the snapshot, and the calls that bring it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roll_back.steps import AUTOSCALING, Call
from shared.autoscaling import NAMESPACE, NOT_SUSPENDED, variant_name
from shared.aws import Json
from shared.moments import iso, moment

OF_A_TARGET = ("ResourceId", "ScalableDimension")
TIMES = frozenset({"StartTime", "EndTime"})


@dataclass(frozen=True)
class Kind:
    """A kind of thing that Application Auto Scaling keeps.

    Attributes
    ----------
    name : str
        Its key in the plan and in a survey.
    identity, members : tuple of str
        Members of its body: those that say which one it is, and the rest.
    put, remove : str
        The operations that bring it about, or change it, and that remove it.
    """

    name: str
    spoken: str
    identity: tuple[str, ...]
    members: tuple[str, ...]
    put: str
    remove: str


TARGETS = Kind(
    "targets",
    "scalable target",
    OF_A_TARGET,
    ("MinCapacity", "MaxCapacity", "SuspendedState"),
    "RegisterScalableTarget",
    "DeregisterScalableTarget",
)
POLICIES = Kind(
    "policies",
    "scaling policy",
    ("PolicyName", *OF_A_TARGET),
    ("PolicyType", "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"),
    "PutScalingPolicy",
    "DeleteScalingPolicy",
)
SCHEDULED_ACTIONS = Kind(
    "scheduledActions",
    "scheduled action",
    ("ScheduledActionName", *OF_A_TARGET),
    ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction"),
    "PutScheduledAction",
    "DeleteScheduledAction",
)
KINDS = (TARGETS, POLICIES, SCHEDULED_ACTIONS)


def body(kind: Kind, found: Json) -> Json:
    """What puts the thing as it was found: of a Describe operation's answer, what the put operation takes.

    Where nothing is said of a suspended state, scaling is not suspended; that must be said to end a suspension
    (Application Auto Scaling API reference, RegisterScalableTarget).
    """
    members = {name: _plain(name, found[name]) for name in kind.members if found.get(name) is not None}
    if kind is TARGETS:
        members["SuspendedState"] = NOT_SUSPENDED | members.get("SuspendedState", {})
    return {"ServiceNamespace": NAMESPACE} | {name: found[name] for name in kind.identity} | members


def restoring(snapshot: Json | None, wanted: Json, registered: Json) -> list[Call]:
    """The calls that bring the scaling back to the snapshot; only what differs.

    What the plan wanted and the snapshot does not have goes first: two target-tracking policies of one target cannot
    follow the same metric (Application Auto Scaling user guide, target tracking).

    Parameters
    ----------
    snapshot : Json or None
        As it was; None when that is not known, then nothing is done.
    wanted : Json
        What the plan wanted.
    registered : Json
        As it is.
    """
    if snapshot is None:
        return []
    extra = [(kind, thing) for kind in KINDS for thing in _extra(kind, snapshot, wanted, registered)]
    gone = {_target(thing) for kind, thing in extra if kind is TARGETS}
    removals = [_removal(kind, thing) for kind, thing in extra if kind is TARGETS or _target(thing) not in gone]
    return removals + [call for kind in KINDS for call in _puts(kind, snapshot, registered)]


def deregistering(targets: list[Json]) -> list[Call]:
    """The calls that deregister these; Application Auto Scaling deletes what is on them, too."""
    return [_removal(TARGETS, target) for target in targets]


def blocking(serving: Json | None, previous: Json | None, registered: Json) -> list[Json]:
    """The registered targets that SageMaker would refuse the update to the previous config for.

    It lets no update remove a registered variant, or change its instance type (SageMaker developer guide,
    endpoint-scaling-update). Of a config that somebody has deleted nothing is known: then it is all of them.

    Parameters
    ----------
    serving, previous : Json or None
        DescribeEndpointConfig's answers.
    """
    if serving is None or previous is None:
        return list(registered["targets"])
    before, after = _hosts(serving), _hosts(previous)
    return [
        target
        for target in registered["targets"]
        if (name := variant_name(target["ResourceId"])) not in after or before.get(name) != after[name]
    ]


def without(registered: Json, targets: list[Json]) -> Json:
    """What is left when these targets are deregistered."""
    gone = {_target(target) for target in targets}
    return {kind: [thing for thing in things if _target(thing) not in gone] for kind, things in registered.items()}


def _extra(kind: Kind, snapshot: Json, wanted: Json, registered: Json) -> Iterator[Json]:
    ours = {_key(kind, thing) for thing in wanted.get(kind.name, [])}
    before = {_key(kind, thing) for thing in snapshot.get(kind.name, [])}
    return (thing for thing in registered[kind.name] if _key(kind, thing) in ours - before)


def _puts(kind: Kind, snapshot: Json, registered: Json) -> Iterator[Call]:
    now = {_key(kind, thing): body(kind, thing) for thing in registered[kind.name]}
    for thing in snapshot.get(kind.name, []):
        before = body(kind, thing)
        if now.get(_key(kind, thing)) != before:
            yield Call(AUTOSCALING, kind.put, before, _spoken(kind, thing), "restored")


def _removal(kind: Kind, thing: Json) -> Call:
    parameters = {"ServiceNamespace": NAMESPACE} | {name: thing[name] for name in kind.identity}
    return Call(AUTOSCALING, kind.remove, parameters, _spoken(kind, thing), "removed")


def _spoken(kind: Kind, thing: Json) -> str:
    return f"{kind.spoken} {thing[kind.identity[0]]}"


def _key(kind: Kind, thing: Json) -> tuple[str, ...]:
    return tuple(thing[name] for name in kind.identity)


def _target(thing: Json) -> tuple[str, ...]:
    return tuple(thing[name] for name in OF_A_TARGET)


def _hosts(config: Json) -> dict[str, str]:
    """What each variant runs on: an instance type, or one of the kinds that have none."""
    return {
        variant["VariantName"]: variant.get("InstanceType")
        or ("serverless" if "ServerlessConfig" in variant else "instance pools")
        for variant in config["ProductionVariants"]
    }


def _plain(name: str, value: Any) -> Any:
    """As JSON has it, so that what was found compares with what the plan says: moments in one form."""
    if name not in TIMES:
        return value
    return iso(value if isinstance(value, datetime) else moment(value))
