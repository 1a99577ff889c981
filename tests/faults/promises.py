"""The promises of every execution, checked on the emulator's state, its call log and the notifications."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shared import weights
from shared.errors import BY_NAME
from tests.faults.world import World, includes
from tests.support.deployment import Run, Slipway
from tests.support.verdicts import denied

MAX_EVENTS = 2500
SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")
OUTCOMES = {"SUCCEEDED": "SUCCEEDED", "ABORTED": "ExecutionStopped", "TIMED_OUT": "ExecutionTimedOut"}
COMPONENTS = "inferenceComponents"
CHANGING = ("Create", "Update", "Delete", "Register", "Deregister", "Put")


def broken(slipway: Slipway, request: dict[str, Any], run: Run, before: World, after: World) -> list[str]:
    """Broken promises, one line each."""
    return [*closing_promises(slipway, run), *_outcome_promises(request, run, before, after), *privilege(run)]


def as_wanted(request: dict[str, Any], world: World, *, is_cleaned_up: bool = True) -> list[str]:
    """Differences between the world and the request."""
    return [
        *_serves(request, world),
        *_hosts(request, world),
        *_scales(request, world),
        *_has_alarms(request, world, is_cleaned_up),
        *_has_schedules(request, world),
    ]


def as_before(before: World, after: World) -> list[str]:
    """Differences between the world before and after."""
    return list(_differences(before if after.endpoint else without_failed_endpoint(before), after))


def without_failed_endpoint(world: World) -> World:
    """The world without an endpoint that serves no traffic, which a rollback does not create again."""
    serves = world.endpoint and world.endpoint["status"] in SERVING
    return world if serves else replace(world, endpoint=None)


def closing_promises(slipway: Slipway, run: Run) -> Iterator[str]:
    """A documented outcome, one notification, a bounded history."""
    outcome = OUTCOMES.get(run.status, run.error)
    if run.status == "FAILED" and run.error not in BY_NAME:
        yield f"{run.error} is not a documented error: {run.cause}"
    messages = slipway.messages_of(run.arn)
    outcomes = [message["attributes"]["outcome"] for message in messages]
    # The notification of a stopped execution may report an earlier outcome.
    if len(outcomes) != 1 or (run.status != "ABORTED" and outcomes != [outcome]):
        yield f"ended {outcome}, notifications are {outcomes}"
    if len(run.events) >= MAX_EVENTS:
        yield f"{len(run.events)} events"


def _outcome_promises(request: dict[str, Any], run: Run, before: World, after: World) -> Iterator[str]:
    """The reported outcome is true, and the change is made completely or not at all."""
    if after.held_by not in (None, run.arn, before.held_by):
        yield f"the lock is held by {after.held_by}"
    if before.endpoint and before.endpoint["status"] in SERVING and not _is_serving(after):
        yield f"the endpoint was live before and is not now: {after.endpoint}"
    if run.status == "SUCCEEDED":
        # A clean-up that fails is a warning, and the next deployment retries it.
        is_cleaned_up = not any("The clean-up" in warning for warning in run.output["warnings"])
        yield from as_wanted(request, after, is_cleaned_up=is_cleaned_up)
        changed = [call["operation"] for call in own_changes(run)]
        if bool(changed) != run.output["changed"]:
            yield f"output has changed {run.output['changed']}, calls were {changed}"
    elif run.error == "RollbackFailed":
        if "aws " not in run.cause:
            yield f"the cause has no command to finish the rollback: {run.cause}"
    elif (
        run.status == "FAILED"
        and (differences := as_before(before, after))
        # If only the notification failed, the deployment stays.
        and (run.error != "NotificationFailed" or as_wanted(request, after))
    ):
        yield f"{run.error}, and the world is not as before: {differences}"


def _is_serving(world: World) -> bool:
    return world.endpoint is not None and world.endpoint["status"] in SERVING


def _serves(request: dict[str, Any], world: World) -> Iterator[str]:
    endpoint = world.endpoint
    if endpoint is None or endpoint["status"] != "InService" or endpoint["pending"]:
        yield f"the endpoint is not live: {endpoint}"
    elif not includes(_without_weights(request["productionVariants"]), world.configs.get(endpoint["config"])):
        yield f"the live config is {endpoint['config']}: {world.configs.get(endpoint['config'])}"
    elif weights.differ(
        weights.initial(request["productionVariants"]),
        {name: weight for name, (_, weight) in endpoint["variants"].items()},
    ):
        yield f"counts and weights of the variants are {endpoint['variants']}"


def _without_weights(variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Variants without weights: weights change without a new config."""
    return [{name: value for name, value in each.items() if name != "InitialVariantWeight"} for each in variants]


def _hosts(request: dict[str, Any], world: World) -> Iterator[str]:
    """The inference components that are requested, and no others."""
    requested = {each["name"]: each for each in request.get(COMPONENTS, [])}
    if world.components.keys() != requested.keys():
        yield f"inference components are {sorted(world.components)}"
    for name in world.components.keys() & requested.keys():
        found, wanted = world.components[name], requested[name]
        is_scaled = "autoscaling" in wanted or "copyCount" not in wanted
        if found["status"] != "InService" or not includes(wanted["Specification"], found["Specification"]):
            yield f"inference component {name} is {found}"
        elif not is_scaled and found["copies"] != wanted["copyCount"]:
            yield f"inference component {name} has {found['copies']} copies"


def _scales(request: dict[str, Any], world: World) -> Iterator[str]:
    if COMPONENTS in request:
        scaled = {f"inference-component/{each['name']}" for each in request[COMPONENTS] if "autoscaling" in each}
        registered = {each["ResourceId"] for key, each in world.scaling.items() if key.startswith("ScalableTargets")}
        if registered != scaled:
            yield f"scalable targets are {sorted(registered)}"
        return
    if "autoscalingMaxCapacity" not in request:
        if world.scaling:
            yield f"scaling is registered but not requested: {world.scaling}"
        return
    wanted = {
        f"endpoint/{request['endpointName']}/variant/{variant['VariantName']}"
        for variant in request["productionVariants"]
    }
    targets = {each["ResourceId"]: each for key, each in world.scaling.items() if key.startswith("ScalableTargets")}
    if set(targets) != wanted:
        yield f"scalable targets are {sorted(targets)}"
    for target in targets.values():
        bounds = (target["MinCapacity"], target["MaxCapacity"])
        if bounds != (request["autoscalingMinCapacity"], request["autoscalingMaxCapacity"]):
            yield f"{target['ResourceId']} scales within {bounds}"
    policies = [each for key, each in world.scaling.items() if key.startswith("ScalingPolicies")]
    if "autoscaling" in request:
        yield from _scales_by_name(request["autoscaling"]["*"], world)
        return
    configuration = request.get("targetTrackingScalingPolicyConfiguration", {})
    if len(policies) != len(wanted) or not all(
        includes(configuration, policy["TargetTrackingScalingPolicyConfiguration"]) for policy in policies
    ):
        yield f"scaling policies are {policies}"


def _scales_by_name(scaling: dict[str, Any], world: World) -> Iterator[str]:
    """The policies and scheduled actions of the entry, by name, and the alarm of each step policy."""
    found = sorted(key.rpartition(" ")[2] for key in world.scaling if not key.startswith("ScalableTargets"))
    named = [each["name"] for each in [*scaling["policies"], *scaling["scheduledActions"]]]
    if found != sorted(f"slipway-{name}" for name in named):
        yield f"policies and scheduled actions are {found}"
    triggered = sorted(action.rpartition(" ")[2] for alarm in world.alarms.values() for action in alarm["AlarmActions"])
    if triggered != sorted(f"slipway-{each['name']}" for each in scaling["policies"] if "step" in each):
        yield f"alarms trigger {triggered}"


def _has_alarms(request: dict[str, Any], world: World, is_cleaned_up: bool) -> Iterator[str]:
    """Two standing alarms per variant if requested; after the clean-up all other alarms belong to the live config."""
    standing = {
        f"slipway/{request['endpointName']}/{variant['VariantName']}/{what}"
        for variant in request["productionVariants"]
        for what in ("server-errors", "model-latency")
        if request.get("alarms") == "create"
    }
    config = world.endpoint["config"] if world.endpoint and standing else None
    # Those of step policies are part of the scaling.
    others = {name for name in set(world.alarms) - standing if f"/{config}/" not in name and "/scaling-" not in name}
    if (others and is_cleaned_up) or standing - set(world.alarms):
        yield f"alarms are {sorted(world.alarms)}"


def _has_schedules(request: dict[str, Any], world: World) -> Iterator[str]:
    """Each group of days with hours has the schedule that removes the endpoint at their end, beside those that create it."""
    ends = {days: hours.partition("-")[2] for days, hours in request.get("schedule", {}).items() if days != "timeZone"}
    wanted = {f"{days}-away": f"cron({int(end[3:])} {int(end[:2])} ? " for days, end in ends.items()}
    found = {name: each["ScheduleExpression"] for name, each in world.schedules.items()}
    creating = {name for name in found if not name.endswith("-away")}
    if {name.partition("-")[0] for name in creating} != ends.keys() or found.keys() - creating != wanted.keys():
        yield f"schedules are {sorted(found)}"
    elif not all(found[name].startswith(expression) for name, expression in wanted.items()):
        yield f"schedules are {found}"


def own_changes(run: Run) -> list[dict[str, Any]]:
    """Successful mutating calls of the execution, except for lock and notification."""
    return [
        call
        for call in run.calls
        if call["service"] in ("sagemaker", "application-autoscaling", "cloudwatch", "scheduler")
        and call["operation"].startswith(CHANGING)
        and "error" not in call
        and ":assumed-role/slipway-" in call["principal"]
    ]


def privilege(run: Run) -> Iterator[str]:
    for call in denied(run.calls):
        yield f"{call['principal']} was denied {call['operation']}"


def _differences(before: World, after: World) -> Iterator[str]:
    for name in ("endpoint", "configs", "models", "scaling", "alarms", "components", "schedules"):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield f"{name} was {was}, is {now}"
