"""Check whether the endpoint is as planned, still changing, or failed.

The state "Check endpoint" decides when to check again.
"""

from dataclasses import dataclass
from typing import NoReturn, TypedDict

from shared import endpoints, task_tokens, watches, weights
from shared.aws import Client, Json
from shared.errors import (
    CreateFailed,
    DeadlineExceeded,
    EndpointBusy,
    InternalError,
    SlipwayError,
    UpdateFailed,
    UpdateRollbackFailed,
    UpdateRolledBack,
)
from shared.moments import duration_text, moment, seconds_between
from shared.plan import DeploymentPlan
from shared.refusals import Refused, require_carried_out
from shared.watches import Goal, Watch

# The outcome is not known yet (SageMaker API reference, DescribeEndpoint). RollingBack is a weight or a count that
# could not be changed: the endpoint returns to InService.
IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
# The endpoint does not leave these statuses by itself.
FINAL = frozenset({"Failed", "OutOfService", "Deleting"})

# SageMaker's reads are eventually consistent (API reference, CreateEndpoint): for a moment after a call it may describe
# the endpoint as it was before. These are the actions that call it.
STALE_SECONDS = 60
CALLED = frozenset({"create", "update", "shift"})

# Stages of a guarded update, in this order for each step (SageMaker API reference, ProductionVariantStatus).
STAGES = {
    "Creating": "creating",
    "Updating": "creating",
    "ActivatingTraffic": "shifting",
    "Baking": "baking",
    "Deleting": "terminating",
}


@dataclass(frozen=True)
class Services:
    """Clients that read the endpoint, store the watch, and complete the task."""

    sagemaker: Client
    dynamodb: Client
    states: Client


class Observation(TypedDict):
    """Result of one check of the endpoint.

    Attributes
    ----------
    stage : str or None
        One of `STAGES` if SageMaker names it.
    ready : bool
        Whether the endpoint is InService on the plan's config with no deployment pending, and has the plan's weights
        if only weights were to change.
    elapsedSeconds : float
        Since the call that created or changed the endpoint.
    """

    status: str
    stage: str | None
    ready: bool
    elapsedSeconds: float
    endpointConfigName: str
    variants: list[Json]


def check(
    plan: DeploymentPlan, watch: Watch, refused: list[Refused], now: str, services: Services, table_name: str
) -> Observation:
    """Store the watch, check the endpoint once, and complete the task if there is nothing left to wait for.

    The token is stored before the check, so no event is lost: the check sees an earlier change, and the event of a
    later change finds the token.

    Parameters
    ----------
    refused : list of Refused
        The call on the endpoint, if SageMaker refused it.
    now : str
        The time, ISO 8601.

    Raises
    ------
    SlipwayError
        The refusal, if no earlier attempt succeeded; the errors of `check_once`; DeadlineExceeded if the endpoint is
        not ready at the plan's deadline. An error of the function fails its task, although the task waits for a token
        (Step Functions developer guide, "Wait for a Callback with Task Token").
    """
    require_carried_out(plan, refused, services.sagemaker)
    watches.store(services.dynamodb, table_name, watch)
    seen = check_once(watch.goal, watch.asked_at, now, services.sagemaker)
    is_completed = seen["ready"] and task_tokens.succeed(services.states, watch.token, {**seen})
    if not is_completed and seconds_between(now, plan["deadlineAt"]) <= 0:
        raise DeadlineExceeded(
            f"Endpoint {plan['endpointName']} is {seen['status']} after {duration_text(seen['elapsedSeconds'])}. The "
            f"deadline was {plan['deadlineAt']}."
        )
    return seen


def check_once(goal: Goal, asked_at: str, now: str, sagemaker: Client) -> Observation:
    """Check the endpoint once.

    Parameters
    ----------
    asked_at, now : str
        Time of the call that created or changed the endpoint, and current time; ISO 8601.

    Raises
    ------
    CreateFailed, UpdateFailed, UpdateRolledBack, UpdateRollbackFailed, EndpointBusy
        If waiting longer cannot help.
    """
    endpoint = endpoints.describe_endpoint(sagemaker, goal["endpointName"])
    is_recent = goal["action"] in CALLED and seconds_between(asked_at, now) < STALE_SECONDS
    if endpoint is None and is_recent and goal["action"] == "create":
        endpoint = {"EndpointStatus": "Creating", "EndpointConfigName": goal["endpointConfigName"]}
    if endpoint is None:
        _fail(goal, "does not exist any more: another user or tool deleted it")
    return Observation(
        status=endpoint["EndpointStatus"],
        stage=_stage(endpoint.get("PendingDeploymentSummary", {})),
        ready=not (is_recent and _is_stale(endpoint, asked_at)) and _is_ready(goal, endpoint),
        elapsedSeconds=max(0.0, seconds_between(asked_at, now)),  # an event can be older
        endpointConfigName=endpoint["EndpointConfigName"],
        variants=[_variant(variant) for variant in endpoint.get("ProductionVariants", [])],
    )


def _is_stale(endpoint: Json, asked_at: str) -> bool:
    """Whether this is a stale read, from before the call."""
    return "LastModifiedTime" not in endpoint or bool(endpoint["LastModifiedTime"] < moment(asked_at))


def _is_ready(goal: Goal, endpoint: Json) -> bool:
    status = endpoint["EndpointStatus"]
    reason = endpoint.get("FailureReason", "SageMaker gives no reason")
    if status in FINAL:
        _fail(goal, f"is {status}: {reason}")
    if status == "UpdateRollbackFailed":
        raise UpdateRollbackFailed(f"Endpoint {goal['endpointName']} is {status}: {reason}")
    if status not in IN_PROGRESS and status != endpoints.IN_SERVICE:
        raise InternalError(f"Endpoint {goal['endpointName']} is {status}, a status that Slipway does not know.")
    if status in IN_PROGRESS or endpoints.pending_config(endpoint):
        return False
    if not endpoints.same_name(endpoint["EndpointConfigName"], goal["endpointConfigName"]):
        _refuse_other_config(goal, endpoint, reason)
    _require_weights(goal, endpoint, reason)
    return True


def _require_weights(goal: Goal, endpoint: Json, reason: str) -> None:
    """Raise if the weights are not as requested: SageMaker does not report a change of weights that it gave up.

    Other actions get their weights from the config.
    """
    live = weights.live(endpoint)
    if goal["action"] not in ("shift", "join") or not weights.differ(goal["weights"], live):
        return
    serving = f"Endpoint {goal['endpointName']} is InService with weights {weights.spoken(live)}"
    wanted = f"not {weights.spoken(goal['weights'])}"
    if goal["action"] == "shift":
        raise UpdateRolledBack(f"SageMaker did not change the weights. {serving}, {wanted}: {reason}")
    raise EndpointBusy(f"{serving}, {wanted}: another user or tool changed them.")


def _refuse_other_config(goal: Goal, endpoint: Json, reason: str) -> NoReturn:
    """Raise for an endpoint on another config: after a SageMaker rollback the old config is live."""
    serving = f"Endpoint {goal['endpointName']} is InService on config {endpoint['EndpointConfigName']}"
    wanted = f"not on {goal['endpointConfigName']}"
    if goal["action"] in ("update", "join"):
        raise UpdateRolledBack(f"SageMaker rolled back the update. {serving}, {wanted}: {reason}")
    raise EndpointBusy(f"{serving}, {wanted}: another user or tool updated it.")


def _fail(goal: Goal, what: str) -> NoReturn:
    error: type[SlipwayError] = CreateFailed if goal["action"] == "create" else UpdateFailed
    raise error(f"Endpoint {goal['endpointName']} {what}")


def _stage(pending: Json) -> str | None:
    """Stage of the variant that is least advanced."""
    latest = [
        variant["VariantStatus"][-1]
        for variant in pending.get("ProductionVariants", [])
        if variant.get("VariantStatus")
    ]
    stages = [STAGES[status["Status"]] for status in latest if status["Status"] in STAGES]
    return min(stages, key=list(STAGES.values()).index, default=None)


def _variant(variant: Json) -> Json:
    """Name, weight, and count or concurrency of a variant, from DescribeEndpoint."""
    serverless = variant.get("CurrentServerlessConfig", {})
    pools = [
        {"instanceType": pool["InstanceType"], "currentInstanceCount": pool["CurrentInstanceCount"]}
        for pool in variant.get("InstancePools", [])
    ]
    found = {
        "variantName": variant["VariantName"],
        "currentWeight": variant.get("CurrentWeight"),
        "currentInstanceCount": variant.get("CurrentInstanceCount"),
        "desiredInstanceCount": variant.get("DesiredInstanceCount"),
        "instancePools": pools or None,
        "provisionedConcurrency": serverless.get("ProvisionedConcurrency"),
        "maxConcurrency": serverless.get("MaxConcurrency"),
    }
    return {name: value for name, value in found.items() if value is not None}
