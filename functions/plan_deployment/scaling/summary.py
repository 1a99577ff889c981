"""How a variant or an inference component scales, for people and for the execution's output."""

from plan_deployment.scaling.requested import STEP, TRACKING, ResourceScaling
from plan_deployment.scaling.sentences import sentence
from shared.autoscaling import is_of_component
from shared.aws import Json
from shared.plan import ScaledResource, ScalingPolicy


def summary(each: ResourceScaling) -> ScaledResource:
    """Return how a variant or an inference component scales."""
    metrics = {alarm.policy_name: _metric_of_alarm(alarm.body) for alarm in each.alarms}
    return {
        "kind": "component" if is_of_component(each.target["ResourceId"]) else "variant",
        "name": each.name,
        "resourceId": each.target["ResourceId"],
        "scalableDimension": each.target["ScalableDimension"],
        "minCapacity": each.target["MinCapacity"],
        "maxCapacity": each.target["MaxCapacity"],
        "policies": [_policy(policy, metrics) for policy in each.policies],
        "scheduledActions": [action["ScheduledActionName"] for action in each.scheduled_actions],
        "sentence": sentence(each),
    }


def _policy(policy: Json, metrics: dict[str, str]) -> ScalingPolicy:
    name, kind = policy["PolicyName"], policy["PolicyType"]
    if STEP in policy:
        return {"policyName": name, "policyType": kind, "metric": metrics.get(name, "")}
    tracking = policy[TRACKING]
    return {
        "policyName": name,
        "policyType": kind,
        "metric": _metric(tracking),
        "targetValue": tracking["TargetValue"],
    }


def _metric(tracking: Json) -> str:
    predefined = tracking.get("PredefinedMetricSpecification")
    if predefined:
        return str(predefined["PredefinedMetricType"])
    return _metric_of_alarm(tracking["CustomizedMetricSpecification"])


def _metric_of_alarm(body: Json) -> str:
    return str(body.get("MetricName", "a metric expression"))
