"""Changes of the scaling: deregistrations before the update, registrations after it, removals at the end.

An inference component is deregistered before the update, too: nothing may scale a component that is deleted, or whose
number of copies the request sets.

SageMaker refuses an update that removes a variant that is registered for scaling, or changes its instance type
(SageMaker developer guide, endpoint-scaling-update). Only such targets are deregistered before the update. No scaling
has to be suspended, because SageMaker blocks scaling during an update.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from plan_deployment.scaling.requested import ResourceScaling
from plan_deployment.variants import by_name, dimension, instance_types, variants_of
from shared.autoscaling import is_of_component, variant_name
from shared.aws import Json
from shared.planning.names import is_own_scaling
from shared.planning.scaling_snapshot import Snapshot, key
from shared.registered import SUSPENDED, is_registered


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
    requested : list of ResourceScaling
        The requested scaling.
    components : collection of str
        Names, in lower case, of the requested inference components.
    """

    endpoint_name: str
    snapshot: Snapshot
    before: Json | None
    after: Json
    requested: list[ResourceScaling]
    is_update: bool
    components: Collection[str] = ()

    def external_on(self, target: Json) -> Snapshot:
        """Policies and scheduled actions on the target that are neither Slipway's nor requested."""
        asked, on_it = self.requested_on(target), self.snapshot.on(target)
        requested = {policy["PolicyName"] for policy in asked.policies} if asked else set()
        policies = [p for p in on_it.policies if not self.is_own(p) and p["PolicyName"] not in requested]
        return Snapshot([], policies, [action for action in on_it.scheduled_actions if not self.is_own(action)])

    def own_on(self, target: Json) -> Snapshot:
        """Policies and scheduled actions on the target that Slipway created."""
        on_it = self.snapshot.on(target)
        return Snapshot(
            [], list(filter(self.is_own, on_it.policies)), list(filter(self.is_own, on_it.scheduled_actions))
        )

    def is_own(self, body: Json) -> bool:
        """Whether the policy or scheduled action has a name that Slipway gives."""
        return is_own_scaling(self.endpoint_name, body)

    def requested_on(self, target: Json) -> ResourceScaling | None:
        """The requested scaling of the target."""
        return next((each for each in self.requested if key(each.target) == key(target)), None)

    def is_requested(self, target: Json) -> bool:
        """Whether the target is part of the requested scaling."""
        return self.requested_on(target) is not None

    def remains(self, target: Json) -> bool:
        """Whether the variant or inference component remains and can be scaled in the target's dimension."""
        if is_component(target):
            return component_of(target) in self.components
        variant = by_name(variants_of(self.after)).get(variant_name(target["ResourceId"]))
        return variant is not None and dimension(variant) == target["ScalableDimension"]

    def is_deregistered(self, target: Json) -> bool:
        """Whether the target is deregistered before the endpoint and its inference components change."""
        return self.blocks_update(target) or (is_component(target) and not self.remains(target))

    def blocks_update(self, target: Json) -> bool:
        """Whether SageMaker may refuse the update because of this target; True if the live config was deleted."""
        if not self.is_update or is_component(target):
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
        Targets that are deregistered before the endpoint and its inference components change.
    targets, policies, scheduled_actions : list of Json
        Bodies of RegisterScalableTarget, PutScalingPolicy and PutScheduledAction, after the update: the requested
        scaling, and external scaling on targets that were deregistered.
    in_effect : Snapshot
        The requested scaling that is registered already.
    replace_policies : list of Json
        Policies that are deleted before a policy of another type is put under the same name.
    remove_policies : list of Json
        Policies that are removed before others are put.
    remove_actions, remove_targets : list of Json
        Scheduled actions and targets that are removed in the end.
    """

    deregister: list[Json] = field(default_factory=list)
    targets: list[Json] = field(default_factory=list)
    policies: list[Json] = field(default_factory=list)
    scheduled_actions: list[Json] = field(default_factory=list)
    in_effect: Snapshot = field(default_factory=Snapshot, compare=False)
    replace_policies: list[Json] = field(default_factory=list)
    remove_policies: list[Json] = field(default_factory=list)
    remove_actions: list[Json] = field(default_factory=list)
    remove_targets: list[Json] = field(default_factory=list)

    def deleted_policies(self, snapshot: Snapshot) -> list[Json]:
        """Return the registered policies that the changes delete, also those that are put again afterwards."""
        on_targets = [p for target in [*self.deregister, *self.remove_targets] for p in snapshot.on(target).policies]
        return [*on_targets, *self.replace_policies, *self.remove_policies]

    def remove(self, target: Json) -> None:
        """Add the removal of a target."""
        (self.deregister if is_component(target) else self.remove_targets).append(target)


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
            change.remove(target)
        else:
            _remove_own(change, comparison, target)
    return change


def scaled_variants(comparison: Comparison, change: Change) -> set[str]:
    """Names of variants that are scaled after the deployment."""
    found = _registered(comparison, change)
    return {variant_name(target["ResourceId"]) for target in found if not is_component(target)}


def scaled_components(comparison: Comparison, change: Change) -> set[str]:
    """The same of inference components, in lower case."""
    return {component_of(target) for target in _registered(comparison, change) if is_component(target)}


def _registered(comparison: Comparison, change: Change) -> list[Json]:
    """Targets that are registered after the deployment."""
    gone = {key(target) for target in [*change.deregister, *change.remove_targets]}
    stay = [target for target in comparison.snapshot.targets if key(target) not in gone]
    return [*stay, *change.targets, *(each.target for each in comparison.requested)]


def is_component(body: Json) -> bool:
    """Whether a target, or what is on it, belongs to an inference component."""
    return is_of_component(body["ResourceId"])


def component_of(body: Json) -> str:
    """Return the inference component of a target, in lower case."""
    return str(body["ResourceId"]).rpartition("/")[2].lower()


def _register(change: Change, comparison: Comparison, each: ResourceScaling) -> None:
    """Register the requested scaling, except what is registered already and remains."""
    found = next((target for target in comparison.snapshot.targets if key(target) == key(each.target)), None)
    if found is None:
        change.targets.append(each.target)
        change.policies += each.policies
        change.scheduled_actions += each.scheduled_actions
    elif comparison.blocks_update(found):
        # Suspended scaling stays suspended unless the request says otherwise, because a user suspended it on purpose.
        change.targets.append(each.target | {SUSPENDED: found[SUSPENDED] | each.target.get(SUSPENDED, {})})
        change.policies += each.policies
        change.scheduled_actions += each.scheduled_actions
    else:
        _change(change, comparison.snapshot.on(found), each)


def _change(change: Change, on_it: Snapshot, each: ResourceScaling) -> None:
    for bodies, found, changed, in_effect in (
        ([each.target], on_it.targets, change.targets, change.in_effect.targets),
        (each.policies, on_it.policies, change.policies, change.in_effect.policies),
        (
            each.scheduled_actions,
            on_it.scheduled_actions,
            change.scheduled_actions,
            change.in_effect.scheduled_actions,
        ),
    ):
        for body in bodies:
            there = next((each for each in found if is_registered(body, [each])), None)
            if there is None:
                changed.append(body)
            else:  # as it is registered, so that a rollback can restore it, too; a user may suspend a target meanwhile
                in_effect.append(body if SUSPENDED in there else there)
    types = {policy["PolicyName"]: policy["PolicyType"] for policy in each.policies}
    # AWS does not say that PutScalingPolicy changes the type of a policy.
    change.replace_policies += [
        policy
        for policy in on_it.policies
        if types.get(policy["PolicyName"], policy["PolicyType"]) != policy["PolicyType"]
    ]


def _restore(change: Change, comparison: Comparison, target: Json) -> None:
    """Register external scaling again, on a variant that remains after its deregistration."""
    external = comparison.external_on(target)
    is_external = comparison.own_on(target) == Snapshot() or external != Snapshot()
    if not comparison.is_requested(target) and is_external:
        change.targets.append(target)
    change.policies += external.policies
    change.scheduled_actions += external.scheduled_actions


def _remove_own(change: Change, comparison: Comparison, target: Json) -> None:
    """Remove Slipway's scaling that is no longer requested; preserve external scaling."""
    own, asked = comparison.own_on(target), comparison.requested_on(target)
    if asked is None and own != Snapshot() and comparison.external_on(target) == Snapshot():
        change.remove(target)
        return
    policies = {policy["PolicyName"] for policy in asked.policies} if asked else set()
    actions = {action["ScheduledActionName"] for action in asked.scheduled_actions} if asked else set()
    change.remove_policies += [each for each in own.policies if each["PolicyName"] not in policies]
    change.remove_actions += [each for each in own.scheduled_actions if each["ScheduledActionName"] not in actions]
