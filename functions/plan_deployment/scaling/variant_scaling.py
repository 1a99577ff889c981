"""The requested scaling of each variant."""

from dataclasses import dataclass

from shared.autoscaling import variant_name
from shared.aws import Json
from shared.plan import ScaledVariant


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


def is_registered(body: Json, registered: list[Json]) -> bool:
    """Whether a target or a policy is registered with everything that its body says."""
    return any(_says(body, found) for found in registered)


def _metric(policy: Json) -> str:
    predefined = policy.get("PredefinedMetricSpecification")
    if predefined:
        return str(predefined["PredefinedMetricType"])
    return str(policy["CustomizedMetricSpecification"].get("MetricName", "a metric expression"))


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
