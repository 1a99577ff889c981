"""What is to be registered for scaling, and what is registered already."""

from plan_deployment.faults import Fault, message
from plan_deployment.names import policy_name
from plan_deployment.request import Scaling
from shared import endpoints
from shared.aws import Client, Json
from shared.errors import InvalidRequest

NAMESPACE = "sagemaker"
INSTANCES = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED_CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"


def targets(endpoint_name: str, variants: list[Json], scaling: Scaling) -> list[Json]:
    """Bodies of RegisterScalableTarget, one a variant."""
    return [
        {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": _resource_id(endpoint_name, variant["VariantName"]),
            "ScalableDimension": PROVISIONED_CONCURRENCY if "ServerlessConfig" in variant else INSTANCES,
            "MinCapacity": scaling.min_capacity,
            "MaxCapacity": scaling.max_capacity,
        }
        for variant in variants
    ]


def policies(endpoint_name: str, variants: list[Json], scaling: Scaling, existing: list[Json]) -> list[Json]:
    """Bodies of PutScalingPolicy, one a variant.

    A policy of another name that follows the same metric is changed in place, under its name: Application Auto Scaling
    allows one target-tracking policy for a metric.

    Parameters
    ----------
    existing : list of Json
        The policies that are there, as `registered_policies` gives them.
    """
    made = []
    for variant, target in zip(variants, targets(endpoint_name, variants, scaling), strict=True):
        taken = [policy["PolicyName"] for policy in existing if _follows_the_same(policy, target, scaling.policy)]
        made.append(
            {
                "PolicyName": taken[0] if taken else policy_name(endpoint_name, variant["VariantName"]),
                "ServiceNamespace": NAMESPACE,
                "ResourceId": target["ResourceId"],
                "ScalableDimension": target["ScalableDimension"],
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": scaling.policy,
            }
        )
    return made


def summary(variants: list[Json], wanted_targets: list[Json], wanted_policies: list[Json]) -> list[Json]:
    """What scales how, a line a variant, for people and for the execution's output."""
    return [
        {
            "variantName": variant["VariantName"],
            "resourceId": target["ResourceId"],
            "scalableDimension": target["ScalableDimension"],
            "minCapacity": target["MinCapacity"],
            "maxCapacity": target["MaxCapacity"],
            "policyName": policy["PolicyName"],
            "metric": _metric(policy["TargetTrackingScalingPolicyConfiguration"]),
            "targetValue": policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"],
        }
        for variant, target, policy in zip(variants, wanted_targets, wanted_policies, strict=True)
    ]


def registered_targets(autoscaling: Client, endpoint_name: str, variant_names: set[str]) -> list[Json]:
    """The scalable targets of these variants."""
    pages = autoscaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace=NAMESPACE,
        ResourceIds=sorted(_resource_id(endpoint_name, name) for name in variant_names),
    )
    return [target for page in pages for target in page["ScalableTargets"]]


def registered_policies(autoscaling: Client, registered: list[Json]) -> list[Json]:
    """The scaling policies of these scalable targets."""
    paginator = autoscaling.get_paginator("describe_scaling_policies")
    return [
        policy
        for target in registered
        for page in paginator.paginate(
            ServiceNamespace=NAMESPACE,
            ResourceId=target["ResourceId"],
            ScalableDimension=target["ScalableDimension"],
        )
        for policy in page["ScalingPolicies"]
    ]


def is_as_asked(wanted: list[Json], registered: list[Json]) -> bool:
    """Whether each wanted body, of a target or a policy, is there with all that it says."""
    return all(any(_says(body, found) for found in registered) for body in wanted)


def refuse_what_scaling_forbids(
    sagemaker: Client, endpoint: Json, variants: list[Json], registered: list[Json]
) -> None:
    """See that an update neither removes a variant that is registered for scaling nor changes its instance type.

    Raises
    ------
    InvalidRequest
        When it would; SageMaker fails such an update (SageMaker developer guide, endpoint-scaling-update).
    """
    if not registered:
        return
    # A config that was deleted can tell no instance types; then SageMaker itself is the judge.
    config = endpoints.describe_config(sagemaker, endpoint["EndpointConfigName"]) or {"ProductionVariants": []}
    before = {variant["VariantName"]: _host(variant) for variant in config["ProductionVariants"]}
    indices = {variant["VariantName"]: index for index, variant in enumerate(variants)}
    faults = []
    for target in registered:
        name = target["ResourceId"].rpartition("/")[2]
        remedy = f"Deregister it first: {deregister_command(target)}"
        if name not in indices:
            problem = f"variant {name} is registered for scaling, and SageMaker lets no update remove it"
            faults.append(Fault("/productionVariants", problem, remedy))
            continue
        after = _host(variants[indices[name]])
        if name in before and before[name] != after:
            problem = (
                f"variant {name} is registered for scaling, and SageMaker lets no update change its instance type "
                f"({before[name]} to {after})"
            )
            faults.append(Fault(f"/productionVariants/{indices[name]}/InstanceType", problem, remedy))
    if faults:
        raise InvalidRequest(message("The request", faults))


def deregister_command(target: Json) -> str:
    """The command that ends a variant's scaling."""
    return (
        f"aws application-autoscaling deregister-scalable-target --service-namespace {NAMESPACE} --resource-id "
        f"{target['ResourceId']} --scalable-dimension {target['ScalableDimension']}"
    )


def _resource_id(endpoint_name: str, variant_name: str) -> str:
    return f"endpoint/{endpoint_name}/variant/{variant_name}"


def _host(variant: Json) -> str:
    """What the variant runs on."""
    return str(variant.get("InstanceType") or ("serverless" if "ServerlessConfig" in variant else "instance pools"))


def _metric(policy: Json) -> str:
    predefined = policy.get("PredefinedMetricSpecification")
    if predefined:
        return str(predefined["PredefinedMetricType"])
    return str(policy["CustomizedMetricSpecification"].get("MetricName", "a metric expression"))


def _follows_the_same(policy: Json, target: Json, wanted: Json) -> bool:
    configuration = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    specifications = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
    return (
        policy["ResourceId"] == target["ResourceId"]
        and policy["ScalableDimension"] == target["ScalableDimension"]
        and any(name in wanted and configuration.get(name) == wanted[name] for name in specifications)
    )


def _says(body: Json, found: Json) -> bool:
    """Whether everything in `body` is in `found`; AWS adds defaults and dates of its own."""
    return all(
        _says(value, found.get(name) or {}) if isinstance(value, dict) else _equal(value, found.get(name))
        for name, value in body.items()
    )


def _equal(value: object, found: object) -> bool:
    # AWS leaves a False out as if it had not been said.
    return value == found or (value is False and found is None)
