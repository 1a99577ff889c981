"""What the scaling of a request becomes: complete bodies for Application Auto Scaling and CloudWatch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from plan_deployment.request.metrics import alarm_of_resource, of_resource
from plan_deployment.request.scaling import RequestedResource, Scaling
from plan_deployment.request.scaling_kinds import ASYNCHRONOUS, COMPONENT, CONCURRENCY, INSTANCES, Kind
from plan_deployment.variants import INSTANCES as INSTANCE_COUNT
from plan_deployment.variants import PROVISIONED_CONCURRENCY
from shared.alarms import TRIGGERS_SCALING
from shared.autoscaling import COPY_COUNT, NAMESPACE, SCHEDULE_MEMBERS, component_id, resource_id
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

    def with_bounds_of(self, action: Json | None) -> "ResourceScaling":
        """Return the scaling with the bounds that the scheduled action sets; unchanged if there is none."""
        return replace(self, target=self.target | action["ScalableTargetAction"]) if action else self


def requested_scaling(
    endpoint_name: str,
    config: Json,
    scaling: Scaling | None,
    snapshot_policies: list[Json],
    alarm_prefix: str,
    components: Iterable[str] = (),
    now: str | None = None,
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
        The time, ISO 8601. With it the capacities are those that the scheduled actions have set by then, and actions
        that can no longer run are left out.
    """
    if scaling is None:
        return []
    making = _Making(endpoint_name, alarm_prefix, snapshot_policies, now)
    live = {name.lower(): name for name in components}
    return [
        *(
            making.of_variant(variant, _kind(config, variant), scaling.variants[variant["VariantName"]])
            for variant in config["ProductionVariants"]
            if variant["VariantName"] in scaling.variants
        ),
        *(making.of_component(live.get(name.lower(), name), asked) for name, asked in scaling.components.items()),
    ]


def _kind(config: Json, variant: Json) -> Kind:
    if "ServerlessConfig" in variant:
        return CONCURRENCY
    return ASYNCHRONOUS if "AsyncInferenceConfig" in config else INSTANCES


@dataclass(frozen=True)
class _Making:
    endpoint_name: str
    alarm_prefix: str
    registered: list[Json]
    now: str | None

    def of_variant(self, variant: Json, kind: Kind, asked: RequestedResource) -> ResourceScaling:
        name = variant["VariantName"]
        dimension = PROVISIONED_CONCURRENCY if kind is CONCURRENCY else INSTANCE_COUNT
        return self._of(name, kind, _identity(resource_id(self.endpoint_name, name), dimension), asked)

    def of_component(self, name: str, asked: RequestedResource) -> ResourceScaling:
        return self._of(name, COMPONENT, _identity(component_id(name), COPY_COUNT), asked)

    def _of(self, name: str, kind: Kind, identity: Json, asked: RequestedResource) -> ResourceScaling:
        least, most, actions = asked.min_capacity, asked.max_capacity, asked.scheduled_actions
        if self.now and actions:
            # Imported on demand: most requests have no schedule, and a cold start is CPU-bound.
            from shared.scheduled_runs import in_force, that_can_run

            least, most = in_force(actions, (least, most), self.now)
            actions = that_can_run(actions, self.now)
        suspended = {} if asked.suspended_state is None else {"SuspendedState": asked.suspended_state}
        policies = [self._policy(name, kind, identity, policy) for policy in asked.policies]
        policies = _under_registered_names(policies, self.registered)
        of_request = [policy.get("name") for policy in asked.policies]
        named = dict(zip(of_request, (body["PolicyName"] for body in policies), strict=True))
        return ResourceScaling(
            name,
            identity | {"MinCapacity": least, "MaxCapacity": most} | suspended,
            policies,
            [self._alarm(name, kind, named, policy) for policy in asked.policies if "alarm" in policy],
            [_action(identity, action) for action in actions],
        )

    def _policy(self, name: str, kind: Kind, identity: Json, policy: Json) -> Json:
        own = names.OWN_SCALING + policy["name"] if "name" in policy else names.policy_name(self.endpoint_name, name)
        if "step" in policy:
            return {"PolicyName": own, **identity, "PolicyType": "StepScaling", STEP: policy["step"]}
        tracking = of_resource(policy["targetTracking"], kind, self.endpoint_name, name)
        return {"PolicyName": own, **identity, "PolicyType": "TargetTrackingScaling", TRACKING: tracking}

    def _alarm(self, name: str, kind: Kind, policy_names: dict[str | None, str], policy: Json) -> ScalingAlarm:
        policy_name = policy_names[policy["name"]]
        noun = "inference component" if kind is COMPONENT else "variant"
        said = f"{TRIGGERS_SCALING}{policy_name} of {noun} {name} of endpoint {self.endpoint_name}."
        body = {
            "AlarmName": names.alarm_name(self.alarm_prefix, name, None, f"scaling-{policy['name']}"),
            "AlarmDescription": said,
        }
        return ScalingAlarm(policy_name, body | alarm_of_resource(policy["alarm"], kind, self.endpoint_name, name))


def _identity(identifier: str, dimension: str) -> Json:
    return {"ServiceNamespace": NAMESPACE, "ResourceId": identifier, "ScalableDimension": dimension}


def _action(identity: Json, action: Json) -> Json:
    return {
        "ScheduledActionName": names.OWN_SCALING + action["name"],
        **identity,
        **{aws: action[member] for member, aws in SCHEDULE_MEMBERS.items() if member in action},
        "ScalableTargetAction": {"MinCapacity": action["minCapacity"], "MaxCapacity": action["maxCapacity"]},
    }


def _under_registered_names(policies: list[Json], registered: list[Json]) -> list[Json]:
    """Return the policies with the names of the registered ones that track the same metrics.

    A policy whose own name is taken that way gets the own name of another one, so that all names differ.
    """
    own = [policy["PolicyName"] for policy in policies]
    taken = [next(_names_of_metric(policy, registered), None) for policy in policies]
    used = {name for name in taken if name is not None}
    renamed = []
    for policy, name in zip(policies, taken, strict=True):
        if name is None:
            name = policy["PolicyName"] if policy["PolicyName"] not in used else next(_free(own, used))
            used.add(name)
        renamed.append(policy | {"PolicyName": name})
    return renamed


def _free(own: list[str], used: set[str]) -> Iterator[str]:
    return (name for name in own if name not in used)


def _names_of_metric(policy: Json, registered: list[Json]) -> Iterator[str]:
    """Yield the names of registered policies that track the same metric, its own name first."""
    same = [each["PolicyName"] for each in registered if _tracks_the_same(each, policy)]
    yield from sorted(same, key=lambda name: name != policy["PolicyName"])


def _tracks_the_same(registered: Json, policy: Json) -> bool:
    found, configuration = registered.get(TRACKING, {}), policy.get(TRACKING, {})
    specifications = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
    return key(registered) == key(policy) and any(
        name in configuration and found.get(name) == configuration[name] for name in specifications
    )
