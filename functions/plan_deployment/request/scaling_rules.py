"""Rules on the scaling of a request. See `variant_rules` for what a rule is."""

from collections.abc import Iterator

from plan_deployment.request.fields import production_variants, runs_serverless
from plan_deployment.request.instance_rules import instance_types, is_burstable
from shared.aws import Json
from shared.planning.faults import Fault

POLICY = "targetTrackingScalingPolicyConfiguration"
FIELDS = ("autoscalingMinCapacity", "autoscalingMaxCapacity", POLICY, "expectedPeakRps", "safetyFactor")
DEFAULT_MIN_CAPACITY = 1
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
CONCURRENCY_UTILIZATION = "SageMakerVariantProvisionedConcurrencyUtilization"
ASYNC_REMEDY = (
    "Give a CustomizedMetricSpecification of ApproximateBacklogSizePerInstance in AWS/SageMaker, with the dimension "
    "EndpointName and the statistic Average"
)


def is_scaled(request: Json) -> bool:
    """Whether the request configures scaling."""
    return any(field in request for field in FIELDS)


def tracked_metric(request: Json) -> str | None:
    """Return the predefined metric that the policy tracks, given or default; None for a customized metric."""
    policy = request.get(POLICY) or {}
    if "CustomizedMetricSpecification" in policy:
        return None
    given = (policy.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    return str(given or default_metric(request))


def default_metric(request: Json) -> str:
    """Return the predefined metric that a policy tracks unless it names another one."""
    serverless = any(runs_serverless(variant) for _, variant in production_variants(request))
    return CONCURRENCY_UTILIZATION if serverless else INVOCATIONS


def capacity_has_bounds(request: Json) -> Iterator[Fault]:
    if "autoscalingMaxCapacity" not in request:
        problem = "is missing, but other fields ask for scaling"
        yield Fault("/autoscalingMaxCapacity", problem, "Give the maximum number of instances of a variant")
    least = request.get("autoscalingMinCapacity", DEFAULT_MIN_CAPACITY)
    most = request.get("autoscalingMaxCapacity")
    if least is not None and most is not None and least > most:
        problem = f"{least} is more than autoscalingMaxCapacity, {most}"
        yield Fault("/autoscalingMinCapacity", problem, "Lower it or raise autoscalingMaxCapacity")
    if least == 0 and "asyncInferenceConfig" not in request:
        problem = "only an asynchronous endpoint can scale to 0 instances"
        yield Fault("/autoscalingMinCapacity", problem, "Give 1 or more")


def every_variant_can_be_scaled(request: Json) -> Iterator[Fault]:
    for pointer, variant in production_variants(request):
        for at, instance_type in instance_types(pointer, variant):
            if is_burstable(instance_type):
                problem = f"{instance_type} cannot be scaled: Application Auto Scaling refuses burstable instances"
                remedy = "Choose a type that is not burstable, such as ml.m5.large, or remove the scaling fields"
                yield Fault(at, problem, remedy)
        if variant.get("ServerlessConfig") is not None:
            yield from _serverless_faults(request, pointer, variant["ServerlessConfig"])


def _serverless_faults(request: Json, pointer: str, config: Json) -> Iterator[Fault]:
    if "ProvisionedConcurrency" not in config:
        problem = "is missing. Without it there is nothing to scale: SageMaker scales on demand by itself"
        remedy = "Give ProvisionedConcurrency, or remove the scaling fields"
        yield Fault(f"{pointer}/ServerlessConfig/ProvisionedConcurrency", problem, remedy)
    most, ceiling = request.get("autoscalingMaxCapacity"), config.get("MaxConcurrency")
    if most is not None and ceiling is not None and most > ceiling:
        problem = f"{most} is more provisioned concurrency than the variant's MaxConcurrency, {ceiling}"
        yield Fault("/autoscalingMaxCapacity", problem, "Lower it or raise MaxConcurrency")


def variants_publish_the_metric(request: Json) -> Iterator[Fault]:
    policy = request.get(POLICY) or {}
    specifications = [name for name in policy if name.endswith("MetricSpecification")]
    if len(specifications) > 1:
        yield Fault(f"/{POLICY}", f"has {' and '.join(specifications)}", "Keep one of them")
        return
    tracked = tracked_metric(request)
    at = f"/{POLICY}/PredefinedMetricSpecification/PredefinedMetricType"
    serverless = default_metric(request) == CONCURRENCY_UTILIZATION
    if tracked is None:
        return
    if serverless != (tracked == CONCURRENCY_UTILIZATION):
        kind = "a serverless variant" if serverless else "a variant on instances"
        yield Fault(at, f"{kind} does not publish {tracked}", f"Use {default_metric(request)}")
    elif tracked == INVOCATIONS and "asyncInferenceConfig" in request:
        yield Fault(at, f"an asynchronous endpoint does not publish {INVOCATIONS}", ASYNC_REMEDY)


def target_is_given_once(request: Json) -> Iterator[Fault]:
    policy = request.get(POLICY) or {}
    tracked = tracked_metric(request)
    at = f"/{POLICY}/TargetValue"
    if "expectedPeakRps" in request:
        if "TargetValue" in policy:
            yield Fault("/expectedPeakRps", f"gives the same as {at}", "Keep one of them")
        if tracked != INVOCATIONS:
            problem = f"is a number of invocations, but the policy does not track {INVOCATIONS}"
            yield Fault("/expectedPeakRps", problem, f"Give {at} instead")
        return
    if "safetyFactor" in request:
        yield Fault("/safetyFactor", "has no effect without expectedPeakRps", "Remove it, or give expectedPeakRps")
    target = policy.get("TargetValue")
    if "TargetValue" not in policy and tracked not in (INVOCATIONS, CONCURRENCY_UTILIZATION):
        yield Fault(at, "is missing; only the default metrics have a default target", "Give it")
    elif tracked == CONCURRENCY_UTILIZATION and target is not None and target > 1:
        yield Fault(at, f"{target} is not between 0 and 1: the metric is a utilization", "Give a number such as 0.5")


RULES = (
    capacity_has_bounds,
    every_variant_can_be_scaled,
    variants_publish_the_metric,
    target_is_given_once,
)
