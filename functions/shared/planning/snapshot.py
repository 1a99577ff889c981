"""What is registered for scaling on an endpoint's variants, in the bodies that would put it so again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.autoscaling import NAMESPACE, NOT_SUSPENDED, resource_id
from shared.aws import Client, Json
from shared.moments import iso

Target = tuple[str, str]

OF_A_TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
TARGET_MEMBERS = (*OF_A_TARGET, "MinCapacity", "MaxCapacity", "SuspendedState")
POLICY_MEMBERS = (
    "PolicyName",
    *OF_A_TARGET,
    "PolicyType",
    "TargetTrackingScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
)
ACTION_MEMBERS = (
    "ScheduledActionName",
    *OF_A_TARGET,
    "Schedule",
    "Timezone",
    "StartTime",
    "EndTime",
    "ScalableTargetAction",
)


@dataclass(frozen=True)
class Snapshot:
    """What is registered.

    Attributes
    ----------
    targets : list of Json
        Bodies of RegisterScalableTarget, with their suspended state.
    policies, scheduled_actions : list of Json
        Bodies of PutScalingPolicy and of PutScheduledAction.
    """

    targets: list[Json] = field(default_factory=list)
    policies: list[Json] = field(default_factory=list)
    scheduled_actions: list[Json] = field(default_factory=list)

    def policies_on(self, target: Json) -> list[Json]:
        return [policy for policy in self.policies if key(policy) == key(target)]

    def actions_on(self, target: Json) -> list[Json]:
        return [action for action in self.scheduled_actions if key(action) == key(target)]

    def body(self) -> Json:
        """The plan's `scaling.snapshot`."""
        return {"targets": self.targets, "policies": self.policies, "scheduledActions": self.scheduled_actions}


def key(thing: Json) -> Target:
    """What tells one scalable target from another, of itself or of what is on it."""
    return thing["ResourceId"], thing["ScalableDimension"]


def deregistration(target: Json) -> Json:
    """The body of DeregisterScalableTarget."""
    return {name: target[name] for name in OF_A_TARGET}


def take(autoscaling: Client, endpoint_name: str, variant_names: Iterable[str]) -> Snapshot:
    """Everything that is registered on these variants, in any dimension."""
    resource_ids = sorted({resource_id(endpoint_name, name) for name in variant_names})
    pages = autoscaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace=NAMESPACE, ResourceIds=resource_ids
    )
    return _of([target for page in pages for target in page["ScalableTargets"]], autoscaling)


def take_all(autoscaling: Client, endpoint_name: str) -> Snapshot:
    """Everything that is registered on the endpoint; it need not exist, so there are no variants to ask by."""
    beginning = resource_id(endpoint_name, "").lower()
    pages = autoscaling.get_paginator("describe_scalable_targets").paginate(ServiceNamespace=NAMESPACE)
    found = [target for page in pages for target in page["ScalableTargets"]]
    return _of([target for target in found if target["ResourceId"].lower().startswith(beginning)], autoscaling)


def _of(targets: list[Json], autoscaling: Client) -> Snapshot:
    policies = _on_each(targets, autoscaling.get_paginator("describe_scaling_policies").paginate, "ScalingPolicies")
    actions = _on_each(targets, autoscaling.get_paginator("describe_scheduled_actions").paginate, "ScheduledActions")
    return Snapshot(
        [_body(target | {"SuspendedState": _suspended(target)}, TARGET_MEMBERS) for target in targets],
        [_body(policy, POLICY_MEMBERS) for policy in policies],
        [_body(action, ACTION_MEMBERS) for action in actions],
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
    """All three said, for what is left out of a registration stays as it is."""
    said: Json = target.get("SuspendedState", {})
    return NOT_SUSPENDED | said


def _body(found: Json, members: tuple[str, ...]) -> Json:
    return {name: _plain(found[name]) for name in members if found.get(name) is not None}


def _plain(value: Any) -> Any:
    """As JSON has it: the plan is kept as JSON."""
    return iso(value) if isinstance(value, datetime) else value
