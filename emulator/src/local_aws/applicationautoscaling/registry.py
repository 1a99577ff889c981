"""Scalable targets, and their policies and scheduled actions.

They are in moto's storage, beside those of the service namespaces that moto answers for.
"""

from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.applicationautoscaling import alarms, service_linked_role
from local_aws.applicationautoscaling.errors import ObjectNotFoundError
from local_aws.applicationautoscaling.identity import NAMESPACE, Target
from local_aws.applicationautoscaling.state import State
from local_aws.core import gateway, partition
from local_aws.core.clock import clock
from local_aws.core.recurrence import Recurrence

Backend = Any  # moto's ApplicationAutoscalingBackend of one account and Region; moto is not typed

NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


@dataclass
class StoredResource:
    """Common part of targets, policies and scheduled actions."""

    backend: Backend
    target: Target
    creation_time: datetime = field(default_factory=clock.utc, init=False)
    service_namespace: str = field(default=NAMESPACE, init=False)  # moto filters by these three
    resource_id: str = field(init=False)
    scalable_dimension: str = field(init=False)

    def __post_init__(self) -> None:
        self.resource_id = self.target.resource_id
        self.scalable_dimension = self.target.scalable_dimension

    def _arn(self, service: str, resource: str) -> str:
        """An ARN of the backend's account and Region."""
        region = self.backend.region_name
        return f"arn:{partition.NAME}:{service}:{region}:{self.backend.account_id}:{resource}"


@dataclass
class ScalableTarget(StoredResource):
    """A variant that can be scaled, with its bounds."""

    min_capacity: int
    max_capacity: int
    tags: dict[str, str] = field(default_factory=dict)
    suspended_state: dict[str, bool] = field(default_factory=lambda: dict(NOT_SUSPENDED))
    state: State = field(default_factory=State)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.arn = self._arn("application-autoscaling", f"scalable-target/{uuid.uuid4().hex}")

    def describe(self) -> dict[str, Any]:
        return {
            **self.target.members(),
            "MinCapacity": self.min_capacity,
            "MaxCapacity": self.max_capacity,
            "RoleARN": service_linked_role.arn(self.backend.account_id),
            "CreationTime": self.creation_time,
            "SuspendedState": self.suspended_state,
            "ScalableTargetARN": self.arn,
        }


@dataclass
class Policy(StoredResource):
    """A scaling policy; `configuration` is the member of its type."""

    name: str
    policy_type: str
    configuration: dict[str, Any]
    alarms: list[alarms.Alarm] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        resource = f"resource/{NAMESPACE}/{self.resource_id}:policyName/{self.name}"
        self.policy_arn = self._arn("autoscaling", f"scalingPolicy:{uuid.uuid4()}:{resource}")

    def describe(self) -> dict[str, Any]:
        return {
            **self.target.members(),
            "PolicyARN": self.policy_arn,
            "PolicyName": self.name,
            "PolicyType": self.policy_type,
            f"{self.policy_type}PolicyConfiguration": self.configuration,
            "Alarms": self.described_alarms(),
            "CreationTime": self.creation_time,
        }

    def described_alarms(self) -> list[dict[str, str]]:
        return [{"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn} for alarm in self.alarms]

    def is_called_by(self, action_arn: str) -> bool:
        """Whether an alarm's action is this policy, with or without the suffix that CloudWatch returns."""
        return action_arn == self.policy_arn or action_arn.startswith(f"{self.policy_arn}:createdBy/")

    def delete_alarms(self, *_: str) -> None:
        """Delete the alarms of target tracking. The alarms of a step policy belong to its user."""
        alarms.delete(self.backend, self.alarms)
        self.alarms = []


@dataclass
class ScheduledAction(StoredResource):
    """A scheduled action; `recurrence` has its times."""

    name: str
    content: dict[str, Any]
    recurrence: Recurrence

    def __post_init__(self) -> None:
        super().__post_init__()
        self.scheduled_action_name = self.name
        resource = f"resource/{NAMESPACE}/{self.resource_id}:scheduledActionName/{self.name}"
        self.arn = self._arn("autoscaling", f"scheduledAction:{uuid.uuid4()}:{resource}")

    def describe(self) -> dict[str, Any]:
        return {
            **self.target.members(),
            **self.content,
            "ScheduledActionName": self.name,
            "ScheduledActionARN": self.arn,
            "CreationTime": self.creation_time,
        }


def find(backend: Backend, target: Target) -> ScalableTarget | None:
    """The scalable target, or None if it is not registered."""
    found: ScalableTarget | None = backend.targets.get(target.scalable_dimension, {}).get(target.resource_id)
    return found


def require(backend: Backend, target: Target, verb: str = "registered") -> ScalableTarget:
    """The scalable target.

    Raises
    ------
    ObjectNotFoundError
        ``No scalable target registered for service namespace: …``
    """
    found = find(backend, target)
    if found is None:
        raise ObjectNotFoundError(f"No scalable target {verb} for {target}")
    return found


def targets(backend: Backend) -> list[ScalableTarget]:
    """All scalable targets of SageMaker, in the order of registration."""
    of_sagemaker = [
        target
        for by_resource in backend.targets.values()
        for target in by_resource.values()
        if target.service_namespace == NAMESPACE
    ]
    return sorted(of_sagemaker, key=lambda target: target.creation_time)


def policies(backend: Backend, target: Target | None = None) -> list[Policy]:
    """The policies of `target`, or of all SageMaker targets."""
    return [policy for policy in backend.policies.values() if _is_on(policy, target)]


def is_scaling_policy(action_arn: str) -> bool:
    """Whether an alarm's action is a scaling policy of a SageMaker resource."""
    return ":scalingPolicy:" in action_arn and f":resource/{NAMESPACE}/" in action_arn


def policy_of(account_id: str, region: str, action_arn: str) -> Policy | None:
    """The policy that an alarm's action names, or None if it does not exist."""
    found = backend(account_id, region)
    return next((policy for policy in policies(found) if policy.is_called_by(action_arn)), None) if found else None


def everywhere() -> list[ScalableTarget]:
    """The scalable targets of all accounts and Regions."""
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    backends = [found for regions in applicationautoscaling_backends.values() for found in regions.values()]
    return [target for found in backends for target in targets(found)]


def scheduled_actions(backend: Backend, target: Target | None = None) -> list[ScheduledAction]:
    """The scheduled actions of `target`, or of all SageMaker targets."""
    return [action for action in backend.scheduled_actions if _is_on(action, target)]


def _is_on(registered: Any, target: Target | None) -> bool:
    if registered.service_namespace != NAMESPACE:
        return False
    return target is None or registered.target == target


def policy_key(target: Target, name: str) -> str:
    """Key of a policy in moto's storage."""
    return f"{NAMESPACE}\t{target.resource_id}\t{target.scalable_dimension}\t{name}"


def deregister(backend: Backend, target: Target) -> None:
    """Remove a target with its policies, their alarms, and its scheduled actions."""
    require(backend, target, "found")
    del backend.targets[target.scalable_dimension][target.resource_id]
    for policy in policies(backend, target):
        policy.delete_alarms()
        del backend.policies[policy_key(target, policy.name)]
    on_target = scheduled_actions(backend, target)
    backend.scheduled_actions = [action for action in backend.scheduled_actions if action not in on_target]


def of_variant(account_id: str, region: str, endpoint_name: str, variant_name: str) -> list[ScalableTarget]:
    """The scalable targets of a variant, one for each dimension."""
    return of_resource(account_id, region, f"endpoint/{endpoint_name}/variant/{variant_name}")


def of_resource(account_id: str, region: str, resource_id: str) -> list[ScalableTarget]:
    """The scalable targets of a resource, one for each dimension."""
    return [target for target in _all(account_id, region) if target.resource_id == resource_id]


def deregister_endpoint(account_id: str, region: str, endpoint_name: str) -> None:
    """Deregister all targets of an endpoint that is being deleted.

    Raises
    ------
    AccessDenied
        If the caller must not; nothing is deregistered then (SageMaker developer guide, endpoint-delete-with-scaling).
    """
    scaled = below(account_id, region, f"endpoint/{endpoint_name}")
    if scaled:
        gateway.authorize(
            gateway.current().principal,
            "application-autoscaling:DeregisterScalableTarget",
            [target.arn for target in scaled],
            message=(
                "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity "
                "used to invoke DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget "
                "permission to deregister the scalable target."
            ),
        )
    for target in scaled:
        deregister(target.backend, target.target)


def below(account_id: str, region: str, resource_id: str) -> list[ScalableTarget]:
    """The scalable targets of a resource and of its variants."""
    found = _all(account_id, region)
    return [target for target in found if f"{target.resource_id}/".startswith(f"{resource_id}/")]


def backend(account_id: str, region: str) -> Backend | None:
    """Moto's backend, or None if the service was never called (see `install`): nothing is registered then."""
    storage = sys.modules.get("moto.applicationautoscaling.models")
    return storage.applicationautoscaling_backends[account_id][region] if storage else None


def _all(account_id: str, region: str) -> list[ScalableTarget]:
    found = backend(account_id, region)
    return targets(found) if found else []
