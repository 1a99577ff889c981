"""Changes of the scaling: deregistrations before the update, registrations after it, removals at the end.

SageMaker refuses an update that removes a variant that is registered for scaling, or changes its instance type
(SageMaker developer guide, endpoint-scaling-update). Only such targets are deregistered before the update. No scaling
has to be suspended, because SageMaker blocks scaling during an update.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from plan_deployment.scaling.variant_scaling import VariantScaling, is_registered
from plan_deployment.variants import by_name, dimension, instance_types, variants_of
from shared.autoscaling import variant_name
from shared.aws import Json
from shared.planning.faults import Fault
from shared.planning.names import policy_name
from shared.planning.scaling_snapshot import Snapshot, key


@dataclass(frozen=True)
class Comparison:
    """Registered scaling and configs, compared with the request.

    Attributes
    ----------
    snapshot : Snapshot
        The registered scaling.
    before : Json or None
        The live config of an endpoint that is updated; None if it is not updated, or its config was deleted.
    after : Json
        The requested config.
    requested : list of VariantScaling
        The requested scaling.
    """

    endpoint_name: str
    snapshot: Snapshot
    before: Json | None
    after: Json
    requested: list[VariantScaling]
    is_update: bool

    def external_on(self, target: Json) -> Snapshot:
        """Policies and scheduled actions on the target that are neither Slipway's nor requested."""
        requested = {(key(each.policy), each.policy["PolicyName"]) for each in self.requested}
        on_it = self.snapshot.on(target)
        policies = [
            policy
            for policy in on_it.policies
            if not self.is_own(policy) and (key(policy), policy["PolicyName"]) not in requested
        ]
        return Snapshot([], policies, on_it.scheduled_actions)

    def own_on(self, target: Json) -> list[Json]:
        """Policies on the target that Slipway created."""
        return [policy for policy in self.snapshot.on(target).policies if self.is_own(policy)]

    def is_own(self, policy: Json) -> bool:
        """Whether the policy has the name that Slipway gives to policies."""
        return bool(policy["PolicyName"] == policy_name(self.endpoint_name, variant_name(policy["ResourceId"])))

    def is_requested(self, target: Json) -> bool:
        """Whether the target is part of the requested scaling."""
        return key(target) in {key(each.target) for each in self.requested}

    def remains(self, target: Json) -> bool:
        """Whether the variant remains and can be scaled in the target's dimension."""
        variant = by_name(variants_of(self.after)).get(variant_name(target["ResourceId"]))
        return variant is not None and dimension(variant) == target["ScalableDimension"]

    def blocks_update(self, target: Json) -> bool:
        """Whether SageMaker may refuse the update because of this target; True if the live config was deleted."""
        if not self.is_update:
            return False
        name = variant_name(target["ResourceId"])
        old, new = by_name(variants_of(self.before)).get(name), by_name(variants_of(self.after)).get(name)
        return not self.remains(target) or old is None or new is None or instance_types(old) != instance_types(new)


@dataclass
class Change:
    """Changes of the scaling, in this order.

    Attributes
    ----------
    deregister : list of Json
        Targets that are deregistered before the update.
    targets, policies, scheduled_actions : list of Json
        Bodies of RegisterScalableTarget, PutScalingPolicy and PutScheduledAction, after the update: the requested
        scaling, and external scaling on targets that were deregistered.
    remove_policies, remove_targets : list of Json
        Policies and targets that are removed in the end.
    """

    deregister: list[Json] = field(default_factory=list)
    targets: list[Json] = field(default_factory=list)
    policies: list[Json] = field(default_factory=list)
    scheduled_actions: list[Json] = field(default_factory=list)
    remove_policies: list[Json] = field(default_factory=list)
    remove_targets: list[Json] = field(default_factory=list)


def decide(comparison: Comparison) -> Change:
    """Return the changes of each target and of everything on it."""
    change = Change()
    for each in comparison.requested:
        _register(change, comparison, each)
    for target in comparison.snapshot.targets:
        if comparison.blocks_update(target):
            change.deregister.append(target)
            if comparison.remains(target):
                _restore(change, comparison, target)
        elif not comparison.remains(target):
            change.remove_targets.append(target)
        else:
            _remove_own(change, comparison, target)
    return change


def scaled_variants(comparison: Comparison, change: Change) -> set[str]:
    """Names of variants that are scaled after the deployment."""
    gone = {key(target) for target in [*change.deregister, *change.remove_targets]}
    stay = [target for target in comparison.snapshot.targets if key(target) not in gone]
    targets = [*stay, *change.targets, *(each.target for each in comparison.requested)]
    return {variant_name(target["ResourceId"]) for target in targets}


def step_policy_faults(comparison: Comparison) -> Iterable[Fault]:
    """Yield a fault for each step policy on a target that has to be deregistered.

    A step policy that is put again has another ARN, so its owner's alarms would no longer trigger it (Application Auto
    Scaling user guide, step scaling).
    """
    names = [variant["VariantName"] for variant in comparison.after["ProductionVariants"]]
    for target in filter(comparison.blocks_update, comparison.snapshot.targets):
        name = variant_name(target["ResourceId"])
        pointer = f"/productionVariants/{names.index(name)}" if name in names else "/productionVariants"
        for policy in comparison.snapshot.on(target).policies:
            if policy["PolicyType"] == "StepScaling":
                problem = (
                    f"variant {name} must be deregistered from scaling for this change. That deletes its step policy "
                    f"{policy['PolicyName']}, and the alarms that trigger the policy would have no target"
                )
                yield Fault(pointer, problem, f"If the policy can go, delete it first: {_deletion_command(policy)}")


def _register(change: Change, comparison: Comparison, each: VariantScaling) -> None:
    """Register the requested scaling, unless it is already registered and remains."""
    found = next((target for target in comparison.snapshot.targets if key(target) == key(each.target)), None)
    if found is None:
        change.targets.append(each.target)
        change.policies.append(each.policy)
    elif comparison.blocks_update(found):
        # Suspended scaling stays suspended, because a user suspended it on purpose.
        change.targets.append(each.target | {"SuspendedState": found["SuspendedState"]})
        change.policies.append(each.policy)
    elif not (
        is_registered(each.target, [found]) and is_registered(each.policy, comparison.snapshot.on(found).policies)
    ):
        change.targets.append(each.target)
        change.policies.append(each.policy)


def _restore(change: Change, comparison: Comparison, target: Json) -> None:
    """Register external scaling again, on a variant that remains after its deregistration."""
    external = comparison.external_on(target)
    is_external = not comparison.own_on(target) or external != Snapshot()
    if not comparison.is_requested(target) and is_external:
        change.targets.append(target)
    change.policies += external.policies
    change.scheduled_actions += external.scheduled_actions


def _remove_own(change: Change, comparison: Comparison, target: Json) -> None:
    """Remove Slipway's scaling that is no longer requested; preserve external scaling."""
    requested = {each.policy["PolicyName"] for each in comparison.requested if key(each.target) == key(target)}
    stale = [policy for policy in comparison.own_on(target) if policy["PolicyName"] not in requested]
    if stale and not requested and comparison.external_on(target) == Snapshot():
        change.remove_targets.append(target)
    else:
        change.remove_policies += stale


def _deletion_command(policy: Json) -> str:
    return (
        f"aws application-autoscaling delete-scaling-policy --service-namespace {policy['ServiceNamespace']} "
        f"--resource-id {policy['ResourceId']} --scalable-dimension {policy['ScalableDimension']} "
        f"--policy-name {policy['PolicyName']}"
    )
