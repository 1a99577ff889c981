"""The steps for the scaling of an endpoint, each with its undo."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plan_deployment.scaling import warnings
from plan_deployment.scaling.alarm_steps import ScalingAlarms, plan_scaling_alarms
from plan_deployment.scaling.changes import Change, Comparison, decide, scaled_components, scaled_variants
from plan_deployment.scaling.requested import ResourceScaling, requested_scaling
from plan_deployment.scaling.step_policies import external_alarm_faults, external_policy_faults
from plan_deployment.situation import Situation
from plan_deployment.variants import by_name, variants_of
from shared.alarms import triggers_scaling
from shared.aws import Client, Json
from shared.errors import InvalidRequest
from shared.plan import Call, Phase, ScaledResource, Step
from shared.planning import calls
from shared.planning.faults import message
from shared.planning.scaling_snapshot import Snapshot, key, take
from shared.rates import rate_in_force


@dataclass(frozen=True)
class ScalingPlan:
    """Steps for the endpoint's scaling.

    Attributes
    ----------
    registered : Snapshot
        The scaling that is registered before.
    prepare, scale : list of Step
        Steps before the endpoint changes, and after it.
    resources : list of ScaledResource
        How the request scales each variant or inference component.
    scaled : set of str
        Names of variants that are scaled after the deployment, by the request or by others.
    scaled_components : set of str
        The same of inference components, in lower case.
    in_effect : list of Call
        Calls that would register the requested scaling that is registered already.
    restorations : list of Call
        Calls that register everything that is registered before, and put its alarms.
    alarm_names : list of str
        Existing alarms of step policies.
    """

    registered: Snapshot
    prepare: list[Step]
    scale: list[Step]
    resources: list[ScaledResource]
    scaled: set[str]
    scaled_components: set[str]
    in_effect: list[Call]
    restorations: list[Call]
    alarm_names: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class AlarmsOfEndpoint:
    """What the plan knows about the endpoint's alarms.

    Attributes
    ----------
    prefix : str
        Beginning of their names.
    existing : callable
        Returns the existing ones by name, as bodies of PutMetricAlarm.
    triggering : callable
        Returns the names of all alarms that trigger the policy with an ARN.
    tags : list of Json
        Tags of those that are put.
    """

    prefix: str
    existing: Callable[[], dict[str, Json]]
    triggering: Callable[[str], list[str]]
    tags: list[Json]

    def external_triggers(self, policy_arn: str) -> list[str]:
        """Return the names of the alarms that trigger the policy, without those that Slipway created."""
        own = [name for name, alarm in self.existing().items() if triggers_scaling(alarm)]
        return [name for name in self.triggering(policy_arn) if name not in own]


def plan_scaling(
    situation: Situation, before: Json | None, autoscaling: Client, alarms: AlarmsOfEndpoint, now: str
) -> ScalingPlan:
    """Return the steps for the endpoint's scaling.

    Parameters
    ----------
    before : Json or None
        The live config of an endpoint that is updated.
    now : str
        The time; ISO 8601.

    Raises
    ------
    InvalidRequest
        If an external step policy would be deleted, or a step policy that an external alarm triggers.
    """
    endpoint, config, name = situation.live, situation.content.config, situation.endpoint_name
    components = situation.components.names if situation.components else []
    snapshot = Snapshot()
    if endpoint:
        known = [*variants_of(config), *variants_of(endpoint), *variants_of(before)]
        snapshot = take(autoscaling, name, by_name(known), components)
    requested = requested_scaling(
        name, config, situation.source.request.scaling, snapshot.policies, alarms.prefix, components, now
    )
    rates = [rate_in_force(each.target, each.scheduled_actions, snapshot) for each in requested]
    requested = [each.with_bounds_of(rate) for each, rate in zip(requested, rates, strict=True)]
    comparison = Comparison(
        name,
        snapshot,
        before,
        config,
        requested,
        is_update=situation.updated is not None,
        components={each.name.lower() for each in situation.source.components},
    )
    change = decide(comparison)
    faults = [
        *external_policy_faults(comparison),
        *external_alarm_faults(comparison, change, alarms.external_triggers),
    ]
    if faults:
        raise InvalidRequest(message("The request", faults))
    on_deregistered = [policy for target in change.deregister for policy in snapshot.on(target).policies]
    scaling_alarms = plan_scaling_alarms(
        requested,
        alarms.existing() if endpoint or any(each.alarms for each in requested) else {},
        snapshot,
        [*on_deregistered, *change.replace_policies],
        alarms.tags,
    )
    return ScalingPlan(
        registered=snapshot,
        prepare=[_deregistration("prepare", target, snapshot) for target in change.deregister],
        scale=list(_scale(change, snapshot, scaling_alarms)),
        resources=_summaries(requested),
        scaled=scaled_variants(comparison, change),
        scaled_components=scaled_components(comparison, change),
        in_effect=[*change.in_effect.registrations(), *scaling_alarms.in_effect],
        restorations=[*snapshot.registrations(), *scaling_alarms.before.values()],
        alarm_names=list(scaling_alarms.before),
        warnings=[*warnings.warnings(comparison), *(warnings.kept_bounds(rate) for rate in rates if rate)],
    )


def _summaries(requested: list[ResourceScaling]) -> list[ScaledResource]:
    if not requested:
        return []
    # Imported on demand: many requests scale nothing, and a cold start is CPU-bound.
    from plan_deployment.scaling.summary import summary

    return [summary(each) for each in requested]


def _scale(change: Change, snapshot: Snapshot, alarms: ScalingAlarms) -> Iterator[Step]:
    """Yield the steps; a policy goes before others are put, because one target-tracking policy may follow a metric."""
    yield from alarms.delete
    for policy in [*change.replace_policies, *change.remove_policies]:
        yield calls.step("scale", calls.delete_policy(policy), [calls.put_policy(policy)])
    for body in change.targets:
        found = next((target for target in snapshot.targets if key(target) == key(body)), None)
        undo = calls.register_target(found) if found else calls.deregister_target(body)
        yield calls.step("scale", calls.register_target(body), [undo])
    for body in change.policies:
        yield calls.step("scale", calls.put_policy(body), [_undo_of_policy(body, snapshot)])
    yield from alarms.put
    for body in change.scheduled_actions:
        yield calls.step("scale", calls.put_scheduled_action(body), [_undo_of_action(body, snapshot)])
    for action in change.remove_actions:
        yield calls.step("scale", calls.delete_scheduled_action(action), [calls.put_scheduled_action(action)])
    for target in change.remove_targets:
        yield _deregistration("scale", target, snapshot)


def _deregistration(phase: Phase, target: Json, snapshot: Snapshot) -> Step:
    """Return the step that deregisters the target, which also deletes what is on it."""
    return calls.step(phase, calls.deregister_target(target), snapshot.on(target).registrations())


def _undo_of_policy(body: Json, snapshot: Snapshot) -> Call:
    on_it = snapshot.on(body).policies
    found = next((policy for policy in on_it if policy["PolicyName"] == body["PolicyName"]), None)
    return calls.put_policy(found) if found else calls.delete_policy(body)


def _undo_of_action(body: Json, snapshot: Snapshot) -> Call:
    on_it, name = snapshot.on(body).scheduled_actions, body["ScheduledActionName"]
    found = next((action for action in on_it if action["ScheduledActionName"] == name), None)
    return calls.put_scheduled_action(found) if found else calls.delete_scheduled_action(body)
