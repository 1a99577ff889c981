"""The requested scaling of each variant."""

from dataclasses import dataclass

from plan_deployment.request.metrics import of_variant
from plan_deployment.request.scaling import Scaling
from plan_deployment.variants import INSTANCES, PROVISIONED_CONCURRENCY
from shared.autoscaling import NAMESPACE, resource_id, variant_name
from shared.aws import Json
from shared.plan import ScaledVariant
from shared.planning.names import policy_name
from shared.planning.scaling_snapshot import key


@dataclass(frozen=True)
class VariantScaling:
    """Scaling of one variant.

    Attributes
    ----------
    target, policy : Json
        Bodies of RegisterScalableTarget and of PutScalingPolicy.
    """

    target: Json
    policy: Json

    def summary(self) -> ScaledVariant:
        """How the variant scales, for people and for the execution's output."""
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


def requested_scaling(
    endpoint_name: str, variants: list[Json], scaling: Scaling | None, policies: list[Json]
) -> list[VariantScaling]:
    """Return the scaling of each variant; none if the request does not configure scaling.

    A registered policy of another name that tracks the same metric is changed under its name: Application Auto Scaling
    allows one target-tracking policy for a metric.

    Parameters
    ----------
    policies : list of Json
        The registered policies, as a snapshot has them.
    """
    if scaling is None:
        return []
    return [_of_variant(endpoint_name, variant, scaling, policies) for variant in variants]


def is_registered(body: Json, registered: list[Json]) -> bool:
    """Whether a target or a policy is registered with everything that its body says."""
    return any(_says(body, found) for found in registered)


def _of_variant(endpoint_name: str, variant: Json, scaling: Scaling, policies: list[Json]) -> VariantScaling:
    name = variant["VariantName"]
    of_target = {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource_id(endpoint_name, name),
        "ScalableDimension": PROVISIONED_CONCURRENCY if "ServerlessConfig" in variant else INSTANCES,
    }
    target = of_target | {"MinCapacity": scaling.min_capacity, "MaxCapacity": scaling.max_capacity}
    configuration = of_variant(scaling.policy, endpoint_name, name)
    taken = [policy["PolicyName"] for policy in policies if _tracks_the_same(policy, target, configuration)]
    policy = {
        "PolicyName": taken[0] if taken else policy_name(endpoint_name, name),
        **of_target,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": configuration,
    }
    return VariantScaling(target, policy)


def _metric(policy: Json) -> str:
    predefined = policy.get("PredefinedMetricSpecification")
    if predefined:
        return str(predefined["PredefinedMetricType"])
    return str(policy["CustomizedMetricSpecification"].get("MetricName", "a metric expression"))


def _tracks_the_same(policy: Json, target: Json, configuration: Json) -> bool:
    found = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    specifications = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
    return key(policy) == key(target) and any(
        name in configuration and found.get(name) == configuration[name] for name in specifications
    )


def _says(body: Json, found: Json) -> bool:
    """Whether everything in `body` is in `found`, to which AWS adds defaults and dates.

    In a policy's configuration, an additional member counts as a difference: it changes what is measured, or how.
    """
    return all(
        _meaningful(value) == _meaningful(found.get(name) or {})
        if isinstance(value, dict)
        else _equal(value, found.get(name))
        for name, value in body.items()
    )


def _meaningful(configuration: Json) -> Json:
    """Return the configuration without members that mean the same as none: AWS omits or adds them."""
    members = {name: _meaningful(value) if isinstance(value, dict) else value for name, value in configuration.items()}
    return {name: value for name, value in members.items() if not (value is False or value in (None, [], {}))}


def _equal(value: object, found: object) -> bool:
    # AWS omits a member whose value is False.
    return value == found or (value is False and found is None)
