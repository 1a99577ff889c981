"""The way back: what this execution made is removed, step by step, and what serves is never touched."""

from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from shared import endpoints
from shared.aws import Client, Json
from shared.cleanup import removal_commands
from shared.errors import RollbackFailed
from shared.moments import seconds_between, spoken

LIMIT_SECONDS = 3600
CREATING_WAIT_SECONDS = 30
DELETING_WAIT_SECONDS = 15
# SageMaker takes no deletion in these: it answers "Cannot update in-progress endpoint".
IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
ENDPOINT, CONFIG, MODEL = "endpoint", "endpoint config", "model"


@dataclass(frozen=True)
class Survey:
    """What exists of what the plan names.

    Attributes
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer.
    config_exists : bool
        Whether the plan's endpoint config exists.
    ours : frozenset of str
        What this execution made, as the tags prove: of `ENDPOINT`, `CONFIG`, `MODEL`.
    """

    endpoint: Json | None
    config_exists: bool
    ours: frozenset[str]


@dataclass(frozen=True)
class Step:
    """What can be done now.

    Attributes
    ----------
    remove : tuple of str
        In this order.
    keep : dict of str to str
        What stays, and why.
    wait_seconds : int
        Seconds until the next look; 0 when there is nothing left to do after this step.
    """

    remove: tuple[str, ...] = ()
    keep: dict[str, str] = field(default_factory=dict)
    wait_seconds: int = 0


def roll_back(plan: Json, started_at: str, now: str, previous: Json | None, sagemaker: Client) -> Json:
    """Look at what really exists, and do what can be done now.

    Parameters
    ----------
    plan : Json
        The plan that failed.
    started_at, now : str
        When the way back began, and the time; ISO 8601.
    previous : Json or None
        The previous answer.

    Returns
    -------
    Json
        ``done``; ``waitSeconds`` until the next look, at least 1; ``removed``, over all looks; ``kept``, with reasons.

    Raises
    ------
    RollbackFailed
        When it is not done `LIMIT_SECONDS` after it began.
    """
    names = {ENDPOINT: plan["endpointName"], CONFIG: plan["endpointConfig"]["name"]}
    if plan["model"]:
        names[MODEL] = plan["model"]["name"]
    found = survey(plan, sagemaker)
    step = next_step(plan, found)
    elapsed_seconds = seconds_between(started_at, now)
    if step.wait_seconds and elapsed_seconds >= LIMIT_SECONDS:
        left = ", ".join(f"{kind} {names[kind]}" for kind in sorted(found.ours))
        raise RollbackFailed(
            f"After {spoken(elapsed_seconds)} this is left: {left}. To remove it: {'; '.join(removal_commands(plan))}"
        )
    removed = [f"{kind} {names[kind]}" for kind in step.remove if _delete(kind, names[kind], sagemaker)]
    return {
        "done": step.wait_seconds == 0,
        "waitSeconds": max(step.wait_seconds, 1),
        "removed": (previous or {}).get("removed", []) + removed,
        "kept": [f"{kind} {names[kind]}: {reason}" for kind, reason in step.keep.items()],
    }


def survey(plan: Json, sagemaker: Client) -> Survey:
    """What exists of what the plan names, and whose it is."""
    endpoint = endpoints.describe_endpoint(sagemaker, plan["endpointName"])
    config = endpoints.describe_config(sagemaker, plan["endpointConfig"]["name"])
    model = endpoints.describe_model(sagemaker, plan["model"]["name"]) if plan["model"] else None
    arns = {
        ENDPOINT: endpoint["EndpointArn"] if endpoint and plan["action"] == "create" else None,
        CONFIG: config["EndpointConfigArn"] if config else None,
        MODEL: model["ModelArn"] if model else None,
    }
    made_by_us = (kind for kind, arn in arns.items() if arn and endpoints.maker(sagemaker, arn) == plan["executionArn"])
    return Survey(endpoint, config is not None, frozenset(made_by_us))


def next_step(plan: Json, found: Survey) -> Step:
    """What can be done now: the endpoint goes first, then its config, then the model.

    A config whose endpoint is being created or deleted must stay: without it nobody sees any more which instances the
    endpoint has (SageMaker API reference, DeleteEndpointConfig).
    """
    if plan["onFailure"] == "KEEP":
        return Step(keep=dict.fromkeys(sorted(found.ours), "the request says onFailure KEEP"))
    if found.endpoint and ENDPOINT in found.ours:
        status = found.endpoint["EndpointStatus"]
        if status in IN_PROGRESS:
            return Step(wait_seconds=CREATING_WAIT_SECONDS)
        return Step(remove=() if status == "Deleting" else (ENDPOINT,), wait_seconds=DELETING_WAIT_SECONDS)
    keep = {}
    if found.endpoint and plan["action"] == "create":
        keep[ENDPOINT] = "this execution did not make it"
    if CONFIG in found.ours and found.endpoint and _may_use(found.endpoint, plan["endpointConfig"]["name"]):
        keep[CONFIG] = f"endpoint {plan['endpointName']} may use it"
    config_stays = found.config_exists and (CONFIG in keep or CONFIG not in found.ours)
    if MODEL in found.ours and config_stays:
        keep[MODEL] = "the endpoint config uses it"
    return Step(remove=tuple(kind for kind in (CONFIG, MODEL) if kind in found.ours and kind not in keep), keep=keep)


def _may_use(endpoint: Json, config_name: str) -> bool:
    """Whether the endpoint serves the config, is on its way to it, or may serve a mix with it."""
    at_rest = endpoint["EndpointStatus"] == endpoints.IN_SERVICE and endpoints.pending_config(endpoint) is None
    return not at_rest or endpoint["EndpointConfigName"] == config_name


def _delete(kind: str, name: str, sagemaker: Client) -> bool:
    """Delete it, and tell whether that was taken: it may be gone, or something may change it this very moment."""
    try:
        if kind == ENDPOINT:
            sagemaker.delete_endpoint(EndpointName=name)
        elif kind == CONFIG:
            sagemaker.delete_endpoint_config(EndpointConfigName=name)
        else:
            sagemaker.delete_model(ModelName=name)
    except ClientError as error:
        if not endpoints.is_missing(error) and not endpoints.is_in_progress(error):
            raise
        return False
    return True
