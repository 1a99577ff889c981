"""What the endpoint is doing, and whether that is what the plan wants.

When to look again is the state machine's business: `TimeoutSeconds` of "Check endpoint" has the schedule.
"""

from dataclasses import dataclass
from typing import NoReturn

from shared import endpoints, tokens, watches, weights
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
from shared.moments import moment, seconds_between, spoken
from shared.watches import Watch

# While it lasts, wait; what it leads to is judged then (SageMaker API reference, DescribeEndpoint). RollingBack is a
# weight or a count that could not be changed: the endpoint returns to InService.
IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
# Nobody gets there by itself from here.
LOST = frozenset({"Failed", "OutOfService", "Deleting"})

# SageMaker's reads are eventually consistent (API reference, CreateEndpoint): for a moment after a call it may describe
# the endpoint as it was before. These actions call it.
STALE_SECONDS = 60
CALLED = frozenset({"create", "update", "shift"})

# What a guarded update goes through, in this order, for each step (SageMaker API reference, ProductionVariantStatus).
STAGES = {
    "Creating": "creating",
    "Updating": "creating",
    "ActivatingTraffic": "shifting",
    "Baking": "baking",
    "Deleting": "terminating",
}


@dataclass(frozen=True)
class Services:
    """The clients that looking and answering need."""

    sagemaker: Client
    dynamodb: Client
    states: Client


def check(watch: Watch, now: str, services: Services, table_name: str) -> Json:
    """Let events wake the execution, look once, and complete the task if there is nothing left to wait for.

    The token is kept before the look: an endpoint that changes after the look finds somebody to wake, one that
    changes before it is seen by it.

    Returns
    -------
    Json
        What `look` saw. Unless it is settled, the task goes on waiting.

    Raises
    ------
    Ending
        What `look` raises; and DeadlineExceeded when the endpoint is not settled at the plan's deadline. A function
        that fails fails its task, though that waits for a token (Step Functions developer guide, "Wait for a
        Callback with Task Token").
    """
    watches.keep(services.dynamodb, table_name, watch)
    seen = look(watch.plan, watch.asked_at, now, services.sagemaker)
    is_told = seen["settled"] and tokens.succeed(services.states, watch.token, seen)
    if not is_told and seconds_between(now, watch.plan["deadlineAt"]) <= 0:
        raise DeadlineExceeded(
            f"Endpoint {watch.plan['endpointName']} is {seen['status']} after {spoken(seen['elapsedSeconds'])}; the "
            f"deadline was {watch.plan['deadlineAt']}."
        )
    return seen


def look(plan: Json, asked_at: str, now: str, sagemaker: Client) -> Json:
    """One look at the endpoint.

    Parameters
    ----------
    plan : Json
        Of the plan: ``action``, ``endpointName``, ``endpointConfigName``, ``weights``.
    asked_at, now : str
        When the endpoint was asked for, and the time; ISO 8601.

    Returns
    -------
    Json
        ``settled`` is true when the endpoint is InService on the plan's config and no deployment is pending; with the
        plan's weights, where nothing but these was to change;
        ``stage`` is one of `STAGES` while one is and SageMaker tells it, else None.

    Raises
    ------
    CreateFailed, UpdateFailed, UpdateRolledBack, UpdateRollbackFailed, EndpointBusy
        When waiting longer leads nowhere.
    """
    endpoint = endpoints.describe_endpoint(sagemaker, plan["endpointName"])
    is_recent = plan["action"] in CALLED and seconds_between(asked_at, now) < STALE_SECONDS
    if endpoint is None and is_recent and plan["action"] == "create":
        endpoint = {"EndpointStatus": "Creating", "EndpointConfigName": plan["endpointConfigName"]}
    if endpoint is None:
        _fail(plan, "does not exist any more: something else deleted it")
    return {
        "status": endpoint["EndpointStatus"],
        "stage": _stage(endpoint.get("PendingDeploymentSummary", {})),
        "settled": not (is_recent and _is_stale(endpoint, asked_at)) and _is_settled(plan, endpoint),
        "elapsedSeconds": max(0.0, seconds_between(asked_at, now)),  # an event may be older
        "endpointConfigName": endpoint["EndpointConfigName"],
        "variants": [_variant(variant) for variant in endpoint.get("ProductionVariants", [])],
    }


def _is_stale(endpoint: Json, asked_at: str) -> bool:
    """Whether SageMaker describes the endpoint as it was before it was asked for anything."""
    return "LastModifiedTime" not in endpoint or bool(endpoint["LastModifiedTime"] < moment(asked_at))


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
    if not endpoints.same_name(endpoint["EndpointConfigName"], plan["endpointConfigName"]):
        _refuse_other_config(plan, endpoint, reason)
    _require_weights(plan, endpoint, reason)
    return True


def _require_weights(plan: Json, endpoint: Json, reason: str) -> None:
    """Raise where weights were to change, or are changing, and are others: SageMaker gives such a change up silently.

    Other actions get their weights from the config.
    """
    live = weights.live(endpoint)
    if plan["action"] not in ("shift", "join") or not weights.differ(plan["weights"], live):
        return
    serving = f"Endpoint {plan['endpointName']} is InService with weights {weights.spoken(live)}"
    wanted = f"not {weights.spoken(plan['weights'])}"
    if plan["action"] == "shift":
        raise UpdateRolledBack(f"{serving}, {wanted}: {reason}")
    raise EndpointBusy(f"{serving}, {wanted}: something else changed them meanwhile.")


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


def _stage(pending: Json) -> str | None:
    """The stage of the variant that is least far."""
    latest = [
        variant["VariantStatus"][-1]
        for variant in pending.get("ProductionVariants", [])
        if variant.get("VariantStatus")
    ]
    stages = [STAGES[status["Status"]] for status in latest if status["Status"] in STAGES]
    return min(stages, key=list(STAGES.values()).index, default=None)


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
