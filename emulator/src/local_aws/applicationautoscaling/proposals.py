"""What the policies of a target propose while their alarms are in state ``ALARM``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from local_aws import cloudwatch, traffic
from local_aws.applicationautoscaling import steps, tracking
from local_aws.applicationautoscaling.decisions import Proposal
from local_aws.applicationautoscaling.registry import Policy, ScalableTarget
from local_aws.cloudwatch import AlarmAction

DEFAULT_COOLDOWN_SECONDS = 300  # API reference, StepScalingPolicyConfiguration, for SageMaker's dimensions


def of(registered: ScalableTarget, policies: Sequence[Policy], capacity: int) -> list[Proposal]:
    """The proposals of all policies with an alarm in ``ALARM``, for the capacity now.

    An alarm without a datapoint (SetAlarmState sets any state) proposes nothing.
    """
    return list(_proposals(registered, policies, capacity))


def can_scale_in(policies: Sequence[Policy]) -> set[str]:
    """Names of the target tracking policies with scale-in enabled."""
    return {
        policy.name
        for policy in policies
        if policy.policy_type == "TargetTrackingScaling" and not policy.configuration.get("DisableScaleIn")
    }


def _proposals(registered: ScalableTarget, policies: Sequence[Policy], capacity: int) -> Iterator[Proposal]:
    for name, action in list(registered.state.actions.items()):
        policy = next((each for each in policies if each.is_called_by(action.action_arn)), None)
        if policy is None or cloudwatch.state(action.account_id, action.region, name) != "ALARM":
            del registered.state.actions[name]
            continue
        datapoints = [point for point in action.datapoints if point is not None]
        proposal = _proposal(policy, action, datapoints, capacity) if datapoints else None
        if proposal is not None:
            yield proposal


def _proposal(policy: Policy, action: AlarmAction, datapoints: list[float], capacity: int) -> Proposal | None:
    configuration = policy.configuration
    if policy.policy_type == "StepScaling":
        wanted = steps.wanted(configuration, capacity, datapoints, action.threshold, action.comparison)
        if wanted is None:
            return None
        seconds = configuration.get("Cooldown", DEFAULT_COOLDOWN_SECONDS)
        is_exact = configuration["AdjustmentType"] == "ExactCapacity"
        return Proposal(policy.name, action.alarm_name, wanted, seconds, is_exact=is_exact)
    target = configuration["TargetValue"]
    if action.comparison.startswith("Greater"):
        wanted = tracking.scale_out(capacity, target, datapoints)
        seconds = configuration.get("ScaleOutCooldown", DEFAULT_COOLDOWN_SECONDS)
        return Proposal(policy.name, action.alarm_name, wanted, seconds, is_tracking=True)
    wanted = tracking.scale_in(capacity, target, datapoints, traffic.assumptions().scale_in_looks_at)
    return Proposal(
        policy.name,
        action.alarm_name,
        wanted,
        configuration.get("ScaleInCooldown", DEFAULT_COOLDOWN_SECONDS),
        is_tracking=True,
        is_flapping=wanted == capacity and capacity > 0,
    )
