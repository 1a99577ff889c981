"""CloudWatch alarms of target tracking policies, which only Application Auto Scaling edits.

User guide, target-tracking-scaling-policy-overview and monitoring-cloudwatch. Thresholds, periods
and names are those of real alarms. `local_aws.cloudwatch` evaluates them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from moto.cloudwatch.models import Metric, MetricDataQuery, MetricStat, cloudwatch_backends

Backend = Any
Alarm = Any  # moto's

SCALE_IN_SHARE = 0.9  # of the target value


@dataclass(frozen=True)
class PredefinedMetric:
    """CloudWatch's metric behind a predefined metric."""

    metric_name: str
    statistic: str
    period_seconds: int = 60


MEASURES = {
    "SageMakerVariantInvocationsPerInstance": PredefinedMetric("InvocationsPerInstance", "Sum"),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": PredefinedMetric(
        "ConcurrentRequestsPerModel", "Average", 10
    ),
    "SageMakerVariantProvisionedConcurrencyUtilization": PredefinedMetric(
        "ServerlessProvisionedConcurrencyUtilization", "Average"
    ),
    "SageMakerInferenceComponentInvocationsPerCopy": PredefinedMetric("InvocationsPerCopy", "Sum"),
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution": PredefinedMetric(
        "ConcurrentRequestsPerCopy", "Average", 10
    ),
}


@dataclass(frozen=True)
class AlarmSide:
    """One of the two alarms of a policy; `periods` is the number of periods by the metric's period in seconds."""

    name: str
    operator: str
    periods: dict[int, int]
    share: float = 1.0


# Scaling in takes fifteen minutes, however fine the metric (SageMaker developer guide, endpoint-auto-scaling-policy).
HIGH = AlarmSide("AlarmHigh", "GreaterThanThreshold", periods={60: 3, 10: 3})
LOW = AlarmSide("AlarmLow", "LessThanThreshold", periods={60: 15, 10: 90}, share=SCALE_IN_SHARE)


def put(backend: Backend, resource_id: str, policy_arn: str, configuration: dict[str, Any]) -> list[Alarm]:
    """Create the alarms of a target tracking policy: no low one if scale-in is disabled."""
    sides = [HIGH] if configuration.get("DisableScaleIn") else [HIGH, LOW]
    return [_put(backend, side, resource_id, policy_arn, configuration) for side in sides]


def delete(backend: Backend, alarms: list[Alarm]) -> None:
    """Delete the alarms of `put`."""
    _cloudwatch(backend).delete_alarms([alarm.name for alarm in alarms])


def _put(backend: Backend, side: AlarmSide, resource_id: str, policy_arn: str, configuration: dict[str, Any]) -> Alarm:
    measured = _metric_arguments(resource_id, configuration)
    return _cloudwatch(backend).put_metric_alarm(
        name=f"TargetTracking-{resource_id}-{side.name}-{uuid.uuid4()}",
        description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}.",
        comparison_operator=side.operator,
        evaluation_periods=side.periods[measured["period"]],
        threshold=configuration["TargetValue"] * side.share,
        alarm_actions=[policy_arn],
        **measured,
    )


def _metric_arguments(resource_id: str, configuration: dict[str, Any]) -> dict[str, Any]:
    """The alarm's metric, as arguments of moto's `put_metric_alarm`."""
    if "PredefinedMetricSpecification" in configuration:
        measure = MEASURES[configuration["PredefinedMetricSpecification"]["PredefinedMetricType"]]
        return {
            "namespace": "AWS/SageMaker",
            "metric_name": measure.metric_name,
            "statistic": measure.statistic,
            "period": measure.period_seconds,
            "dimensions": _dimensions(resource_id),
        }
    custom = configuration["CustomizedMetricSpecification"]
    return {
        "namespace": custom.get("Namespace"),
        "metric_name": custom.get("MetricName"),
        "statistic": custom.get("Statistic"),
        "unit": custom.get("Unit"),
        "period": 60,
        "dimensions": custom.get("Dimensions", []),
        "metric_data_queries": [_query(query) for query in custom.get("Metrics", [])],
    }


def _dimensions(resource_id: str) -> list[dict[str, str]]:
    kind, name, *variant = resource_id.split("/")
    if kind == "inference-component":
        return [{"Name": "InferenceComponentName", "Value": name}]
    return [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": variant[-1]}]


def _query(query: dict[str, Any]) -> MetricDataQuery:
    stat = query.get("MetricStat")
    metric_stat = None
    if stat:
        metric = stat["Metric"]
        measured = Metric(metric["MetricName"], metric["Namespace"], metric.get("Dimensions", []))
        metric_stat = MetricStat(measured, "60", stat["Stat"], stat.get("Unit"))
    return MetricDataQuery(
        query["Id"], query.get("Label"), "60", query.get("ReturnData", True), query.get("Expression"), metric_stat
    )


def _cloudwatch(backend: Backend) -> Any:
    return cloudwatch_backends[backend.account_id][backend.region_name]
