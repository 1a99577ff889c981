"""Alarms and bounds change capacities: decisions, the changes that SageMaker carries out, and their activities.

User guide: target-tracking-scaling-policy-overview, step-scaling-policy-overview,
application-auto-scaling-scaling-activities.
"""

from __future__ import annotations

from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from local_aws import traffic
from local_aws.applicationautoscaling import activities, capacity, decisions, proposals, registry
from local_aws.applicationautoscaling.capacity import Resource
from local_aws.applicationautoscaling.decisions import Bounds, Change, Decision, NotScaled, Proposal
from local_aws.applicationautoscaling.errors import ValidationError
from local_aws.applicationautoscaling.registry import ScalableTarget
from local_aws.applicationautoscaling.state import Running
from local_aws.cloudwatch import AlarmAction
from local_aws.core.clock import clock
from local_aws.core.operations import lock

UNSCALABLE = {"Code": "TargetServicePutResourceAsUnscalable"}


def on_alarm_action(action: AlarmAction) -> None:
    """Let the policy that the alarm calls decide. Ignore the ARN of a policy that does not exist, as AWS does."""
    with lock:
        policy = registry.policy_of(action.account_id, action.region, action.action_arn)
        registered = registry.find(policy.backend, policy.target) if policy else None
        if policy is None or registered is None:
            return
        registered.state.actions[action.alarm_name] = action
        decision = _decision(registered)
        if isinstance(decision, Change) and not registered.state.reacts:
            registered.state.reacts = True
            clock.call_later(traffic.assumptions().reaction_seconds, partial(_react, registered))
        elif isinstance(decision, NotScaled):
            _record(registered, decision)


def fit_bounds(registered: ScalableTarget) -> None:
    """Scale the resource into its target's bounds, if it is outside and can be scaled now."""
    resource = _resource(registered)
    if resource is None:
        return
    minimum, maximum = registered.min_capacity, registered.max_capacity
    if resource.capacity < minimum:
        _scale(registered, resource, minimum, f"minimum capacity was set to {minimum}")
    elif resource.capacity > maximum:
        _scale(registered, resource, maximum, f"maximum capacity was set to {maximum}")


def is_scalable(registered: ScalableTarget) -> bool:
    """Whether the target's resource exists, is in service and not changing."""
    resource = _resource(registered)
    return resource is not None and resource.is_scalable


def finish(registered: ScalableTarget, *, succeeded: bool) -> None:
    """End the change in progress: SageMaker has finished it."""
    running = registered.state.running
    if running is None:
        return
    registered.state.running = None
    if not succeeded:
        running.activity.end("Unfulfilled", f"Failed to set {running.words} to {running.after}.")
        return
    running.activity.end(
        "Successful",
        f"Successfully set {running.words} to {running.after}. Change successfully fulfilled by sagemaker.",
    )
    if running.policy_name is not None:
        cooldowns = registered.state.cooldowns
        cooldowns.scaled(running.policy_name, running.before, running.after, running.cooldown_seconds, clock.now())


def _react(registered: ScalableTarget) -> None:
    with lock:
        registered.state.reacts = False
        if registry.find(registered.backend, registered.target) is not registered:
            return  # deregistered meanwhile
        decision = _decision(registered)
        resource = _resource(registered)
        if isinstance(decision, Change) and resource is not None:
            _scale(registered, resource, decision.capacity, decision.proposal.cause, decision.proposal)
        elif isinstance(decision, NotScaled):
            _record(registered, decision)


def _decision(registered: ScalableTarget) -> Decision:
    resource = _resource(registered)
    if resource is None:
        return None
    suspended = registered.suspended_state
    bounds = Bounds(
        resource.capacity,
        registered.min_capacity,
        registered.max_capacity,
        out_suspended=suspended["DynamicScalingOutSuspended"],
        in_suspended=suspended["DynamicScalingInSuspended"],
    )
    policies = registry.policies(registered.backend, registered.target)
    proposed = proposals.of(registered, policies, resource.capacity)
    scale_in = proposals.can_scale_in(policies)
    decision = decisions.decide(proposed, bounds, registered.state.cooldowns, scale_in, clock.now())
    if isinstance(decision, Change) and not resource.is_scalable:
        return NotScaled(decision.proposal, UNSCALABLE)
    return decision


def _record(registered: ScalableTarget, decision: NotScaled) -> None:
    activities.record_not_scaled(registered.backend, registered.target, decision.proposal.cause, decision.reason)


def _scale(
    registered: ScalableTarget, resource: Resource, wanted: int, cause: str, proposal: Proposal | None = None
) -> None:
    words = capacity.WORDS[registered.scalable_dimension]
    before = resource.capacity
    activity = activities.begin(registered.backend, registered.target, f"Setting {words} to {wanted}.", cause)
    try:
        capacity.change(registered.backend, resource, wanted)
    except (BotoCoreError, ClientError) as error:
        activity.end("Failed", f"Failed to set {words} to {wanted}. Reason: {_reason(registered, resource, error)}")
        return
    activity.progress(f"Successfully set {words} to {wanted}. Waiting for change to be fulfilled by sagemaker.")
    policy_name, seconds = (proposal.policy_name, proposal.seconds) if proposal else (None, 0)
    registered.state.running = Running(activity, words, before, wanted, policy_name, seconds)


def _reason(registered: ScalableTarget, resource: Resource, error: Exception) -> str:
    message = error.response["Error"]["Message"] if isinstance(error, ClientError) else str(error)
    if resource.is_scalable:
        return message
    return f"Resource Id [{registered.resource_id}] is not scalable. Reason: {message}"


def _resource(registered: ScalableTarget) -> Resource | None:
    try:
        return capacity.find(registered.backend, registered.target)
    except ValidationError:  # the variant was removed
        return None
