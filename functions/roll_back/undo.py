"""Undo calls of the plan for scaling and alarms that are still necessary, because their effect is missing."""

from collections.abc import Iterable, Iterator

from shared import off_hours
from shared.alarms import are_equal, triggers_scaling, without_policies
from shared.alarms import policy_arns as alarm_policy_arns
from shared.autoscaling import component_id, is_of_component, variant_name
from shared.aws import Json
from shared.plan import Call, DeploymentPlan, Service, in_effect
from shared.planning.calls import create_schedule, update_schedule
from shared.planning.scaling_snapshot import Target, policy_key
from shared.registered import differences_of_schedule

AUTOSCALING: Service = "application-autoscaling"
CLOUDWATCH: Service = "cloudwatch"
SCHEDULER: Service = "scheduler"
REGISTER, DEREGISTER = "RegisterScalableTarget", "DeregisterScalableTarget"
# By the operation that removes a resource, the one that creates or changes it; both in the order of a rollback.
PUT_OF = {
    DEREGISTER: REGISTER,
    "DeleteScalingPolicy": "PutScalingPolicy",
    "DeleteScheduledAction": "PutScheduledAction",
    "DeleteAlarms": "PutMetricAlarm",
}
ORDER = [*PUT_OF, *PUT_OF.values()]

# Operation that creates or changes a resource, and the names that identify the resource.
Key = tuple[str, ...]
# Identity of a scaling policy.
Policy = tuple[Target, str]
# For each existing resource, the request that would create it as it is.
Existing = dict[Key, Json]


def undo_calls(plan: DeploymentPlan, service: Service) -> list[Call]:
    """The plan's undo calls of a service, those of the last step first, each once."""
    return _once(call for step in reversed(plan["steps"]) for call in step["undo"] if call["service"] == service)


def previous_calls(plan: DeploymentPlan, service: Service) -> list[Call]:
    """The calls of a service that register again what no step changes, each resource once."""
    if not plan["previous"]:
        return []
    known = [call for call in [*in_effect(plan), *plan["previous"]["scaling"]] if call["service"] == service]
    return list({key_of(call["operation"], call["request"]): call for call in known}.values())


def undo_call(plan: DeploymentPlan, operation: str) -> list[Call]:
    """The plan's undo call of this operation; empty if there is none."""
    return [call for step in plan["steps"] for call in step["undo"] if call["operation"] == operation][:1]


def deletions_of_models(plan: DeploymentPlan) -> list[Call]:
    """The undo calls that delete the models that the plan creates."""
    return [call for step in plan["steps"] for call in step["undo"] if call["operation"] == "DeleteModel"]


def restore_scaling(plan: DeploymentPlan, existing: Existing) -> list[Call]:
    """The calls that restore the scaling.

    These are the undo calls of the plan, and registrations for everything else that was registered before and is gone:
    SageMaker deregisters the variants that it deletes, and a rollback deregisters targets that would block it.
    """
    previous = previous_calls(plan, AUTOSCALING)
    gone = [call for call in previous if key_of(call["operation"], call["request"]) not in existing]
    restored = missing([*undo_calls(plan, AUTOSCALING), *gone], existing)
    # Nothing can be put on a target that others have deregistered.
    registered = {_target(call["request"]) for call in restored if call["operation"] == REGISTER}
    registered |= {_target(request) for (put, *_), request in existing.items() if put == REGISTER}
    return [call for call in restored if call["operation"] in PUT_OF or _target(call["request"]) in registered]


def restore_alarms(plan: DeploymentPlan, existing: Existing) -> list[Call]:
    """The calls that restore the alarms, except those of scaling."""
    return [call for call in missing(undo_calls(plan, CLOUDWATCH), existing) if not _is_of_scaling(call, existing)]


def remove_scaling_alarms(plan: DeploymentPlan, existing: Existing) -> list[Call]:
    """The calls that delete the alarms of the plan's step policies, which comes before the policies are deleted."""
    calls = missing(undo_calls(plan, CLOUDWATCH), existing)
    return [call for call in calls if call["operation"] in PUT_OF and _is_of_scaling(call, existing)]


def restore_scaling_alarms(
    plan: DeploymentPlan, existing: Existing, policy_arns: dict[str, Json], scaling: Iterable[Call]
) -> list[Call]:
    """The calls that restore the alarms of step policies, after the policies; none whose policy others have deleted.

    Parameters
    ----------
    policy_arns : dict of str to Json
        The registered policies by their ARNs.
    scaling : iterable of Call
        The calls of the rollback that restore the scaling. A policy that they put can have another ARN than before.
    """
    put = [policy_key(call["request"]) for call in scaling if call["operation"] == "PutScalingPolicy"]
    arns = {policy_key(body): arn for arn, body in policy_arns.items() if policy_key(body) not in put}
    calls = [*undo_calls(plan, CLOUDWATCH), *previous_calls(plan, CLOUDWATCH)]
    return [
        call
        for call in _once(calls)
        if call["operation"] == "PutMetricAlarm"
        and _is_of_scaling(call, existing)
        and ("policy" not in call or policy_key(call["policy"]) in [*arns, *put])
        and not _is_restored(call, existing, arns)
    ]


def _is_of_scaling(call: Call, existing: Existing) -> bool:
    found = [existing[key] for key in _keys(call) if key in existing]
    return any(map(triggers_scaling, [call["request"], *found]))


def _is_restored(call: Call, existing: Existing, arns: dict[Policy, str]) -> bool:
    """Whether the alarm exists as the call would put it, with the ARN of its policy as its action."""
    found = existing.get(key_of(call["operation"], call["request"]))
    if found is None:
        return False
    if "policy" not in call:
        return are_equal(call["request"], found)
    is_triggering = alarm_policy_arns(found) == [arns.get(policy_key(call["policy"]))]
    return is_triggering and are_equal(call["request"], without_policies(found))


def restore_schedules(plan: DeploymentPlan, existing: Existing) -> Iterator[Call]:
    """Yield the calls that restore the schedules, whatever others did to them since."""
    for call in undo_calls(plan, SCHEDULER):
        request, found = call["request"], existing.get(off_hours.key(call["request"]))
        if call["operation"] == "DeleteSchedule":
            if found is not None:
                yield call
        elif found is None:
            yield create_schedule(request)
        elif differences_of_schedule(request, found):
            yield update_schedule(request)


def missing(calls: Iterable[Call], existing: Existing) -> list[Call]:
    """The calls whose effect is missing, removals first.

    Two target-tracking policies of one target cannot follow the same metric (Application Auto Scaling user guide,
    target tracking), so the plan's policy has to go before the previous one is put.
    """
    calls = sorted(_once(calls), key=lambda call: ORDER.index(call["operation"]))
    removals = [call for call in calls if call["operation"] in PUT_OF and _keys(call) & existing.keys()]
    targets = [call["request"] for call in removals if call["operation"] == DEREGISTER]
    left = without(existing, targets)
    # A deregistered target takes its policies and scheduled actions with it.
    removals = [call for call in removals if call["operation"] == DEREGISTER or _keys(call) & left.keys()]
    left = after(removals, left)
    return removals + [call for call in calls if call["operation"] not in PUT_OF and not _is_as_put(call, left)]


def blocking(live: Json | None, previous: Json | None, existing: Existing) -> list[Json]:
    """The registered targets for which SageMaker would refuse the update to the previous config.

    No update may remove a registered variant or change its instance type (SageMaker developer guide,
    endpoint-scaling-update). If one of the configs was deleted, all targets count.

    Parameters
    ----------
    live, previous : Json or None
        DescribeEndpointConfig's answers.
    """
    targets = [
        request
        for key, request in existing.items()
        if key[0] == REGISTER and not is_of_component(request["ResourceId"])
    ]
    if live is None or previous is None:
        return targets
    before, after = _hosts(live), _hosts(previous)
    return [
        target
        for target in targets
        if (name := variant_name(target["ResourceId"])) not in after or before.get(name) != after[name]
    ]


def on_components(names: Iterable[str], existing: Existing) -> list[Json]:
    """The registered targets of inference components."""
    resources = {component_id(name) for name in names}
    return [request for key, request in existing.items() if key[0] == REGISTER and request["ResourceId"] in resources]


def after(removals: Iterable[Call], existing: Existing) -> Existing:
    """Return what still exists after these calls, which remove it."""
    removed = {key for call in removals for key in _keys(call)}
    return {key: request for key, request in existing.items() if key not in removed}


def without(existing: Existing, targets: Iterable[Json]) -> Existing:
    """Return what still exists after these targets are deregistered."""
    gone = {_target(target) for target in targets}
    return {key: request for key, request in existing.items() if _target(request) not in gone}


def key_of(put: str, request: Json) -> Key:
    """Key of the resource that the operation `put` creates or changes."""
    if put == "PutMetricAlarm":
        return put, request["AlarmName"]
    name = {"PutScalingPolicy": "PolicyName", "PutScheduledAction": "ScheduledActionName"}.get(put)
    return put, *_target(request), *([request[name]] if name else [])


def _keys(call: Call) -> set[Key]:
    put, request = PUT_OF.get(call["operation"], call["operation"]), call["request"]
    if "AlarmNames" in request:
        return {key_of(put, {"AlarmName": name}) for name in request["AlarmNames"]}
    return {key_of(put, request)}


def _is_as_put(call: Call, existing: Existing) -> bool:
    found, request = existing.get(key_of(call["operation"], call["request"])), call["request"]
    if found is None:
        return False
    return are_equal(request, found) if call["service"] == CLOUDWATCH else request == found


def _target(request: Json) -> tuple[str, str]:
    return request.get("ResourceId", ""), request.get("ScalableDimension", "")


def _once(calls: Iterable[Call]) -> list[Call]:
    found: list[Call] = []
    for call in calls:
        if not any((call["operation"], call["request"]) == (each["operation"], each["request"]) for each in found):
            found.append(call)
    return found


def _hosts(config: Json) -> dict[str, list[str]]:
    """Return the instance types of each variant, also those of instance pools; none of a serverless variant."""
    return {
        variant["VariantName"]: sorted(
            place["InstanceType"] for place in variant.get("InstancePools", [variant]) if "InstanceType" in place
        )
        for variant in config["ProductionVariants"]
    }
