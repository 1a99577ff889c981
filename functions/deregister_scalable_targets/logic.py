"""Deregisters what the plan says stands in the way of the update, or is to go with the endpoint."""

from functools import partial

from shared.autoscaling import has_target, remove
from shared.aws import Client, Json


def deregister(targets: list[Json], autoscaling: Client) -> Json:
    """Deregister every target, with all that is on it; one that is not registered is done.

    Parameters
    ----------
    targets : list of Json
        Bodies of DeregisterScalableTarget.

    Returns
    -------
    Json
        ``deregistered``: the resource ids, in the same order.

    Raises
    ------
    ScalingNotReady, ScalingFailed
        At the first target that Application Auto Scaling does not let go, yet or at all.
    """
    for target in targets:
        remove(autoscaling.deregister_scalable_target, target, partial(has_target, autoscaling, target))
    return {"deregistered": [target["ResourceId"] for target in targets]}
