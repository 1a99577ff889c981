"""Registers what the plan wants to be scaled."""

from botocore.exceptions import ClientError

from shared.autoscaling import scaling_errors
from shared.aws import Client, Json, code_of


def register(targets: list[Json], scheduled_actions: list[Json], autoscaling: Client) -> Json:
    """Register every target, or change it if it is there; registering twice is registering once.

    Parameters
    ----------
    targets : list of Json
        Bodies of RegisterScalableTarget.
    scheduled_actions : list of Json
        Bodies of PutScheduledAction: what was scheduled on targets that had to be deregistered for the update.

    Returns
    -------
    Json
        ``registered``: the resource ids, in the same order; ``scheduled``: the scheduled actions that are back;
        ``missed``: those whose one moment went by meanwhile.

    Raises
    ------
    ScalingNotReady, ScalingFailed
        At the first that Application Auto Scaling does not take, yet or at all.
    """
    for target in targets:
        with scaling_errors(target["ResourceId"]):
            autoscaling.register_scalable_target(**target)
    outcomes: dict[str, list[str]] = {"scheduled": [], "missed": []}
    for action in scheduled_actions:
        with scaling_errors(action["ResourceId"]):
            outcomes[_put_back(action, autoscaling)].append(action["ScheduledActionName"])
    return {"registered": [target["ResourceId"] for target in targets]} | outcomes


def _put_back(action: Json, autoscaling: Client) -> str:
    try:
        autoscaling.put_scheduled_action(**action)
    except ClientError as error:
        # It was valid when the plan found it. A moment that has gone by is all that can have changed.
        if code_of(error) == "ValidationException" and action["Schedule"].startswith("at("):
            return "missed"
        raise
    return "scheduled"
