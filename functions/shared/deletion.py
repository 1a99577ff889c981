"""Deletion of an endpoint, polled until the endpoint is gone."""

import math

from shared import components, endpoints
from shared.aws import Client
from shared.errors import DeadlineExceeded, EndpointBusy
from shared.moments import seconds_between
from shared.plan import PlanWithSteps

# A deletion takes a minute or two. After that, a removal checks less often, to save history events.
LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS = 15, 120
WAIT_SHARE = 0.05


def delete_failed(plan: PlanWithSteps, endpoint_name: str, now: str, sagemaker: Client) -> int:
    """Delete an endpoint that is Failed; return the seconds until the next check, 0 if it is gone.

    Raises
    ------
    EndpointBusy
        If it is neither Failed nor being deleted: it has changed since it was planned.
    DeadlineExceeded
        If it is not gone at the plan's deadline.
    """
    return _delete(plan, endpoint_name, now, sagemaker, only_failed=True)


def delete_any(plan: PlanWithSteps, endpoint_name: str, now: str, sagemaker: Client) -> int:
    """Delete an endpoint as soon as SageMaker allows it; return the seconds until the next check, 0 if it is gone.

    Raises
    ------
    EndpointBusy
        If it hosts inference components: another user or tool has created them since the removal was planned.
    DeadlineExceeded
        If it is not gone at the plan's deadline.
    """
    return _delete(plan, endpoint_name, now, sagemaker, only_failed=False)


def _delete(plan: PlanWithSteps, name: str, now: str, sagemaker: Client, *, only_failed: bool) -> int:
    endpoint = endpoints.describe_endpoint(sagemaker, name)
    if endpoint is None:
        return 0
    status, left_seconds = endpoint["EndpointStatus"], seconds_between(now, plan["deadlineAt"])
    if only_failed and status not in ("Failed", "Deleting"):
        raise EndpointBusy(f"Endpoint {name} was Failed and is {status} now: another user or tool is changing it.")
    if left_seconds <= 0:
        reason = f" ({endpoint['FailureReason']})" if endpoint.get("FailureReason") else ""
        raise DeadlineExceeded(
            f"Endpoint {name} is {status}{reason}. The deadline for its deletion was {plan['deadlineAt']}."
        )
    if status not in endpoints.CHANGING:
        if not only_failed:
            _require_empty(name, sagemaker)
        endpoints.delete(sagemaker, EndpointName=name)
    if only_failed:
        return LEAST_WAIT_SECONDS
    return wait_seconds(plan, now)


def wait_seconds(plan: PlanWithSteps, now: str) -> int:
    """Return the seconds until the next check of a deletion, at most until the plan's deadline."""
    share_seconds = round(WAIT_SHARE * seconds_between(plan["startedAt"], now))
    left_seconds = seconds_between(now, plan["deadlineAt"])
    return min(max(LEAST_WAIT_SECONDS, share_seconds), MOST_WAIT_SECONDS, math.ceil(left_seconds))


def _require_empty(endpoint_name: str, sagemaker: Client) -> None:
    found = [each["InferenceComponentName"] for each in components.of_endpoint(sagemaker, endpoint_name)]
    if found:
        raise EndpointBusy(
            f"Endpoint {endpoint_name} hosts inference components that did not exist when the removal was planned: "
            f"{', '.join(found)}. It is not deleted, because SageMaker would keep them without their endpoint."
        )
