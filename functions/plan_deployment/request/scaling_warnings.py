"""Warnings about scaling that is valid, and may not do what it is meant to."""

from collections.abc import Iterator

from plan_deployment.request.autoscaling import POLICY, PREDEFINED, Policy, Resource, resources
from plan_deployment.request.fields import production_variants
from plan_deployment.request.instance_rules import instance_types
from plan_deployment.request.metrics import CUSTOMIZED, measured, named_variants
from plan_deployment.request.scaling_kinds import ASYNCHRONOUS, COMPONENT
from plan_deployment.request.scaling_rules import different_values
from shared.aws import Json

SHORT_COOLDOWN_SECONDS = 120
ONE_CORE_PERCENT = 100
# Of the default processing time, 15 minutes (SageMaker API reference, InvokeEndpointAsync): a job may outlast the
# low alarm of target tracking, which needs 15 minutes.
LONG_JOB_SECONDS = 15 * 60


def warnings(request: Json) -> Iterator[str]:
    """Yield the warnings; a warning can be repeated if several variants share what it is about."""
    yield from different_values(request)
    for resource in resources(request):
        yield from _initial_count(resource)
        yield from _zero(resource)
        yield from _pools_of_different_sizes(resource)
        for policy in resource.policies:
            yield from _default_target(resource, policy)
            yield from _policy(request, policy)


def _initial_count(resource: Resource) -> Iterator[str]:
    least, most = resource.min_capacity or 0, int(resource.value("maxCapacity"))
    count = resource.content.get(resource.initial_member, max(least, 1))
    if not least <= count <= most:
        at, noun = f"{resource.pointer}/{resource.initial_member}", _noun(resource)
        yield f"{at} is {count}, outside {least} to {most}: scaling changes it to fit when the {noun} is registered."


def _noun(resource: Resource) -> str:
    return "component" if resource.kind is COMPONENT else "variant"


def _zero(resource: Resource) -> Iterator[str]:
    if resource.min_capacity != 0:
        return
    given = resource.given("minCapacity")
    what = f"{given.pointer} is 0" if given else f"{resource.at}/preset scales to 0"
    wakes_up = any(_watches(policy, str(resource.kind.wake_up_metric)) for policy in resource.policies)
    if resource.preset and resource.preset.value == "off-hours":
        yield f"{what}: outside of the office hours nothing runs, also if there are requests."
    elif resource.kind is ASYNCHRONOUS and not wakes_up:
        yield (
            f"{what}: an endpoint without instances starts one only when the backlog exceeds the "
            "target. Add a step policy on HasBacklogWithoutCapacity if the first request must not wait, as the preset "
            "to-zero does."
        )
    elif resource.kind is COMPONENT and not wakes_up:
        yield (
            f"{what}, and no step policy is on {resource.kind.wake_up_metric}: nothing starts a copy when "
            "requests come. Use the preset to-zero."
        )
    if resource.kind is ASYNCHRONOUS:
        yield (
            f"{what}: SageMaker can count a request as done while it is in work, so an endpoint can go to 0 "
            f"during jobs longer than {LONG_JOB_SECONDS // 60} minutes. For such jobs, track the larger of the backlog "
            "and a metric of your own about jobs in work."
        )
    elif resource.kind is COMPONENT and wakes_up:
        yield f"{what}: requests fail until the first copy runs, which takes minutes."


def _pools_of_different_sizes(resource: Resource) -> Iterator[str]:
    """Yield a warning about predefined metrics, which suit types of similar capacity.

    SageMaker developer guide, realtime-endpoints-heterogeneous.
    """
    sizes = {name.rpartition(".")[2] for _, name in instance_types("", resource.content)}
    counts_alike = any(each.tracking is not None and resource.tracked(each.tracking) for each in resource.policies)
    if len(sizes) > 1 and counts_alike:
        yield (
            f"{resource.pointer}/InstancePools has instances of different sizes, and the load per instance is an "
            "average over all of them: a smaller one can be overloaded while the average is at its target. Track "
            "metric math on metrics with the dimension InstanceType if their capacities differ."
        )


def _watches(policy: Policy, metric_name: str) -> bool:
    alarm = policy.alarm or {}
    metrics = [((query.get("MetricStat") or {}).get("Metric") or {}) for query in alarm.get("Metrics", [])]
    return any(metric.get("MetricName") == metric_name for metric in [alarm, *metrics])


def _default_target(resource: Resource, policy: Policy) -> Iterator[str]:
    tracking = policy.tracking or {}
    is_default = policy.tracking is not None and PREDEFINED not in tracking and "TargetValue" not in tracking
    if resource.kind is COMPONENT and is_default and resource.target_of_load_test is None:
        yield (
            f"{policy.pointer}: the target is 1 invocation per copy and minute, SageMaker's example. Give "
            "expectedPeakRps or a TargetValue from a load test."
        )


def _policy(request: Json, policy: Policy) -> Iterator[str]:
    if not policy.is_given:
        return
    if policy.step is not None:
        yield from _cooldown(f"{policy.pointer}/step/Cooldown", policy.step.get("Cooldown"))
    tracking = policy.tracking or {}
    for member in ("ScaleOutCooldown", "ScaleInCooldown"):
        # The default of 60 s is Slipway's own, and has worked in the original form.
        if policy.pointer != f"/{POLICY}":
            yield from _cooldown(policy.within(f"/{member}"), tracking.get(member))
    yield from _processor_target(policy, tracking)
    if policy.tracking is not None:
        yield from _shared_metric(request, policy)


def _cooldown(pointer: str, seconds: int | None) -> Iterator[str]:
    if seconds is not None and seconds < SHORT_COOLDOWN_SECONDS:
        yield (
            f"{pointer} is {seconds} s: metrics arrive 1.5 to 2.5 minutes late, so a cooldown below "
            f"{SHORT_COOLDOWN_SECONDS} s can scale again before the last change shows."
        )


def _processor_target(policy: Policy, tracking: Json) -> Iterator[str]:
    metrics = [metric for _, metric in measured(tracking)]
    target = tracking.get("TargetValue")
    if (
        target is not None
        and target < ONE_CORE_PERCENT
        and any(m.get("MetricName") == "CPUUtilization" for m in metrics)
    ):
        yield (
            f"{policy.within('/TargetValue')} is {target:g}: CPUUtilization counts every core, so 100 is one core, and "
            "an instance with 8 cores has up to 800."
        )


def _shared_metric(request: Json, policy: Policy) -> Iterator[str]:
    """Yield a warning about a metric that names variants, if several are scaled on it."""
    count = len(list(production_variants(request)))
    named = named_variants(policy.tracking or {})
    if count < 2 or not named:
        return
    pointer, name = named[0]
    if len({each for _, each in named}) == 1:
        yield f"{policy.within(pointer)}: every variant is scaled on its own metric, not on that of {name}."
    else:
        at = policy.within(f"/{CUSTOMIZED}")
        yield f"{at}: all variants are scaled on the same metric, which measures several of them."
