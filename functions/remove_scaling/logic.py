"""Removes the scaling that the request asks for no more."""

from functools import partial

from shared.autoscaling import has_policy, has_target, remove
from shared.aws import Client, Json


def remove_all(unwanted: Json, autoscaling: Client) -> Json:
    """Delete every policy and deregister every target; what is not there is done.

    Parameters
    ----------
    unwanted : Json
        ``policies``, bodies of DeleteScalingPolicy, and ``targets``, bodies of DeregisterScalableTarget.

    Returns
    -------
    Json
        ``policies``, their names, and ``targets``, their resource ids.

    Raises
    ------
    ScalingNotReady, ScalingFailed
        At the first that Application Auto Scaling does not remove, yet or at all.
    """
    for policy in unwanted["policies"]:
        remove(autoscaling.delete_scaling_policy, policy, partial(has_policy, autoscaling, policy))
    for target in unwanted["targets"]:
        remove(autoscaling.deregister_scalable_target, target, partial(has_target, autoscaling, target))
    return {
        "policies": [policy["PolicyName"] for policy in unwanted["policies"]],
        "targets": [target["ResourceId"] for target in unwanted["targets"]],
    }
