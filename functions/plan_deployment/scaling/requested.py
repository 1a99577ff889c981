"""What the scaling of a request becomes: complete bodies for Application Auto Scaling and CloudWatch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from plan_deployment.request.metrics import of_variant
from plan_deployment.request.scaling import RequestedResource, Scaling
from plan_deployment.variants import INSTANCES, PROVISIONED_CONCURRENCY
from shared.autoscaling import NAMESPACE, resource_id
from shared.aws import Json
from shared.planning import names
from shared.planning.scaling_snapshot import key

TRACKING, STEP = "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"


@dataclass(frozen=True)
class ScalingAlarm:
    """The alarm that triggers a step policy.

    Attributes
    ----------
    policy_name : str
        Name of the policy whose ARN becomes the alarm's action.
    body : Json
        PutMetricAlarm's body without Tags and AlarmActions.
    """

    policy_name: str
    body: Json


@dataclass(frozen=True)
class ResourceScaling:
    """Scaling of one variant or inference component.

    Attributes
    ----------
    name : str
        The variant or inference component.
    target : Json
        RegisterScalableTarget's body; it has a SuspendedState only if the request has one.
    policies, scheduled_actions : list of Json
        Bodies of PutScalingPolicy and of PutScheduledAction.
    alarms : list of ScalingAlarm
        The alarms of the step policies.
    """

    name: str
    target: Json
    policies: list[Json]
    alarms: list[ScalingAlarm] = field(default_factory=list)
    scheduled_actions: list[Json] = field(default_factory=list)


def requested_scaling(
    endpoint_name: str,
    config: Json,
    scaling: Scaling | None,
    snapshot_policies: list[Json],
    alarm_prefix: str,  # noqa: ARG001  # used with step policies
    components: Iterable[str] = (),  # noqa: ARG001  # used with components
    now: str | None = None,  # noqa: ARG001  # used with scheduled actions
) -> list[ResourceScaling]:
    """Return the scaling of each variant and inference component that the request scales.

    A registered policy of another name that tracks the same metric is changed under its name: Application Auto Scaling
    allows one target-tracking policy for a metric.

    Parameters
    ----------
    endpoint_name : str
        In the spelling of the live endpoint.
    config : Json
        CreateEndpointConfig's body.
    scaling : Scaling or None
        None if the request does not configure scaling.
    snapshot_policies : list of Json
        The registered policies, as a snapshot has them.
    alarm_prefix : str
        Beginning of the names of the endpoint's alarms.
    components : iterable of str
        Names of the inference components, in the spelling of the live ones.
    now : str or None
        The time, ISO 8601: the capacities are those that the scheduled actions of the request have set by then.
    """
    if scaling is None:
        return []
    return [
        _of_variant(endpoint_name, variant, scaling.variants[variant["VariantName"]], snapshot_policies)
        for variant in config["ProductionVariants"]
        if variant["VariantName"] in scaling.variants
    ]


def _of_variant(endpoint_name: str, variant: Json, asked: RequestedResource, registered: list[Json]) -> ResourceScaling:
    name = variant["VariantName"]
    identity = {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource_id(endpoint_name, name),
        "ScalableDimension": PROVISIONED_CONCURRENCY if "ServerlessConfig" in variant else INSTANCES,
    }
    policies = list(_policies(endpoint_name, name, identity, asked))
    return ResourceScaling(
        name,
        identity | {"MinCapacity": asked.min_capacity, "MaxCapacity": asked.max_capacity},
        _under_registered_names(policies, registered),
    )


def _policies(endpoint_name: str, name: str, identity: Json, asked: RequestedResource) -> Iterator[Json]:
    for policy in asked.policies:
        yield {
            "PolicyName": names.policy_name(endpoint_name, name),
            **identity,
            "PolicyType": "TargetTrackingScaling",
            TRACKING: of_variant(policy["targetTracking"], endpoint_name, name),
        }


def _under_registered_names(policies: list[Json], registered: list[Json]) -> list[Json]:
    """Return the policies with the names of the registered ones that track the same metrics."""
    renamed = []
    for policy in policies:
        taken = [each["PolicyName"] for each in registered if _tracks_the_same(each, policy)]
        renamed.append(policy | {"PolicyName": taken[0]} if taken else policy)
    return renamed


def _tracks_the_same(registered: Json, policy: Json) -> bool:
    found, configuration = registered.get(TRACKING, {}), policy.get(TRACKING, {})
    specifications = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
    return key(registered) == key(policy) and any(
        name in configuration and found.get(name) == configuration[name] for name in specifications
    )
