"""Rules of PutScalingPolicy beyond the constraints of the API model.

API reference: PutScalingPolicy, TargetTrackingScalingPolicyConfiguration, StepAdjustment. Where AWS does not
publish its message, the message is this package's own (see the coverage page).
"""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from local_aws.applicationautoscaling.capacity import CONCURRENCY, COPIES, INSTANCES
from local_aws.applicationautoscaling.errors import ValidationError
from local_aws.applicationautoscaling.registry import Policy

Configuration = dict[str, Any]

MOST_STEPS = 20

# User guide, integrated services: predefined metrics by dimension
METRICS = {
    INSTANCES: (
        "SageMakerVariantInvocationsPerInstance",
        "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    ),
    CONCURRENCY: ("SageMakerVariantProvisionedConcurrencyUtilization",),
    COPIES: (
        "SageMakerInferenceComponentInvocationsPerCopy",
        "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    ),
}
_LARGEST_TARGET = 2.0**360
_LARGEST_BYTES = 50 * 1024  # user guide, target tracking with metric math
_ID = re.compile("[a-z][a-zA-Z0-9_]*")


def validate_tracking(configuration: Configuration, dimension: str) -> None:
    """Check that the configuration tracks exactly one metric that fits the dimension."""
    predefined = configuration.get("PredefinedMetricSpecification")
    customized = configuration.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        raise ValidationError(
            "Specify exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification in "
            "TargetTrackingScalingPolicyConfiguration."
        )
    if not 0 < configuration["TargetValue"] <= _LARGEST_TARGET:
        raise ValidationError(f"TargetValue is {configuration['TargetValue']}; it must be greater than 0.")
    if len(json.dumps(configuration, separators=(",", ":")).encode()) > _LARGEST_BYTES:
        raise ValidationError(f"The request must not exceed {_LARGEST_BYTES} bytes.")
    for member in ("ScaleOutCooldown", "ScaleInCooldown"):
        _require_not_negative(configuration, member)
    if predefined is not None:
        _require_matching_metric(predefined, dimension)
    if customized is not None:
        _validate_customized_metric(customized)


def require_new_metric(configuration: Configuration, others: list[Policy]) -> None:
    """Check that no other target tracking policy of the target tracks the same metric."""
    specified = _metric(configuration)
    for policy in others:
        if policy.policy_type == "TargetTrackingScaling" and _metric(policy.configuration) == specified:
            raise ValidationError("Only one TargetTrackingScaling policy for a given metric specification is allowed.")


def validate_steps(configuration: Configuration) -> None:
    """Check that the steps cover a range without gap or overlap, and fit the adjustment type."""
    for member in ("AdjustmentType", "StepAdjustments"):
        if not configuration.get(member):
            raise ValidationError(f"{member} is required in StepScalingPolicyConfiguration.")
    _require_not_negative(configuration, "Cooldown")
    adjustment_type, steps = configuration["AdjustmentType"], configuration["StepAdjustments"]
    if len(steps) > MOST_STEPS:
        raise ValidationError(f"A policy cannot have more than {MOST_STEPS} step adjustments.")
    if "MinAdjustmentMagnitude" in configuration and adjustment_type != "PercentChangeInCapacity":
        raise ValidationError("MinAdjustmentMagnitude is only valid with adjustment type PercentChangeInCapacity.")
    if adjustment_type == "ExactCapacity" and any(step["ScalingAdjustment"] < 0 for step in steps):
        raise ValidationError("ScalingAdjustment must not be negative with adjustment type ExactCapacity.")
    _require_seamless([_interval(step) for step in steps])


def _metric(configuration: Configuration) -> Any:
    return configuration.get("PredefinedMetricSpecification") or configuration.get("CustomizedMetricSpecification")


def _require_not_negative(configuration: Configuration, member: str) -> None:
    if configuration.get(member, 0) < 0:
        raise ValidationError(f"{member} is {configuration[member]}; it must be 0 or more seconds.")


def _require_matching_metric(predefined: dict[str, str], dimension: str) -> None:
    metric_type = predefined["PredefinedMetricType"]
    if metric_type not in METRICS[dimension]:
        raise ValidationError(
            f"PredefinedMetricType {metric_type} is not supported for scalable dimension {dimension}. "
            f"Supported: {', '.join(METRICS[dimension])}."
        )
    if "ResourceLabel" in predefined:
        raise ValidationError("ResourceLabel can only be specified with ALBRequestCountPerTarget.")


def _validate_customized_metric(customized: dict[str, Any]) -> None:
    single = {"MetricName", "Namespace", "Statistic"} & customized.keys()
    if ("Metrics" in customized) == bool(single):
        raise ValidationError(
            "Specify either Metrics, or MetricName, Namespace and Statistic, in CustomizedMetricSpecification."
        )
    if "Metrics" in customized:
        _validate_queries(customized["Metrics"])
    elif len(single) < 3:
        raise ValidationError("MetricName, Namespace and Statistic are required in CustomizedMetricSpecification.")


def _validate_queries(queries: list[dict[str, Any]]) -> None:
    """API reference, TargetTrackingMetricDataQuery."""
    ids = [query["Id"] for query in queries]
    for query in queries:
        if ("Expression" in query) == ("MetricStat" in query):
            raise ValidationError(f"Specify either Expression or MetricStat, but not both, in metric {query['Id']}.")
        if not _ID.fullmatch(query["Id"]) or ids.count(query["Id"]) > 1:
            raise ValidationError(f"Id {query['Id']} must be unique and begin with a lowercase letter.")
        metric = query.get("MetricStat", {}).get("Metric")
        if metric is not None and not {"MetricName", "Namespace"} <= metric.keys():
            raise ValidationError(f"MetricName and Namespace are required in metric {query['Id']}.")
    if sum(query.get("ReturnData", True) for query in queries) != 1:
        raise ValidationError("Exactly one element of the metrics list should return data.")


def _interval(step: dict[str, Any]) -> tuple[float, float]:
    if "MetricIntervalLowerBound" not in step and "MetricIntervalUpperBound" not in step:
        raise ValidationError("The upper and lower bound can't be null in the same step adjustment.")
    lower = step.get("MetricIntervalLowerBound", float("-inf"))
    upper = step.get("MetricIntervalUpperBound", float("inf"))
    if lower >= upper:
        raise ValidationError("MetricIntervalUpperBound must be greater than MetricIntervalLowerBound.")
    return lower, upper


def _require_seamless(intervals: list[tuple[float, float]]) -> None:
    intervals = sorted(intervals)
    for (_, end), (start, _) in itertools.pairwise(intervals):
        if end != start:
            raise ValidationError("The ranges of step adjustments can't overlap or have a gap.")
    if float("-inf") < intervals[0][0] < 0:
        raise ValidationError("With a negative lower bound there must be a step adjustment with a null lower bound.")
    if 0 < intervals[-1][1] < float("inf"):
        raise ValidationError("With a positive upper bound there must be a step adjustment with a null upper bound.")
