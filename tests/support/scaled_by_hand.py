"""Scaling that somebody put beside Slipway, by boto3."""

from typing import Any

from emulator.local_aws import LocalAws

SUSPENDED = {
    "DynamicScalingInSuspended": True,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
NIGHTLY = "nightly"
SCHEDULE = "cron(0 22 * * ? *)"


def register(aws: LocalAws, endpoint_name: str, variant: str = "AllTraffic") -> None:
    """Register the variant, one to two instances, with scaling in suspended."""
    aws.client("application-autoscaling").register_scalable_target(
        **_of(endpoint_name, variant), MinCapacity=1, MaxCapacity=2, SuspendedState=SUSPENDED
    )


def put_policy(aws: LocalAws, endpoint_name: str, variant: str) -> None:
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    aws.client("application-autoscaling").put_scaling_policy(
        **_of(endpoint_name, variant),
        PolicyName="by-hand",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 11.0, "PredefinedMetricSpecification": metric},
    )


def put_scheduled_action(aws: LocalAws, endpoint_name: str, variant: str = "AllTraffic") -> None:
    aws.client("application-autoscaling").put_scheduled_action(
        **_of(endpoint_name, variant),
        ScheduledActionName=NIGHTLY,
        Schedule=SCHEDULE,
        ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 1},
    )


def delete_scheduled_action(aws: LocalAws, endpoint_name: str, variant: str) -> None:
    aws.client("application-autoscaling").delete_scheduled_action(
        **_of(endpoint_name, variant), ScheduledActionName=NIGHTLY
    )


def described(aws: LocalAws, endpoint_name: str, variant: str = "AllTraffic") -> dict[str, list[dict[str, Any]]]:
    """Everything that is registered on the variant, as AWS describes it."""
    autoscaling, of_variant = aws.client("application-autoscaling"), _of(endpoint_name, variant)
    resource_id = of_variant.pop("ResourceId")
    return {
        "targets": autoscaling.describe_scalable_targets(**of_variant, ResourceIds=[resource_id])["ScalableTargets"],
        "policies": autoscaling.describe_scaling_policies(**of_variant, ResourceId=resource_id)["ScalingPolicies"],
        "scheduledActions": autoscaling.describe_scheduled_actions(**of_variant, ResourceId=resource_id)[
            "ScheduledActions"
        ],
    }


def _of(endpoint_name: str, variant: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint_name}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
