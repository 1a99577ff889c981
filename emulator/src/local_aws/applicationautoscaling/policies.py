"""Scaling policies: target tracking with its alarms, and step scaling. Policies are stored; nothing scales."""

from __future__ import annotations

from typing import Any

from local_aws.applicationautoscaling import alarms, policy_rules, registry
from local_aws.applicationautoscaling.errors import LimitExceededError, ObjectNotFoundError, ValidationError
from local_aws.applicationautoscaling.identity import Target
from local_aws.applicationautoscaling.pages import paged
from local_aws.applicationautoscaling.registry import Policy
from local_aws.core import gateway
from local_aws.core.operations import Request

Backend = Any

MOST_POLICIES = 50
LONGEST_PAGE = 10


def put(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer PutScalingPolicy: create a policy or replace its configuration.

    Raises
    ------
    ObjectNotFoundError
        If the target is not registered.
    ValidationError
        If the configuration is missing or `policy_rules` refuses it.
    LimitExceededError
        If the target has 50 policies already.
    """
    target, name = Target.of(request), request["PolicyName"]
    registry.require(backend, target)
    key = registry.policy_key(target, name)
    known: Policy | None = backend.policies.get(key)
    policy_type = _type(request, known)
    member = f"{policy_type}PolicyConfiguration"
    if member not in request:
        raise ValidationError(f"{member} is required for policy type {policy_type}.")
    configuration = request[member]
    others = [policy for policy in registry.policies(backend, target) if policy.name != name]
    if known is None and len(others) >= MOST_POLICIES:
        raise LimitExceededError(f"The maximum number of scaling policies ({MOST_POLICIES}) has been reached.")
    _validate(configuration, policy_type, target, others)
    policy = known or Policy(backend, target, name, policy_type, configuration)
    _require_permission_to_replace(policy)
    policy.delete_alarms()
    policy.configuration = configuration
    if policy_type == "TargetTrackingScaling":
        policy.alarms = alarms.put(backend, policy.resource_id, policy.policy_arn, configuration)
    backend.policies[key] = policy
    return {"PolicyARN": policy.policy_arn, "Alarms": policy.described_alarms()}


def _type(request: Request, known: Policy | None) -> str:
    asked: str | None = request.get("PolicyType")
    if known is None:
        if asked is None:
            raise ValidationError("PolicyType is required when creating a scaling policy.")
        if asked == "PredictiveScaling":
            raise ValidationError("PredictiveScaling is not supported for service namespace sagemaker.")
        return asked
    if asked not in (None, known.policy_type):
        raise ValidationError(f"The policy type of an existing policy cannot change from {known.policy_type}.")
    return known.policy_type


def _validate(configuration: dict[str, Any], policy_type: str, target: Target, others: list[Policy]) -> None:
    if policy_type == "StepScaling":
        policy_rules.validate_steps(configuration)
    else:
        policy_rules.validate_tracking(configuration, target.scalable_dimension)
        policy_rules.require_new_metric(configuration, others)


def _require_permission_to_replace(policy: Policy) -> None:
    # user guide, security_iam_id-based-policy-examples: the alarms of the old configuration are deleted
    if policy.alarms:
        made = [alarm.alarm_arn for alarm in policy.alarms]
        gateway.authorize(gateway.current().principal, "cloudwatch:DeleteAlarms", made)


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    resource_id, dimension = request.get("ResourceId"), request.get("ScalableDimension")
    if dimension and not resource_id:
        raise ValidationError("ResourceId must be specified when ScalableDimension is specified")
    named = request.get("PolicyNames")
    found = [
        policy.describe()
        for policy in registry.policies(backend)
        if (not resource_id or policy.resource_id == resource_id)
        and (not dimension or policy.scalable_dimension == dimension)
        and (not named or policy.name in named)
    ]
    return paged("ScalingPolicies", found, request, LONGEST_PAGE)


def _delete(backend: Backend, request: Request) -> dict[str, Any]:
    target, name = Target.of(request), request["PolicyName"]
    policy = backend.policies.pop(registry.policy_key(target, name), None)
    if policy is None:
        raise ObjectNotFoundError(f"No scaling policy found for {target}, policy name: {name}")
    policy.delete_alarms()
    return {}


OPERATIONS = {"PutScalingPolicy": put, "DescribeScalingPolicies": _describe, "DeleteScalingPolicy": _delete}
