"""Comparable snapshots of an endpoint and its resources."""

from dataclasses import dataclass
from typing import Any

from shared import alarms, component_content, off_hours
from tests.support.components import described as described_components
from tests.support.deployment import Slipway

SAGEMAKER = {"ServiceNamespace": "sagemaker"}
# Members that AWS adds or that differ between two equal resources.
ADDED = (
    "CreationTime",
    "ScalableTargetARN",
    "PolicyARN",
    "Alarms",
    "ScheduledActionARN",
    "RoleARN",
    "PredictedCapacity",
)


@dataclass(frozen=True)
class World:
    """Snapshot of an endpoint and its resources.

    Attributes
    ----------
    endpoint : dict or None
        Status, config and variants, pending deployments included.
    configs : dict
        Variants of the endpoint's configs by config name.
    scaling : dict
        Scalable targets, policies and scheduled actions by name.
    alarms : dict
        Slipway's alarms of the endpoint by name, as PutMetricAlarm takes them.
    components : dict
        Status, specification and copies of the endpoint's inference components by name.
    schedules : dict
        Schedules of the endpoint by what follows the endpoint in their names, such as ``weekdays-up``.
    """

    endpoint: dict[str, Any] | None
    configs: dict[str, Any]
    models: tuple[str, ...]
    scaling: dict[str, Any]
    alarms: dict[str, Any]
    components: dict[str, Any]
    schedules: dict[str, Any]
    held_by: str | None


def _variants(sagemaker: Any, config_name: str) -> list[dict[str, Any]] | None:
    """The config's variants; None if a function of an execution that was stopped deletes the config this very moment."""
    try:
        variants: list[dict[str, Any]] = sagemaker.describe_endpoint_config(EndpointConfigName=config_name)[
            "ProductionVariants"
        ]
    except sagemaker.exceptions.ClientError as error:
        if "Could not find endpoint configuration" not in str(error):
            raise
        return None
    return variants


def snapshot(slipway: Slipway, name: str) -> World:
    """Take a snapshot of the endpoint now."""
    sagemaker = slipway.aws.client("sagemaker")
    described = {config: _variants(sagemaker, config) for config in slipway.configs(name)}
    configs = {config: variants for config, variants in described.items() if variants is not None}
    pages = sagemaker.get_paginator("list_models").paginate(PaginationConfig={"PageSize": 100})
    models = tuple(sorted(model["ModelName"] for page in pages for model in page["Models"]))
    lock = slipway.aws.client("dynamodb").get_item(
        TableName=slipway.physical_id("LocksTable"), Key={"lockId": {"S": f"endpoint/{name}"}}
    )
    held_by = lock.get("Item", {}).get("heldBy", {}).get("S")
    found = alarms.beginning_with(slipway.aws.client("cloudwatch"), f"slipway/{name}/")
    found = {alarm: _with_names_of_policies(slipway, body) for alarm, body in found.items()}
    hosted = {each: _component(body) for each, body in described_components(slipway, name).items()}
    schedules = off_hours.read(slipway.aws.client("scheduler"), "slipway-off-hours", name)
    return World(
        endpoint=_endpoint(slipway.endpoint(name)),
        configs=configs,
        models=models,
        scaling=scaling(slipway, name),
        alarms=found,
        components=hosted,
        schedules={"-".join(each["Name"].rsplit("-", 2)[1:]): each for each in schedules},
        held_by=held_by,
    )


def _component(described: dict[str, Any]) -> dict[str, Any]:
    content = component_content.content_of(described)
    copies = described.get("RuntimeConfig", {}).get("DesiredCopyCount")
    return {"status": described["InferenceComponentStatus"], "copies": copies, **content}


def _endpoint(described: dict[str, Any] | None) -> dict[str, Any] | None:
    if described is None:
        return None
    variants = {
        variant["VariantName"]: (variant.get("CurrentInstanceCount"), variant.get("CurrentWeight"))
        for variant in described.get("ProductionVariants", [])
    }
    return {
        "status": described["EndpointStatus"],
        "config": described["EndpointConfigName"],
        "pending": "PendingDeploymentSummary" in described,
        "variants": variants,
    }


def _with_names_of_policies(slipway: Slipway, alarm: dict[str, Any]) -> dict[str, Any]:
    """The alarm with a name for each existing policy's ARN: a restored policy has another ARN."""
    pages = slipway.aws.client("application-autoscaling").get_paginator("describe_scaling_policies")
    policies = [policy for page in pages.paginate(**SAGEMAKER) for policy in page["ScalingPolicies"]]
    names = {policy["PolicyARN"]: f"{policy['ResourceId']} {policy['PolicyName']}" for policy in policies}
    return alarm | {"AlarmActions": [names.get(action, action) for action in alarm.get("AlarmActions", [])]}


def scaling(slipway: Slipway, name: str) -> dict[str, Any]:
    """Everything registered in Application Auto Scaling for the endpoint and its inference components."""
    autoscaling = slipway.aws.client("application-autoscaling")
    pages = autoscaling.get_paginator("describe_scalable_targets").paginate(**SAGEMAKER)
    targets = [each for page in pages for each in page["ScalableTargets"]]
    # Components are named after their endpoint in these tests.
    beginnings = (f"endpoint/{name}/", f"inference-component/{name}-")
    own = [each for each in targets if each["ResourceId"].startswith(beginnings)]
    found = {f"ScalableTargets {each['ResourceId']} {each['ScalableDimension']}": _comparable(each) for each in own}
    for operation, key, label in (
        ("describe_scaling_policies", "ScalingPolicies", "PolicyName"),
        ("describe_scheduled_actions", "ScheduledActions", "ScheduledActionName"),
    ):
        for resource in {each["ResourceId"] for each in own}:  # policies and actions end with their target
            for page in autoscaling.get_paginator(operation).paginate(**SAGEMAKER, ResourceId=resource):
                found |= {f"{key} {resource} {each[label]}": _comparable(each) for each in page[key]}
    return found


def _comparable(described: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in described.items() if member not in ADDED}


def includes(wanted: Any, found: Any) -> bool:
    """Whether `found` contains everything in `wanted`; AWS adds defaults."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(includes(value, found.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(includes, wanted, found))
    return bool(wanted == found) or (wanted is False and found is None)
