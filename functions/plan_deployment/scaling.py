"""What the request asks to be registered for scaling."""

from dataclasses import dataclass

from plan_deployment.hosts import INSTANCES, PROVISIONED_CONCURRENCY
from plan_deployment.metrics import of_variant
from plan_deployment.request import Scaling
from shared.autoscaling import NAMESPACE, resource_id, variant_name
from shared.aws import Json
from shared.planning.names import policy_name
from shared.planning.snapshot import key


@dataclass(frozen=True)
class Wanted:
    """One variant's scaling.

    Attributes
    ----------
    target, policy : Json
        Bodies of RegisterScalableTarget and of PutScalingPolicy.
    """

    target: Json
    policy: Json

    def summary(self) -> Json:
        """What scales how, for people and for the execution's output."""
        configuration = self.policy["TargetTrackingScalingPolicyConfiguration"]
        return {
            "variantName": variant_name(self.target["ResourceId"]),
            "resourceId": self.target["ResourceId"],
            "scalableDimension": self.target["ScalableDimension"],
            "minCapacity": self.target["MinCapacity"],
            "maxCapacity": self.target["MaxCapacity"],
            "policyName": self.policy["PolicyName"],
            "metric": _metric(configuration),
            "targetValue": configuration["TargetValue"],
        }


def wanted(endpoint_name: str, variants: list[Json], scaling: Scaling | None, policies: list[Json]) -> list[Wanted]:
    """What is to be registered, variant by variant; nothing where the request asks for no scaling.

    A policy of another name that follows the same metric is changed in place, under its name: Application Auto Scaling
    allows one target-tracking policy for a metric.

    Parameters
    ----------
    policies : list of Json
        The policies that are there, as a snapshot has them.
    """
    if scaling is None:
        return []
    made = []
    for variant in variants:
        target = {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": resource_id(endpoint_name, variant["VariantName"]),
            "ScalableDimension": PROVISIONED_CONCURRENCY if "ServerlessConfig" in variant else INSTANCES,
            "MinCapacity": scaling.min_capacity,
            "MaxCapacity": scaling.max_capacity,
        }
        configuration = of_variant(scaling.policy, endpoint_name, variant["VariantName"])
        taken = [policy["PolicyName"] for policy in policies if _follows_the_same(policy, target, configuration)]
        policy = {
            "PolicyName": taken[0] if taken else policy_name(endpoint_name, variant["VariantName"]),
            "ServiceNamespace": NAMESPACE,
            "ResourceId": target["ResourceId"],
            "ScalableDimension": target["ScalableDimension"],
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": configuration,
        }
        made.append(Wanted(target, policy))
    return made


def is_there(body: Json, registered: list[Json]) -> bool:
    """Whether a body, of a target or a policy, is registered with all that it says."""
    return any(_says(body, found) for found in registered)


def _metric(policy: Json) -> str:
    predefined = policy.get("PredefinedMetricSpecification")
    if predefined:
        return str(predefined["PredefinedMetricType"])
    return str(policy["CustomizedMetricSpecification"].get("MetricName", "a metric expression"))


def _follows_the_same(policy: Json, target: Json, configuration: Json) -> bool:
    found = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    specifications = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
    return key(policy) == key(target) and any(
        name in configuration and found.get(name) == configuration[name] for name in specifications
    )


def _says(body: Json, found: Json) -> bool:
    """Whether everything in `body` is in `found`; AWS adds defaults and dates of its own.

    In a policy's configuration, a member that is not asked for counts, too: it changes what is measured, or how.
    """
    return all(
        _said(value) == _said(found.get(name) or {}) if isinstance(value, dict) else _equal(value, found.get(name))
        for name, value in body.items()
    )


def _said(configuration: Json) -> Json:
    """The configuration without members that mean the same as none: AWS leaves them out, or adds them."""
    members = {name: _said(value) if isinstance(value, dict) else value for name, value in configuration.items()}
    return {name: value for name, value in members.items() if not (value is False or value in (None, [], {}))}


def _equal(value: object, found: object) -> bool:
    # AWS leaves a False out as if it had not been said.
    return value == found or (value is False and found is None)
