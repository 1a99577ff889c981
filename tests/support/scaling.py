"""Scaling that another user or tool adds to an endpoint, and the registered scaling of an endpoint."""

from typing import Any

from tests.support.deployment import Slipway

Json = dict[str, Any]
INVOCATIONS = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
CONCURRENT = {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}


def tracking(metric: Json, value: float) -> Json:
    """A TargetTrackingScalingPolicyConfiguration."""
    return {"PredefinedMetricSpecification": metric, "TargetValue": value}


def instances_of(endpoint_name: str, variant: str = "AllTraffic") -> Json:
    """Identifiers of the scalable target of a variant's instance count."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint_name}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


class ExternalScaling:
    """Scaling of a variant by another user or tool."""

    def __init__(self, slipway: Slipway, endpoint_name: str, variant: str = "AllTraffic") -> None:
        self._autoscaling = slipway.aws.client("application-autoscaling")
        self._target = instances_of(endpoint_name, variant)

    def register(self, minimum: int, maximum: int) -> None:
        self._autoscaling.register_scalable_target(**self._target, MinCapacity=minimum, MaxCapacity=maximum)

    def suspend(self, **suspended: bool) -> None:
        self._autoscaling.register_scalable_target(**self._target, SuspendedState=suspended)

    def track(self, name: str, configuration: Json) -> None:
        """Put a target-tracking policy."""
        self._autoscaling.put_scaling_policy(
            **self._target,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=configuration,
        )

    def step(self, name: str) -> None:
        """Put a step policy."""
        steps = {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        }
        self._autoscaling.put_scaling_policy(
            **self._target, PolicyName=name, PolicyType="StepScaling", StepScalingPolicyConfiguration=steps
        )

    def schedule(self, name: str, **more: Any) -> None:
        self._autoscaling.put_scheduled_action(
            **self._target,
            ScheduledActionName=name,
            **{"Schedule": "cron(0 8 * * ? *)", "ScalableTargetAction": {"MinCapacity": 2}, **more},
        )

    def unschedule(self, name: str) -> None:
        self._autoscaling.delete_scheduled_action(**self._target, ScheduledActionName=name)

    def described(self) -> dict[str, list[Json]]:
        """Everything registered for the variant, as AWS describes it."""
        of_variant = {**self._target}
        resource_id = of_variant.pop("ResourceId")
        targets = self._autoscaling.describe_scalable_targets(**of_variant, ResourceIds=[resource_id])
        policies = self._autoscaling.describe_scaling_policies(**self._target)
        actions = self._autoscaling.describe_scheduled_actions(**self._target)
        return {
            "targets": targets["ScalableTargets"],
            "policies": policies["ScalingPolicies"],
            "scheduledActions": actions["ScheduledActions"],
        }


def registered(slipway: Slipway, endpoint_name: str) -> dict[str, Json]:
    """Bounds, suspended processes, policies and scheduled actions of each registered variant and dimension."""
    autoscaling = slipway.aws.client("application-autoscaling")
    found = {}
    for kind, member in (
        ("describe_scalable_targets", "ScalableTargets"),
        ("describe_scaling_policies", "ScalingPolicies"),
        ("describe_scheduled_actions", "ScheduledActions"),
    ):
        pages = autoscaling.get_paginator(kind).paginate(ServiceNamespace="sagemaker")
        found[member] = [each for page in pages for each in page[member]]
    return {
        f"{target['ResourceId'].rpartition('/')[2]}:{target['ScalableDimension'].rpartition('Desired')[2]}": {
            "bounds": (target["MinCapacity"], target["MaxCapacity"]),
            "suspended": sorted(name for name, is_on in target["SuspendedState"].items() if is_on),
            "policies": {
                policy["PolicyName"]: policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
                if "TargetTrackingScalingPolicyConfiguration" in policy
                else "steps"
                for policy in found["ScalingPolicies"]
                if _is_on(policy, target)
            },
            "scheduled": {
                action["ScheduledActionName"]: action["Schedule"]
                for action in found["ScheduledActions"]
                if _is_on(action, target)
            },
        }
        for target in found["ScalableTargets"]
        if target["ResourceId"].startswith(f"endpoint/{endpoint_name}/")
    }


def _is_on(thing: Json, target: Json) -> bool:
    return all(thing[member] == target[member] for member in ("ResourceId", "ScalableDimension"))
