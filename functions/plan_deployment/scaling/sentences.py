"""What a resource will do by its scaling, in words."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from plan_deployment.request.autoscaling import PREDEFINED, PREDEFINED_TYPE
from plan_deployment.request.metrics import CUSTOMIZED
from plan_deployment.request.scaling_kinds import (
    BACKLOG_PER_INSTANCE,
    CONCURRENCY_UTILIZATION,
    CONCURRENT_REQUESTS,
    CONCURRENT_REQUESTS_PER_COPY,
    INVOCATIONS,
    INVOCATIONS_PER_COPY,
)
from plan_deployment.scaling.requested import TRACKING, ResourceScaling
from plan_deployment.scaling.scheduled_sentences import Hours, bounds_outside, hours_of, scheduled
from plan_deployment.scaling.step_sentences import stepped
from plan_deployment.scaling.wording import (
    DEFAULT_COOLDOWN_SECONDS,
    capacity,
    listed,
    metric_of_queries,
    number,
    plural,
)
from shared.aws import Json

SUSPENDED = {
    "DynamicScalingOutSuspended": "adding by policies",
    "DynamicScalingInSuspended": "removing by policies",
    "ScheduledScalingSuspended": "scheduled actions",
}


def sentence(each: ResourceScaling) -> str:
    """Return what the resource will do, such as "1 to 4 instances, holding 600 invocations per instance and minute".

    A cooldown is the pause between two changes. AWS does not promise how soon a change begins, so it is not said.
    """
    bounds, hours = (each.target["MinCapacity"], each.target["MaxCapacity"]), hours_of(each.scheduled_actions)
    if bounds[0] == bounds[1] and not each.scheduled_actions:
        parts = [f"stays at {_bounds(each, bounds)}"]
    else:
        parts = [*_scaled(each, bounds, hours), *scheduled(each.scheduled_actions, hours)]
    return "; ".join([*parts, *_suspended(each.target.get("SuspendedState", {}))])


def _scaled(each: ResourceScaling, bounds: tuple[int, int], hours: Hours | None) -> Iterator[str]:
    """Yield the bounds with the first policies, the other policies, and the office hours."""
    outside = bounds_outside(hours, each.scheduled_actions) or bounds
    is_closed = hours is not None and outside == (0, 0)
    if hours and is_closed:
        first = f"{_bounds(each, hours.bounds)} {hours.when} and 0 otherwise"
    else:
        first = _bounds(each, outside)
    if each.policies:
        parts = [*_tracked(each), *stepped(each)]
        yield f"{first}, {parts[0]}"
        yield from parts[1:]
    else:
        yield f"{first}, which no policy of the request changes"
    if hours and not is_closed:
        yield f"{hours.bounds_beside(outside)} {hours.when}"


def _bounds(each: ResourceScaling, bounds: tuple[int, int]) -> str:
    return capacity(each.target["ScalableDimension"], bounds)


def _tracked(each: ResourceScaling) -> Iterator[str]:
    """Yield the targets, together for policies with the same pauses."""
    found = [policy[TRACKING] for policy in each.policies if TRACKING in policy]
    for index, (pauses, group) in enumerate(groupby(found, _pauses)):
        yield f"{'also ' if index else ''}holding {listed(_target(tracking) for tracking in group)}"
        yield pauses


def _pauses(tracking: Json) -> str:
    adding = tracking.get("ScaleOutCooldown", DEFAULT_COOLDOWN_SECONDS)
    removing = tracking.get("ScaleInCooldown", DEFAULT_COOLDOWN_SECONDS)
    if tracking.get("DisableScaleIn"):
        return f"waits {adding} s between additions and does not remove"
    if adding == removing:
        return f"waits {adding} s between additions and between removals"
    return f"waits {adding} s between additions and {removing} s between removals"


def _target(tracking: Json) -> str:
    target = tracking["TargetValue"]
    if PREDEFINED in tracking:
        return _predefined(tracking[PREDEFINED][PREDEFINED_TYPE], target)
    metric = tracking[CUSTOMIZED]
    if "Metrics" in metric:
        return f"{metric_of_queries(metric['Metrics'])} at {number(target)}"
    if metric["MetricName"] == BACKLOG_PER_INSTANCE:
        return f"a backlog of {plural(target, 'request')} per instance"
    return f"{metric['MetricName']} at {number(target)}"


def _predefined(metric: str, target: float) -> str:
    if metric == CONCURRENCY_UTILIZATION:
        return f"{number(target * 100)} % of the provisioned concurrency in use"
    noun, unit = {
        INVOCATIONS: ("invocation", "per instance and minute"),
        CONCURRENT_REQUESTS: ("concurrent request", "per model"),
        INVOCATIONS_PER_COPY: ("invocation", "per copy and minute"),
        CONCURRENT_REQUESTS_PER_COPY: ("concurrent request", "per copy"),
    }[metric]
    return f"{plural(target, noun)} {unit}"


def _suspended(state: Json) -> Iterable[str]:
    names = [said for member, said in SUSPENDED.items() if state.get(member)]
    return [f"suspended: {listed(names)}"] if names else []
