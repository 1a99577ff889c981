"""The steps for the scaling of an endpoint, each with its undo."""

from collections.abc import Iterator
from dataclasses import dataclass

from plan_deployment.scaling import warnings
from plan_deployment.scaling.changes import Change, Comparison, decide, scaled_variants, step_policy_faults
from plan_deployment.scaling.requested import requested_scaling
from plan_deployment.scaling.variant_scaling import VariantScaling
from plan_deployment.situation import Situation
from plan_deployment.variants import by_name, variants_of
from shared.aws import Client, Json
from shared.errors import InvalidRequest
from shared.plan import Call, Phase, ScaledVariant, Step
from shared.planning import calls
from shared.planning.faults import Fault, message
from shared.planning.scaling_snapshot import Snapshot, key, take


@dataclass(frozen=True)
class ScalingPlan:
    """Steps for the endpoint's scaling.

    Attributes
    ----------
    registered : Snapshot
        The scaling that is registered before.
    prepare, scale : list of Step
        Steps before the endpoint changes, and after it.
    variants : list of ScaledVariant
        How the request scales each variant.
    scaled : set of str
        Names of variants that are scaled after the deployment, by the request or by others.
    """

    registered: Snapshot
    prepare: list[Step]
    scale: list[Step]
    variants: list[ScaledVariant]
    scaled: set[str]
    warnings: list[str]


def plan_scaling(situation: Situation, before: Json | None, autoscaling: Client) -> ScalingPlan:
    """Return the steps for the endpoint's scaling.

    Parameters
    ----------
    before : Json or None
        The live config of an endpoint that is updated.

    Raises
    ------
    InvalidRequest
        If a step policy would have to be deregistered.
    """
    endpoint, config, name = situation.live, situation.content.config, situation.endpoint_name
    snapshot = Snapshot()
    if endpoint:
        known = [*variants_of(config), *variants_of(endpoint), *variants_of(before)]
        snapshot = take(autoscaling, name, by_name(known))
    scaling = situation.source.request.scaling
    asked = requested_scaling(name, config, scaling, snapshot.policies, alarm_prefix="")
    if any(len(each.policies) != 1 or each.alarms or each.scheduled_actions for each in asked):
        problem = "has more than one policy, steps or scheduled actions, which this version checks and cannot register"
        raise InvalidRequest(message("The request", [Fault("/autoscaling", problem, "Give one targetTracking policy")]))
    requested = [VariantScaling(each.target, each.policies[0]) for each in asked]
    comparison = Comparison(name, snapshot, before, config, requested, is_update=situation.updated is not None)
    faults = list(step_policy_faults(comparison))
    if faults:
        raise InvalidRequest(message("The request", faults))
    change = decide(comparison)
    return ScalingPlan(
        registered=snapshot,
        prepare=[_deregistration("prepare", target, snapshot) for target in change.deregister],
        scale=list(_scale(change, snapshot)),
        variants=[each.summary() for each in requested],
        scaled=scaled_variants(comparison, change),
        warnings=list(warnings.warnings(comparison)),
    )


def _scale(change: Change, snapshot: Snapshot) -> Iterator[Step]:
    for body in change.targets:
        found = next((target for target in snapshot.targets if key(target) == key(body)), None)
        undo = calls.register_target(found) if found else calls.deregister_target(body)
        yield calls.step("scale", calls.register_target(body), [undo])
    for body in change.policies:
        yield calls.step("scale", calls.put_policy(body), [_undo_of_policy(body, snapshot)])
    for body in change.scheduled_actions:  # only what was there before, so the same call undoes it
        yield calls.step("scale", calls.put_scheduled_action(body), [calls.put_scheduled_action(body)])
    for policy in change.remove_policies:
        yield calls.step("scale", calls.delete_policy(policy), [calls.put_policy(policy)])
    for target in change.remove_targets:
        yield _deregistration("scale", target, snapshot)


def _deregistration(phase: Phase, target: Json, snapshot: Snapshot) -> Step:
    """Return the step that deregisters the target, which also deletes what is on it."""
    return calls.step(phase, calls.deregister_target(target), snapshot.on(target).registrations())


def _undo_of_policy(body: Json, snapshot: Snapshot) -> Call:
    on_it = snapshot.on(body).policies
    found = next((policy for policy in on_it if policy["PolicyName"] == body["PolicyName"]), None)
    return calls.put_policy(found) if found else calls.delete_policy(body)
