"""The registered scaling of an endpoint's variants, in the request bodies that register it again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.autoscaling import NAMESPACE, NOT_SUSPENDED, component_id, resource_id
from shared.aws import Client, Json
from shared.moments import iso
from shared.plan import Call
from shared.planning import calls
from shared.planning.names import is_own_scaling

Target = tuple[str, str]

MOST_IDS = 50  # Application Auto Scaling API reference, DescribeScalableTargets

TARGET_MEMBERS = (*calls.OF_A_TARGET, "MinCapacity", "MaxCapacity", "SuspendedState")
POLICY_MEMBERS = (
    *calls.OF_A_POLICY,
    "PolicyType",
    "TargetTrackingScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
)
ACTION_MEMBERS = (
    "ScheduledActionName",
    *calls.OF_A_TARGET,
    "Schedule",
    "Timezone",
    "StartTime",
    "EndTime",
    "ScalableTargetAction",
)


@dataclass(frozen=True)
class Snapshot:
    """Registered scaling.

    Attributes
    ----------
    targets : list of Json
        Bodies of RegisterScalableTarget, with their suspended state.
    policies, scheduled_actions : list of Json
        Bodies of PutScalingPolicy and of PutScheduledAction.
    policy_arns : dict of str to Json
        The policies by their ARNs.
    """

    targets: list[Json] = field(default_factory=list)
    policies: list[Json] = field(default_factory=list)
    scheduled_actions: list[Json] = field(default_factory=list)
    policy_arns: dict[str, Json] = field(default_factory=dict, compare=False)

    def on(self, target: Json) -> "Snapshot":
        """Return the target of the same resource and dimension, and what is on it."""
        targets, policies, actions = (
            [each for each in found if key(each) == key(target)]
            for found in (self.targets, self.policies, self.scheduled_actions)
        )
        return Snapshot(targets, policies, actions)

    def external(self, endpoint_name: str) -> list[str]:
        """Return the policies and scheduled actions that Slipway did not create, for people."""
        kinds = {
            "policy": ("PolicyName", self.policies),
            "scheduled action": ("ScheduledActionName", self.scheduled_actions),
        }
        return [
            f"{kind} {body[member]} of {body['ResourceId']}"
            for kind, (member, bodies) in kinds.items()
            for body in bodies
            if not is_own_scaling(endpoint_name, body)
        ]

    def registrations(self) -> list[Call]:
        """Return the calls that register everything again."""
        return [
            *map(calls.register_target, self.targets),
            *map(calls.put_policy, self.policies),
            *map(calls.put_scheduled_action, self.scheduled_actions),
        ]


def key(body: Json) -> Target:
    """The identity of a scalable target, from its own body or that of what is on it."""
    return body["ResourceId"], body["ScalableDimension"]


def policy_key(body: Json) -> tuple[Target, str]:
    """The identity of a scaling policy."""
    return key(body), body["PolicyName"]


def take(
    autoscaling: Client, endpoint_name: str, variant_names: Iterable[str], component_names: Iterable[str] = ()
) -> Snapshot:
    """Return everything that is registered on these variants and inference components, in any dimension."""
    of_variants = {resource_id(endpoint_name, name) for name in variant_names}
    return take_of(autoscaling, of_variants | {component_id(name) for name in component_names})


def take_of(autoscaling: Client, resources: Iterable[str]) -> Snapshot:
    """Return everything that is registered on these resource ids, in any dimension."""
    ids = sorted(resources)
    parts = [ids[first : first + MOST_IDS] for first in range(0, len(ids), MOST_IDS)]
    paginate = autoscaling.get_paginator("describe_scalable_targets").paginate
    pages = (page for part in parts for page in paginate(ServiceNamespace=NAMESPACE, ResourceIds=part))
    return _of([target for page in pages for target in page["ScalableTargets"]], autoscaling)


def take_all(autoscaling: Client, endpoint_name: str, component_names: Iterable[str] = ()) -> Snapshot:
    """Return everything that is registered on the endpoint, which does not have to exist, and on the components."""
    beginning = resource_id(endpoint_name, "").lower()
    ids = {component_id(name).lower() for name in component_names}
    pages = autoscaling.get_paginator("describe_scalable_targets").paginate(ServiceNamespace=NAMESPACE)
    found = [target for page in pages for target in page["ScalableTargets"]]
    return _of([target for target in found if _is_on(target["ResourceId"].lower(), beginning, ids)], autoscaling)


def _is_on(resource: str, beginning: str, ids: set[str]) -> bool:
    return resource.startswith(beginning) or resource in ids


def _of(targets: list[Json], autoscaling: Client) -> Snapshot:
    policies = _on_each(targets, autoscaling.get_paginator("describe_scaling_policies").paginate, "ScalingPolicies")
    actions = _on_each(targets, autoscaling.get_paginator("describe_scheduled_actions").paginate, "ScheduledActions")
    bodies = [_body(policy, POLICY_MEMBERS) for policy in policies]
    return Snapshot(
        [_body(target | {"SuspendedState": _suspended(target)}, TARGET_MEMBERS) for target in targets],
        bodies,
        [_body(action, ACTION_MEMBERS) for action in actions],
        {policy["PolicyARN"]: body for policy, body in zip(policies, bodies, strict=True) if "PolicyARN" in policy},
    )


def _on_each(targets: list[Json], paginate: Callable[..., Iterable[Json]], member: str) -> list[Json]:
    return [
        thing
        for target in targets
        for page in paginate(
            ServiceNamespace=NAMESPACE,
            ResourceId=target["ResourceId"],
            ScalableDimension=target["ScalableDimension"],
        )
        for thing in page[member]
    ]


def _suspended(target: Json) -> Json:
    """Return all three states: what a registration leaves out stays as it is."""
    found: Json = target.get("SuspendedState", {})
    return NOT_SUSPENDED | found


def _body(found: Json, members: tuple[str, ...]) -> Json:
    return {name: _plain(found[name]) for name in members if found.get(name) is not None}


def _plain(value: Any) -> Any:
    """Return the value as JSON has it."""
    return iso(value) if isinstance(value, datetime) else value
