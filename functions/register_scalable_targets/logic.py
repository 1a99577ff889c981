"""Registers what the plan wants to be scaled."""

from shared.autoscaling import scaling_errors
from shared.aws import Client, Json


def register(targets: list[Json], autoscaling: Client) -> Json:
    """Register every target, or change it if it is there; registering twice is registering once.

    Parameters
    ----------
    targets : list of Json
        Bodies of RegisterScalableTarget.

    Returns
    -------
    Json
        ``registered``: the resource ids, in the same order.

    Raises
    ------
    ScalingNotReady, ScalingFailed
        At the first target that Application Auto Scaling does not take, yet or at all.
    """
    for target in targets:
        with scaling_errors(target["ResourceId"]):
            autoscaling.register_scalable_target(**target)
    return {"registered": [target["ResourceId"] for target in targets]}
