"""What the endpoint is doing, and whether that is what the plan wants."""

from typing import NoReturn

from check_endpoint.schedule import wait_seconds
from shared import endpoints
from shared.aws import Client, Json
from shared.errors import (
    CreateFailed,
    DeadlineExceeded,
    Ending,
    EndpointBusy,
    InternalError,
    UpdateFailed,
    UpdateRollbackFailed,
    UpdateRolledBack,
)
from shared.moments import seconds_between, spoken

# While it lasts, wait; what it leads to is judged then (SageMaker API reference, DescribeEndpoint). RollingBack is a
# weight or a count that could not be changed: the endpoint returns to InService.
IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
# Nobody gets there by itself from here.
LOST = frozenset({"Failed", "OutOfService", "Deleting"})


def check(plan: Json, asked_at: str, now: str, sagemaker: Client) -> Json:
    """One look at the endpoint.

    Parameters
    ----------
    plan : Json
        Of the plan: ``action``, ``endpointName``, ``endpointConfigName``, ``deadlineAt``.
    asked_at, now : str
        When the endpoint was asked for, and the time; ISO 8601.

    Returns
    -------
    Json
        ``settled`` is true when the endpoint is InService on the plan's config and no deployment is pending; until
        then ``waitSeconds`` says when to look again.

    Raises
    ------
    CreateFailed, UpdateFailed, UpdateRolledBack, UpdateRollbackFailed, EndpointBusy
        When waiting longer leads nowhere.
    DeadlineExceeded
        When the endpoint is not settled at the plan's deadline.
    """
    elapsed_seconds = seconds_between(asked_at, now)
    endpoint = endpoints.describe_endpoint(sagemaker, plan["endpointName"])
    if endpoint is None:
        _fail(plan, "does not exist any more: something else deleted it")
    settled = _is_settled(plan, endpoint)
    to_deadline_seconds = seconds_between(now, plan["deadlineAt"])
    if not settled and to_deadline_seconds <= 0:
        raise DeadlineExceeded(
            f"Endpoint {plan['endpointName']} is {endpoint['EndpointStatus']} after {spoken(elapsed_seconds)}; the "
            f"deadline was {plan['deadlineAt']}."
        )
    return {
        "status": endpoint["EndpointStatus"],
        "settled": settled,
        "waitSeconds": wait_seconds(elapsed_seconds, to_deadline_seconds),
        "elapsedSeconds": elapsed_seconds,
        "endpointConfigName": endpoint["EndpointConfigName"],
        "variants": [_variant(variant) for variant in endpoint.get("ProductionVariants", [])],
    }


def _is_settled(plan: Json, endpoint: Json) -> bool:
    status = endpoint["EndpointStatus"]
    reason = endpoint.get("FailureReason", "SageMaker gives no reason")
    if status in LOST:
        _fail(plan, f"is {status}: {reason}")
    if status == "UpdateRollbackFailed":
        raise UpdateRollbackFailed(f"Endpoint {plan['endpointName']} is {status}: {reason}")
    if status not in IN_PROGRESS and status != endpoints.IN_SERVICE:
        raise InternalError(f"Endpoint {plan['endpointName']} is {status}, which Slipway does not know.")
    if status in IN_PROGRESS or endpoints.pending_config(endpoint):
        return False
    if endpoint["EndpointConfigName"] != plan["endpointConfigName"]:
        _refuse_other_config(plan, endpoint, reason)
    return True


def _refuse_other_config(plan: Json, endpoint: Json, reason: str) -> NoReturn:
    """In service, but not on the plan's config: so a rolled-back update looks, for SageMaker keeps the old config."""
    serving = f"Endpoint {plan['endpointName']} is InService on config {endpoint['EndpointConfigName']}"
    wanted = f"not on {plan['endpointConfigName']}"
    if plan["action"] in ("update", "join"):
        raise UpdateRolledBack(f"{serving}, {wanted}: {reason}")
    raise EndpointBusy(f"{serving}, {wanted}: something else updated it meanwhile.")


def _fail(plan: Json, what: str) -> NoReturn:
    ending: type[Ending] = CreateFailed if plan["action"] == "create" else UpdateFailed
    raise ending(f"Endpoint {plan['endpointName']} {what}")


def _variant(variant: Json) -> Json:
    """Of DescribeEndpoint's summary of a variant: name, weight, and count or concurrency."""
    serverless = variant.get("CurrentServerlessConfig", {})
    found = {
        "variantName": variant["VariantName"],
        "currentWeight": variant.get("CurrentWeight"),
        "currentInstanceCount": variant.get("CurrentInstanceCount"),
        "desiredInstanceCount": variant.get("DesiredInstanceCount"),
        "provisionedConcurrency": serverless.get("ProvisionedConcurrency"),
        "maxConcurrency": serverless.get("MaxConcurrency"),
    }
    return {name: value for name, value in found.items() if value is not None}
