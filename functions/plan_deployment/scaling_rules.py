"""Rules across the fields of a request that speak of scaling: what cannot work is refused before anything is made.

A rule gets the request with everything that breaks the schema set to None (see `validation.sound`), and yields what
breaks the rule.
"""

from collections.abc import Iterator

from plan_deployment.instance_rules import instance_types, is_burstable
from plan_deployment.variant_rules import is_serverless, variants
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
    """Whether the request asks for scaling at all."""
    return any(field in request for field in FIELDS)


def metric(request: Json) -> str | None:
    """The predefined metric that the policy follows, the default one included; None for a customized metric."""
    policy = request.get(POLICY) or {}
    if "CustomizedMetricSpecification" in policy:
        return None
    given = (policy.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    return str(given or default_metric(request))


def default_metric(request: Json) -> str:
    serverless = any(is_serverless(variant) for _, variant in variants(request))
    return CONCURRENCY_UTILIZATION if serverless else INVOCATIONS


def capacity_is_bounded(request: Json) -> Iterator[Fault]:
    if "autoscalingMaxCapacity" not in request:
        problem = "is missing, though other fields ask for scaling"
        yield Fault("/autoscalingMaxCapacity", problem, "Give the most instances that a variant may have")
    least = request.get("autoscalingMinCapacity", DEFAULT_MIN_CAPACITY)
    most = request.get("autoscalingMaxCapacity")
    if least is not None and most is not None and least > most:
        problem = f"{least} is more than autoscalingMaxCapacity, {most}"
        yield Fault("/autoscalingMinCapacity", problem, "Lower it or raise autoscalingMaxCapacity")
    if least == 0 and "asyncInferenceConfig" not in request:
        problem = "only an asynchronous endpoint can be without instances"
        yield Fault("/autoscalingMinCapacity", problem, "Give 1 or more")


def every_variant_can_be_scaled(request: Json) -> Iterator[Fault]:
    for pointer, variant in variants(request):
        for at, instance_type in instance_types(pointer, variant):
            if is_burstable(instance_type):
                problem = f"{instance_type} is burstable, and Application Auto Scaling refuses burstable instances"
                remedy = "Choose a type that is not burstable, such as ml.m5.large, or remove the fields of scaling"
                yield Fault(at, problem, remedy)
        if variant.get("ServerlessConfig") is not None:
            yield from _serverless_faults(request, pointer, variant["ServerlessConfig"])


def _serverless_faults(request: Json, pointer: str, config: Json) -> Iterator[Fault]:
    if "ProvisionedConcurrency" not in config:
        problem = "is missing, and without it there is nothing to scale: SageMaker scales on demand by itself"
        remedy = "Give ProvisionedConcurrency, or remove the fields of scaling"
        yield Fault(f"{pointer}/ServerlessConfig/ProvisionedConcurrency", problem, remedy)
    most, ceiling = request.get("autoscalingMaxCapacity"), config.get("MaxConcurrency")
    if most is not None and ceiling is not None and most > ceiling:
        problem = f"{most} is more provisioned concurrency than the variant's MaxConcurrency, {ceiling}"
        yield Fault("/autoscalingMaxCapacity", problem, "Lower it or raise MaxConcurrency")


def the_metric_is_one_that_the_variants_publish(request: Json) -> Iterator[Fault]:
    policy = request.get(POLICY) or {}
    specifications = [name for name in policy if name.endswith("MetricSpecification")]
    if len(specifications) > 1:
        yield Fault(f"/{POLICY}", f"has {' and '.join(specifications)}", "Keep one of them")
        return
    followed = metric(request)
    at = f"/{POLICY}/PredefinedMetricSpecification/PredefinedMetricType"
    serverless = default_metric(request) == CONCURRENCY_UTILIZATION
    if followed is None:
        return
    if serverless != (followed == CONCURRENCY_UTILIZATION):
        kind = "a serverless variant" if serverless else "a variant on instances"
        yield Fault(at, f"{kind} publishes no {followed}", f"Use {default_metric(request)}")
    elif followed == INVOCATIONS and "asyncInferenceConfig" in request:
        yield Fault(at, f"an asynchronous endpoint publishes no {INVOCATIONS}", ASYNC_REMEDY)


def the_target_is_said_once(request: Json) -> Iterator[Fault]:
    policy = request.get(POLICY) or {}
    followed = metric(request)
    at = f"/{POLICY}/TargetValue"
    if "expectedPeakRps" in request:
        if "TargetValue" in policy:
            yield Fault("/expectedPeakRps", f"says what {at} says already", "Keep one of them")
        if followed != INVOCATIONS:
            problem = f"is a number of invocations, but the policy does not follow {INVOCATIONS}"
            yield Fault("/expectedPeakRps", problem, f"Give {at} instead")
        return
    if "safetyFactor" in request:
        yield Fault("/safetyFactor", "means nothing without expectedPeakRps", "Remove it, or give expectedPeakRps")
    target = policy.get("TargetValue")
    if "TargetValue" not in policy and followed not in (INVOCATIONS, CONCURRENCY_UTILIZATION):
        yield Fault(at, "is missing, and only the default metrics have a default target", "Give it")
    elif followed == CONCURRENCY_UTILIZATION and target is not None and target > 1:
        yield Fault(at, f"{target} is no utilization", "Give a number between 0 and 1, such as 0.5")


RULES = (
    capacity_is_bounded,
    every_variant_can_be_scaled,
    the_metric_is_one_that_the_variants_publish,
    the_target_is_said_once,
)
