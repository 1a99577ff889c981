"""Rules on target tracking: the metric fits the kind, and the target is given once.

A rule gets a resource and one of its policies with target tracking; see `variant_rules` for the rest.
"""

import json
from collections.abc import Iterator

from plan_deployment.request.autoscaling import (
    EVERY,
    FIELD,
    POLICY,
    PREDEFINED,
    PREDEFINED_TYPE,
    Given,
    Policy,
    Resource,
    entries,
    original_level,
)
from plan_deployment.request.scaling_kinds import ASYNCHRONOUS, CONCURRENCY_UTILIZATION, PER_MINUTE
from shared.aws import Json
from shared.planning.faults import Fault, pointer_to

ASYNC_REMEDY = (
    "Give a CustomizedMetricSpecification of ApproximateBacklogSizePerInstance in AWS/SageMaker, with the dimension "
    "EndpointName and the statistic Average, or a preset"
)


def _specifications(policy: Policy) -> list[str]:
    return [name for name in policy.tracking or {} if name.endswith("MetricSpecification")]


def metric_fits_the_kind(resource: Resource, policy: Policy) -> Iterator[Fault]:
    specifications, kind = _specifications(policy), resource.kind
    if len(specifications) > 1:
        yield Fault(policy.within(""), f"has {' and '.join(specifications)}", "Keep one of them")
        return
    tracked = resource.tracked(policy.tracking or {})
    if tracked is None or tracked in kind.metrics:
        return
    at = policy.within(f"/{PREDEFINED}/{PREDEFINED_TYPE}")
    remedy = ASYNC_REMEDY if kind is ASYNCHRONOUS else f"Use {' or '.join(kind.metrics)}"
    yield Fault(at, f"{kind.noun} does not publish {tracked}", remedy)


def target_is_given_once(resource: Resource, policy: Policy) -> Iterator[Fault]:
    tracking = policy.tracking or {}
    if len(_specifications(policy)) > 1 or not policy.is_given:
        return
    tracked, at = resource.tracked(tracking), policy.within("/TargetValue")
    target = tracking.get("TargetValue")
    if "TargetValue" not in tracking and tracked not in (*PER_MINUTE, CONCURRENCY_UTILIZATION):
        # A load test that gives no target is a fault of its own.
        if resource.given("expectedPeakRps") is None or policy.pointer != f"/{POLICY}":
            yield Fault(at, "is missing; only the default metrics have a default target", "Give it")
    elif tracked == CONCURRENCY_UTILIZATION and target is not None and target > 1:
        yield Fault(at, f"{target} is not between 0 and 1: the metric is a utilization", "Give a number such as 0.5")


def repeated_metrics(resource: Resource) -> Iterator[Fault]:
    """Yield a fault for each policy whose metric another one tracks: Application Auto Scaling refuses the second."""
    seen: dict[str, str] = {}
    for policy in resource.policies:
        if policy.tracking is None or len(_specifications(policy)) > 1:
            continue
        metric = resource.tracked(policy.tracking) or policy.tracking.get("CustomizedMetricSpecification")
        if metric and seen.setdefault(json.dumps(metric, sort_keys=True), policy.pointer) != policy.pointer:
            first = seen[json.dumps(metric, sort_keys=True)]
            problem = f"tracks the same metric as {first}; Application Auto Scaling allows one policy for a metric"
            yield Fault(policy.tracking_pointer, problem, "Remove one of them, or let one track another metric")


def unused_faults(request: Json, scaled: list[Resource]) -> Iterator[Fault]:
    """Yield a fault for each result of a load test that no policy uses."""
    for given, resource in _peaks(scaled).values():
        users = [each for each in scaled if each.given("expectedPeakRps") == given]
        if not any(_uses_peak(each) for each in users):
            yield _unused_peak(given, resource)
    for pointer, level in [("", original_level(request)), *_entries(request, scaled)]:
        if "safetyFactor" in level and not _has_peak(pointer, level, scaled):
            problem = "has no effect without expectedPeakRps"
            yield Fault(f"{pointer}/safetyFactor", problem, "Remove it, or give expectedPeakRps")


def _entries(request: Json, scaled: list[Resource]) -> list[tuple[str, dict[str, Given]]]:
    found = [(pointer_to([FIELD, name]), level) for name, level in entries(request).items()]
    return found + [(each.at, each.levels[0]) for each in scaled if not each.at.startswith((f"/{FIELD}/",)) and each.at]


def _has_peak(pointer: str, level: dict[str, Given], scaled: list[Resource]) -> bool:
    factor = level["safetyFactor"]
    users = [each for each in scaled if each.given("safetyFactor") == factor]
    is_overruled = not users and pointer in ("", f"/{FIELD}/{EVERY}")
    return is_overruled or any(each.given("expectedPeakRps") for each in users)


def _peaks(scaled: list[Resource]) -> dict[str, tuple[Given, Resource]]:
    found: dict[str, tuple[Given, Resource]] = {}
    for resource in scaled:
        given = resource.given("expectedPeakRps")
        if given is not None:
            found.setdefault(given.pointer, (given, resource))
    return found


def _uses_peak(resource: Resource) -> bool:
    policies = [policy for policy in resource.policies if policy.tracking is not None]
    if resource.preset:
        return any(resource.tracked(policy.tracking or {}) in PER_MINUTE for policy in policies)
    return any(
        "TargetValue" not in (policy.tracking or {}) and resource.tracked(policy.tracking or {}) in PER_MINUTE
        for policy in policies
        if len(_specifications(policy)) <= 1
    )


def _unused_peak(given: Given, resource: Resource) -> Fault:
    tracking = [policy for policy in resource.policies if policy.tracking is not None]
    same = [policy for policy in tracking if resource.tracked(policy.tracking or {}) in PER_MINUTE]
    if same and not resource.preset:
        return Fault(given.pointer, f"gives the same as {same[0].within('/TargetValue')}", "Keep one of them")
    default = resource.kind.default_metric
    if not tracking:
        return Fault(given.pointer, "has no effect: no policy tracks a metric", "Remove it")
    problem = f"is a number of invocations, but the policy does not track {default}"
    if default not in PER_MINUTE:
        problem = f"is a number of invocations, which {resource.kind.noun} does not scale on"
    return Fault(given.pointer, problem, f"Give {tracking[0].within('/TargetValue')} instead")


RULES = (metric_fits_the_kind, target_is_given_once)
