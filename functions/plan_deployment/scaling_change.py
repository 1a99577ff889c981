"""What becomes of the scaling: deregistered before the update, registered after it, removed in the end.

Before an update goes only what SageMaker would refuse it for: it lets no update remove a variant that is registered for
scaling, or change its instance type (SageMaker developer guide, endpoint-scaling-update). It blocks scaling during an
update by itself, so nothing is suspended.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from plan_deployment.hosts import all_variants, by_name, dimension, host
from plan_deployment.scaling import Wanted, is_there
from shared.autoscaling import variant_name
from shared.aws import Json
from shared.planning.faults import Fault
from shared.planning.names import policy_name
from shared.planning.snapshot import OF_A_TARGET, Snapshot, deregistration, key


@dataclass(frozen=True)
class Scene:
    """What a decision looks at.

    Attributes
    ----------
    snapshot : Snapshot
        What is registered.
    before : Json or None
        The config that serves, of an endpoint that is to be updated; None when it is not, or somebody has deleted it.
    after : Json
        The config that the request asks for.
    wanted : list of Wanted
        What the request asks to be registered.
    """

    endpoint_name: str
    snapshot: Snapshot
    before: Json | None
    after: Json
    wanted: list[Wanted]
    is_update: bool

    def others_on(self, target: Json) -> Snapshot:
        """What other people have put on the target, and the request does not ask for."""
        asked = {(key(each.policy), each.policy["PolicyName"]) for each in self.wanted}
        policies = [
            policy
            for policy in self.snapshot.policies_on(target)
            if not self.is_own(policy) and (key(policy), policy["PolicyName"]) not in asked
        ]
        return Snapshot([], policies, self.snapshot.actions_on(target))

    def own_on(self, target: Json) -> list[Json]:
        return [policy for policy in self.snapshot.policies_on(target) if self.is_own(policy)]

    def is_own(self, policy: Json) -> bool:
        """Whether Slipway put the policy: its name says so."""
        return bool(policy["PolicyName"] == policy_name(self.endpoint_name, variant_name(policy["ResourceId"])))

    def is_wanted(self, target: Json) -> bool:
        return key(target) in {key(each.target) for each in self.wanted}

    def remains(self, target: Json) -> bool:
        """Whether the variant will be there, and can be scaled in the target's dimension."""
        variant = by_name(all_variants(self.after)).get(variant_name(target["ResourceId"]))
        return variant is not None and dimension(variant) == target["ScalableDimension"]

    def stands_in_the_way(self, target: Json) -> bool:
        """Whether SageMaker would refuse the update for this target.

        Of a config that somebody has deleted nothing is known; then it may.
        """
        if not self.is_update:
            return False
        name = variant_name(target["ResourceId"])
        old, new = by_name(all_variants(self.before)).get(name), by_name(all_variants(self.after)).get(name)
        return not self.remains(target) or old is None or new is None or host(old) != host(new)


@dataclass
class Change:
    """What is done, in the order of its members.

    Attributes
    ----------
    deregister : list of Json
        Bodies of DeregisterScalableTarget, before the update.
    targets, scheduled_actions, policies : list of Json
        Bodies of RegisterScalableTarget, PutScheduledAction and PutScalingPolicy, after it: what the request asks for,
        and what others had on a target that was deregistered.
    remove_policies, remove_targets : list of Json
        Bodies of DeleteScalingPolicy and DeregisterScalableTarget, in the end.
    """

    deregister: list[Json] = field(default_factory=list)
    targets: list[Json] = field(default_factory=list)
    scheduled_actions: list[Json] = field(default_factory=list)
    policies: list[Json] = field(default_factory=list)
    remove_policies: list[Json] = field(default_factory=list)
    remove_targets: list[Json] = field(default_factory=list)


def decide(scene: Scene) -> Change:
    """What becomes of each target, and of what is on it."""
    change = Change()
    for each in scene.wanted:
        _want(change, scene, each)
    for target in scene.snapshot.targets:
        if scene.stands_in_the_way(target):
            change.deregister.append(deregistration(target))
            if scene.remains(target):
                _put_back(change, scene, target)
        elif not scene.remains(target):
            change.remove_targets.append(deregistration(target))
        else:
            _clear(change, scene, target)
    return change


def step_policy_faults(scene: Scene) -> Iterable[Fault]:
    """Step policies on what is to be deregistered.

    Made again, such a policy has another ARN, so the alarms that set it off, which are their owner's, would set off
    nothing (Application Auto Scaling user guide, step scaling).
    """
    names = [variant["VariantName"] for variant in scene.after["ProductionVariants"]]
    for target in filter(scene.stands_in_the_way, scene.snapshot.targets):
        name = variant_name(target["ResourceId"])
        pointer = f"/productionVariants/{names.index(name)}" if name in names else "/productionVariants"
        for policy in scene.snapshot.policies_on(target):
            if policy["PolicyType"] == "StepScaling":
                problem = (
                    f"variant {name} must be deregistered from scaling for this, and its step policy "
                    f"{policy['PolicyName']} goes with it, so the alarms that set it off would point nowhere"
                )
                yield Fault(pointer, problem, f"If it may go, delete it first: {_deletion_command(policy)}")


def _want(change: Change, scene: Scene, each: Wanted) -> None:
    """Register what is asked for, unless it is there and stays."""
    found = next((target for target in scene.snapshot.targets if key(target) == key(each.target)), None)
    if found is None:
        change.targets.append(each.target)
        change.policies.append(each.policy)
    elif scene.stands_in_the_way(found):
        # What is suspended stays suspended: somebody has done that on purpose.
        change.targets.append(each.target | {"SuspendedState": found["SuspendedState"]})
        change.policies.append(each.policy)
    elif not (is_there(each.target, [found]) and is_there(each.policy, scene.snapshot.policies_on(found))):
        change.targets.append(each.target)
        change.policies.append(each.policy)


def _put_back(change: Change, scene: Scene, target: Json) -> None:
    """Nothing of other people's is lost on a variant that stays and only had to be deregistered."""
    others = scene.others_on(target)
    is_others = not scene.own_on(target) or others != Snapshot()
    if not scene.is_wanted(target) and is_others:
        change.targets.append(target)
    change.policies += others.policies
    change.scheduled_actions += others.scheduled_actions


def _clear(change: Change, scene: Scene, target: Json) -> None:
    """What is Slipway's and not asked for any more goes; what others have put stays."""
    asked = {each.policy["PolicyName"] for each in scene.wanted if key(each.target) == key(target)}
    stale = [policy for policy in scene.own_on(target) if policy["PolicyName"] not in asked]
    if stale and not asked and scene.others_on(target) == Snapshot():
        change.remove_targets.append(deregistration(target))
    else:
        change.remove_policies += [{name: policy[name] for name in ("PolicyName", *OF_A_TARGET)} for policy in stale]


def _deletion_command(policy: Json) -> str:
    return (
        f"aws application-autoscaling delete-scaling-policy --service-namespace {policy['ServiceNamespace']} "
        f"--resource-id {policy['ResourceId']} --scalable-dimension {policy['ScalableDimension']} "
        f"--policy-name {policy['PolicyName']}"
    )
