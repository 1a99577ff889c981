"""Makes room where an endpoint is Failed: SageMaker takes nothing but its deletion."""

from shared import endpoints
from shared.aws import Client, Json
from shared.errors import DeadlineExceeded, EndpointBusy
from shared.moments import seconds_between

WAIT_SECONDS = 15


def delete_failed(endpoint_name: str, deadline_at: str, now: str, sagemaker: Client) -> Json:
    """Delete the endpoint if it is Failed; called until it is gone.

    Returns
    -------
    Json
        ``done`` when there is no such endpoint any more; else ``waitSeconds`` until the next look.

    Raises
    ------
    EndpointBusy
        When it is neither Failed nor being deleted: somebody else has made something of it since it was planned.
    DeadlineExceeded
        When it is not gone at the deadline.
    """
    endpoint = endpoints.describe_endpoint(sagemaker, endpoint_name)
    if endpoint is None:
        return {"done": True, "waitSeconds": 1}
    status = endpoint["EndpointStatus"]
    if status not in ("Failed", "Deleting"):
        raise EndpointBusy(f"Endpoint {endpoint_name} was Failed and is {status} now: something else is changing it.")
    if seconds_between(now, deadline_at) <= 0:
        raise DeadlineExceeded(f"Endpoint {endpoint_name}, which was Failed, is not deleted at {deadline_at}.")
    if status == "Failed":
        endpoints.delete(sagemaker, EndpointName=endpoint_name)
    return {"done": False, "waitSeconds": WAIT_SECONDS}
