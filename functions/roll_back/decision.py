"""The remaining steps of a rollback, decided only from the plan and the existing resources."""

from collections.abc import Iterable
from dataclasses import replace

from roll_back.component_undo import undo_components
from roll_back.steps import Rollback, RollbackStep, Wait
from roll_back.survey import CONFIG, ENDPOINT, Survey, model_key
from roll_back.undo import (
    Existing,
    after,
    blocking,
    deletions_of_models,
    key_of,
    on_components,
    remove_scaling_alarms,
    restore_alarms,
    restore_scaling,
    restore_scaling_alarms,
    restore_schedules,
    undo_call,
    without,
)
from shared import endpoints, weights
from shared.aws import Json
from shared.plan import Call, DeploymentPlan, Previous
from shared.planning import calls

CHANGING_WAIT_SECONDS = 30
DELETING_WAIT_SECONDS = 15
# SageMaker refuses updates and deletions in these statuses: "Cannot update in-progress endpoint".
IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
# SageMaker cannot update an endpoint in these statuses (SageMaker API reference, DescribeEndpoint).
NOT_UPDATABLE = {
    "Failed": "it serves no traffic, and SageMaker allows only its deletion",
    "OutOfService": "it serves no traffic",
    "UpdateRollbackFailed": (
        "it serves a mix of both configs, so both are kept. AWS Support may be able to repair it. The commands delete "
        "it and create it again: run them only if its traffic can be interrupted for some minutes"
    ),
}


def rollback_for(plan: DeploymentPlan, found: Survey) -> Rollback:
    """Return all remaining steps, in an order that never deletes a resource in use.

    The inference components come first, because the deployment changed them last, and because SageMaker would keep them
    without their endpoint. What scales a component that is deleted is removed before it.
    """
    components = undo_components(plan, found.components)
    targets = on_components([each["InferenceComponentName"] for each in found.components.created], found.scaling)
    alarms = remove_scaling_alarms(plan, found.alarms) if targets else []
    first = (*alarms, *map(calls.deregister_target, targets), *components.steps)
    rest = _endpoint(plan, replace(found, scaling=without(found.scaling, targets), alarms=after(alarms, found.alarms)))
    keep = components.keep | rest.keep
    # An obstacle of the rest is decided again when the components are as before.
    return Rollback((*first, *rest.steps), keep, components.obstacle if first else rest.obstacle)


def _endpoint(plan: DeploymentPlan, found: Survey) -> Rollback:
    """Return the remaining steps for the endpoint and what it uses.

    First the endpoint returns to its previous config, or is deleted. Then follow its scaling, its alarms (SageMaker may
    watch them until then), the config, and the model. A config must exist while its endpoint is created, updated or
    deleted: otherwise its instances may become invisible (SageMaker API reference, DeleteEndpointConfig).
    """
    endpoint = found.endpoint
    if endpoint is None:
        return _without_endpoint(plan, found)
    status, pending = endpoint["EndpointStatus"], endpoints.pending_config(endpoint)
    if ENDPOINT in found.ours and not found.components.others:
        return _delete(plan, found, status)
    if ENDPOINT in found.ours:
        names = ", ".join(each["InferenceComponentName"] for each in found.components.others)
        return _leave(plan, found, endpoint, f"another user or tool created inference components on it: {names}")
    if status == "Deleting":
        return _sequence((_wait_for_deletion(plan),), _without_endpoint(plan, found))
    if plan["action"] == "create" or status == "Creating":
        return _leave(plan, found, endpoint, "this execution did not create it")
    if status in NOT_UPDATABLE:
        return _recreate(plan, found, endpoint)
    if status in IN_PROGRESS or pending:
        return _wait(plan, found, endpoint, pending)
    return _roll_back_from(plan, found, endpoint, endpoint["EndpointConfigName"])


def _delete(plan: DeploymentPlan, found: Survey, status: str) -> Rollback:
    """Delete the endpoint that this execution created as soon as SageMaker allows it."""
    alarms = remove_scaling_alarms(plan, found.alarms)
    before = [_wait_for_service(plan)] if status in IN_PROGRESS else []
    deletion = [] if status == "Deleting" else undo_call(plan, "DeleteEndpoint")
    return _sequence((*alarms, *before, *deletion, _wait_for_deletion(plan)), _remove(plan, found))


def _wait(plan: DeploymentPlan, found: Survey, endpoint: Json, pending: str | None) -> Rollback:
    """Wait for the update of this deployment, or its SageMaker rollback: neither can be stopped."""
    previous = plan["previous"]
    own = (plan["endpointConfigName"], previous["endpointConfigName"]) if previous else ()
    if pending and not any(endpoints.same_name(pending, name) for name in own):
        return _leave(plan, found, endpoint, f"another user or tool is updating it to config {pending}")
    reached = pending or endpoint["EndpointConfigName"]
    return _sequence((_wait_for_service(plan),), _roll_back_from(plan, found, endpoint, reached))


def _roll_back_from(plan: DeploymentPlan, found: Survey, endpoint: Json, live: str) -> Rollback:
    """Roll back from the live config, on an endpoint that is not changing."""
    previous = plan["previous"]
    if previous and endpoints.same_name(live, previous["endpointConfigName"]):
        return _restore(plan, found, found.scaling, weights.live(endpoint))
    is_ours = endpoints.same_name(live, plan["endpointConfigName"])
    if is_ours and previous:
        return _update_back(plan, found, previous)
    if is_ours and plan["action"] in ("none", "join"):
        return _sequence(_scaling(plan, found, found.scaling), _remove(plan, found, in_use=True))
    return _leave(plan, found, endpoint, f"another user or tool updated it to config {live}" if previous else None)


def _update_back(plan: DeploymentPlan, found: Survey, previous: Previous) -> Rollback:
    """Update the endpoint to its previous config."""
    targets = blocking(found.config, found.previous_config, found.scaling)
    update = [*map(calls.deregister_target, targets), *undo_call(plan, "UpdateEndpoint")]
    obstacle = None
    if found.previous_config is None:
        obstacle = (
            f"config {previous['endpointConfigName']}, which was live before, does not exist any more: another user "
            f"or tool deleted it. Config {plan['endpointConfigName']} stays live. Create the previous config again "
            "before you run the commands"
        )
    scaling = without(found.scaling, targets)
    rest = _restore(plan, found, scaling, _weights_of(found.previous_config))
    return _sequence((*update, _wait_for_service(plan)), rest, obstacle)


def _recreate(plan: DeploymentPlan, found: Survey, endpoint: Json) -> Rollback:
    """Return commands for an operator: only an operator may delete an endpoint that this execution did not create."""
    name, status, previous = plan["endpointName"], endpoint["EndpointStatus"], plan["previous"]
    if not previous:
        return _leave(plan, found, endpoint, f"it is {status}, and this execution did not update it")
    obstacle = f"endpoint {name} is {status}: {NOT_UPDATABLE[status]}"
    if found.previous_config is None:
        obstacle += (
            f". Config {previous['endpointConfigName']} was deleted by another user or tool: create it again before "
            "you run the commands"
        )
    steps = (
        calls.delete_endpoint(name),
        _wait_for_deletion(plan),
        calls.create_endpoint({"EndpointName": name, "EndpointConfigName": previous["endpointConfigName"]}),
        _wait_for_service(plan),
    )
    return _sequence(steps, _restore(plan, found, {}, _weights_of(found.previous_config)), obstacle)


def _restore(plan: DeploymentPlan, found: Survey, scaling: Existing, live: weights.Weights) -> Rollback:
    """Restore weights and scaling on the previous config, and delete unused resources of this execution.

    Parameters
    ----------
    scaling, live : Existing, dict of str to float
        Scaling and weights as they will be when the previous config is live.
    """
    previous = plan["previous"]
    rest = _sequence(_scaling(plan, found, scaling), _remove(plan, found))
    shift = undo_call(plan, "UpdateEndpointWeightsAndCapacities")
    if shift and previous and weights.differ(previous["weights"], live):
        return _sequence((*shift, _wait_for_service(plan)), rest)
    return rest


def _without_endpoint(plan: DeploymentPlan, found: Survey) -> Rollback:
    """Remove what remains without the endpoint: its scaling is deregistered with it."""
    return _sequence(remove_scaling_alarms(plan, found.alarms), _remove(plan, found))


def _scaling(plan: DeploymentPlan, found: Survey, scaling: Existing) -> list[Call]:
    """Restore the scaling and its alarms: an alarm is deleted before its policy, and put after it."""
    restored = restore_scaling(plan, scaling)
    registered = {arn: body for arn, body in found.policy_arns.items() if key_of("PutScalingPolicy", body) in scaling}
    return [
        *remove_scaling_alarms(plan, found.alarms),
        *restored,
        *restore_scaling_alarms(plan, found.alarms, registered, restored),
    ]


def _weights_of(config: Json | None) -> dict[str, float]:
    return weights.initial(config["ProductionVariants"]) if config else {}


def _leave(plan: DeploymentPlan, found: Survey, endpoint: Json, reason: str | None) -> Rollback:
    """Do not change an endpoint that belongs to another change; delete only what it cannot use."""
    # SageMaker allows only the deletion of a Failed endpoint, so its config stays as it is, too.
    is_at_rest = endpoint["EndpointStatus"] in (endpoints.IN_SERVICE, "Failed") and not endpoints.pending_config(
        endpoint
    )
    in_use = not is_at_rest or endpoints.same_name(endpoint["EndpointConfigName"], plan["endpointConfigName"])
    rest = _remove(plan, found, in_use=in_use)
    left = {f"endpoint {plan['endpointName']}": reason} if reason else {}
    if restore_scaling(plan, found.scaling):
        left[f"scaling of endpoint {plan['endpointName']}"] = "it belongs to the live config"
    return Rollback(rest.steps, left | rest.keep)


def _remove(plan: DeploymentPlan, found: Survey, *, in_use: bool = False) -> Rollback:
    """Restore alarms and schedules, and delete the config and then the models of this execution that nothing uses."""
    name = plan["endpointConfigName"]
    used = f"endpoint {plan['endpointName']} may use it" if in_use else found.users.get(CONFIG)
    removals: list[Call] = []
    keep: dict[str, str] = {}
    if CONFIG in found.ours and used:
        keep[f"{CONFIG} {name}"] = used
    elif CONFIG in found.ours:
        removals += undo_call(plan, "DeleteEndpointConfig")
    # A config of an endpoint with inference components names no models. Plans of the version before lack the field.
    is_config_user = found.config is not None and not removals and not plan.get("components")
    for call in deletions_of_models(plan):
        key = model_key(call["request"]["ModelName"])
        if key not in found.ours:
            continue
        if is_config_user:
            keep[key] = "the endpoint config uses it"
        elif key in found.users:
            keep[key] = found.users[key]
        else:
            removals.append(call)
    restored = (*restore_alarms(plan, found.alarms), *restore_schedules(plan, found.schedules))
    return Rollback((*restored, *removals), keep)


def _sequence(first: Iterable[RollbackStep], rest: Rollback, obstacle: str | None = None) -> Rollback:
    """Return the rollback with these steps before it; an obstacle of the rest is decided again after the wait."""
    return Rollback((*first, *rest.steps), rest.keep, obstacle)


def _wait_for_service(plan: DeploymentPlan) -> Wait:
    return Wait("endpoint-in-service", plan["endpointName"], CHANGING_WAIT_SECONDS)


def _wait_for_deletion(plan: DeploymentPlan) -> Wait:
    return Wait("endpoint-deleted", plan["endpointName"], DELETING_WAIT_SECONDS)
