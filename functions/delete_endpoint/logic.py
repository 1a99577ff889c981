"""Deletes an endpoint, whatever its status, and sees it go."""

import math

from shared import endpoints
from shared.aws import Client, Json
from shared.errors import DeadlineExceeded
from shared.moments import seconds_between

# A deletion takes a minute or two. Who waits for longer looks more seldom, to spare the history.
LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS = 15, 120
PATIENT_SHARE = 0.05


def delete(plan: Json, now: str, sagemaker: Client) -> Json:
    """Ask for the endpoint's deletion unless it is in progress; called until it is gone.

    Parameters
    ----------
    plan : Json
        ``endpointName``, ``startedAt`` and ``deadlineAt`` of the plan.
    now : str
        The time; ISO 8601.

    Returns
    -------
    Json
        ``done`` when there is no such endpoint any more; else ``waitSeconds`` until the next look.

    Raises
    ------
    DeadlineExceeded
        When it is not gone at the deadline.
    """
    name = plan["endpointName"]
    endpoint = endpoints.describe_endpoint(sagemaker, name)
    if endpoint is None:
        return {"done": True, "waitSeconds": 1}
    status, left_seconds = endpoint["EndpointStatus"], seconds_between(now, plan["deadlineAt"])
    if left_seconds <= 0:
        reason = f" ({endpoint['FailureReason']})" if endpoint.get("FailureReason") else ""
        raise DeadlineExceeded(f"Endpoint {name} is {status}{reason}, and was to be gone at {plan['deadlineAt']}.")
    if status not in endpoints.CHANGING:
        endpoints.delete(sagemaker, EndpointName=name)
    share_seconds = round(PATIENT_SHARE * seconds_between(plan["startedAt"], now))
    wait_seconds = min(max(LEAST_WAIT_SECONDS, share_seconds), MOST_WAIT_SECONDS, math.ceil(left_seconds))
    return {"done": False, "waitSeconds": wait_seconds}
