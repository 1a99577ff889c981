"""What each preset becomes: policies in the form of the request. docs/scaling.md shows them for each kind."""

from plan_deployment.request.autoscaling import PREDEFINED, PREDEFINED_TYPE, Resource
from plan_deployment.request.scaling_kinds import (
    ASYNCHRONOUS,
    BACKLOG_PER_INSTANCE,
    COMPONENT,
    CONCURRENCY,
    CONCURRENT_REQUESTS,
    CONCURRENT_REQUESTS_PER_COPY,
    PER_MINUTE,
    WAKE_UP_BACKLOG,
    WAKE_UP_INVOCATIONS,
    Kind,
)
from shared.aws import Json

PRESETS = ("steady", "bursty", "off-hours", "to-zero")
# The target in AWS's notebook on high-resolution metrics (amazon-sagemaker-examples, faster-autoscaling).
CONCURRENT_TARGET = 5
# Multiples of the target at which a surge begins, and at which it doubles: with the safety factor 0.5, 80 % and 120 %
# of what a unit can serve.
SURGE, LARGE_SURGE = 1.6, 2.4
SURGE_UTILIZATION = 0.8
# AWS's default. A shorter pause scales by datapoints from before the last change, and so beyond what is needed.
COOLDOWNS = {"ScaleOutCooldown": 300, "ScaleInCooldown": 300}
ONE_MINUTE = {"Period": 60, "EvaluationPeriods": 1}


def policies_of(resource: Resource) -> list[Json]:
    """Return the policies of the resource's preset."""
    preset, kind = resource.value("preset"), resource.kind
    counts_invocations = kind.default_metric in kind.metrics and kind.default_metric in PER_MINUTE
    target = (counts_invocations and resource.target_of_load_test) or kind.default_target
    if preset == "to-zero":
        return [_tracking(kind, target), _wake_up(kind)] if kind.can_be_zero else []
    policies = [_tracking(kind, target)]
    if preset == "bursty":
        policies += [*_fast(kind), _surge(kind, target)]
    return policies


def _tracking(kind: Kind, target: float) -> Json:
    if kind is ASYNCHRONOUS:
        backlog = {"MetricName": BACKLOG_PER_INSTANCE, "Namespace": "AWS/SageMaker", "Statistic": "Average"}
        tracking = {"TargetValue": kind.default_target, "CustomizedMetricSpecification": backlog} | COOLDOWNS
        return {"name": "backlog", "targetTracking": tracking}
    name = "utilization" if kind is CONCURRENCY else "invocations"
    metric = {PREDEFINED: {PREDEFINED_TYPE: kind.default_metric}}
    return {"name": name, "targetTracking": {"TargetValue": target} | metric | COOLDOWNS}


def _fast(kind: Kind) -> list[Json]:
    """Return the policy on a metric of every ten seconds, if the kind has one."""
    fast = next((each for each in kind.metrics if each in (CONCURRENT_REQUESTS, CONCURRENT_REQUESTS_PER_COPY)), None)
    if fast is None:
        return []
    metric = {PREDEFINED: {PREDEFINED_TYPE: fast}}
    return [{"name": "concurrent-requests", "targetTracking": {"TargetValue": CONCURRENT_TARGET} | metric | COOLDOWNS}]


def _surge(kind: Kind, target: float) -> Json:
    if kind is CONCURRENCY:
        steps: list[Json] = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 50}]
        step: Json = {"AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": 1, "Cooldown": 60}
        alarm = {"MetricName": "ServerlessProvisionedConcurrencyUtilization", "Statistic": "Maximum"}
        return _stepped("surge", step | {"StepAdjustments": steps}, alarm, SURGE_UTILIZATION)
    metric = {ASYNCHRONOUS: BACKLOG_PER_INSTANCE, COMPONENT: "InvocationsPerCopy"}.get(kind, "InvocationsPerInstance")
    begins, doubles = round(SURGE * target, 6), round((LARGE_SURGE - SURGE) * target, 6)
    steps = [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": doubles, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": doubles, "ScalingAdjustment": 4},
    ]
    step = {"AdjustmentType": "ChangeInCapacity", "Cooldown": 60, "StepAdjustments": steps}
    statistic = "Average" if kind is ASYNCHRONOUS else "Sum"
    return _stepped("surge", step, {"MetricName": metric, "Statistic": statistic}, begins)


def _wake_up(kind: Kind) -> Json:
    """Return the step policy that adds the first instance or copy, because tracking has no metric at zero."""
    steps = {"StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]}
    compared = {"Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "missing"}
    if kind is ASYNCHRONOUS:
        step = {"AdjustmentType": "ChangeInCapacity", "MetricAggregationType": "Average", "Cooldown": 300} | steps
        alarm: Json = {"MetricName": WAKE_UP_BACKLOG, "Statistic": "Average", "Period": 60, "EvaluationPeriods": 2}
        return {"name": "wake-up", "step": step, "alarm": alarm | compared}
    # The guide compares with "> 1", which a single request never exceeds.
    step = {"AdjustmentType": "ChangeInCapacity", "MetricAggregationType": "Maximum", "Cooldown": 60} | steps
    alarm = {"MetricName": WAKE_UP_INVOCATIONS, "Statistic": "Sum"} | ONE_MINUTE
    return {"name": "wake-up", "step": step, "alarm": alarm | compared}


def _stepped(name: str, step: Json, alarm: Json, threshold: float) -> Json:
    compared = {"Threshold": threshold, "ComparisonOperator": "GreaterThanThreshold"}
    return {"name": name, "step": step, "alarm": alarm | ONE_MINUTE | compared}
