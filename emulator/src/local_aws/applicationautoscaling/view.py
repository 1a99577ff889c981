"""What a result of traffic tells about scaling: bounds, targets of policies, and activities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from local_aws.applicationautoscaling import registry
from local_aws.applicationautoscaling.activities import described as activities_of
from local_aws.applicationautoscaling.registry import Policy


def bounds(account_id: str, region: str, resource_id: str) -> tuple[int, int] | None:
    """MinCapacity and MaxCapacity of a resource; None if it is not a scalable target."""
    found = registry.of_resource(account_id, region, resource_id)
    return (found[0].min_capacity, found[0].max_capacity) if found else None


def targets(account_id: str, region: str, resource_id: str) -> list[dict[str, Any]]:
    """Name, metric and target value of each target tracking policy of a resource."""
    return [
        {
            "policyName": policy.name,
            "metric": _metric(policy),
            "targetValue": policy.configuration["TargetValue"],
        }
        for target in registry.of_resource(account_id, region, resource_id)
        for policy in registry.policies(target.backend, target.target)
        if policy.policy_type == "TargetTrackingScaling"
    ]


def activities(account_id: str, region: str, since: datetime) -> list[dict[str, Any]]:
    """The scaling activities of an account and Region since a time, the newest first."""
    backend = registry.backend(account_id, region)
    found = activities_of(backend) if backend else []
    return [activity for activity in found if activity["StartTime"] >= since]


def _metric(policy: Policy) -> str:
    """The predefined type, the name of a customized metric, or the expression that returns data."""
    configuration = policy.configuration
    if "PredefinedMetricSpecification" in configuration:
        return str(configuration["PredefinedMetricSpecification"]["PredefinedMetricType"])
    custom = configuration["CustomizedMetricSpecification"]
    if "MetricName" in custom:
        return str(custom["MetricName"])
    (result,) = (each for each in custom["Metrics"] if each.get("ReturnData", True))
    return str(result.get("Expression") or result["MetricStat"]["Metric"]["MetricName"])
