"""The plan of a removal: what there is of the endpoint, and so what goes."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from plan_removal.preview import STEPS, report
from plan_removal.request import Request, parse
from shared import alarms, endpoints, locks, records
from shared.aws import Client, Json
from shared.moments import after
from shared.planning import belongings, names, snapshot, turn
from shared.planning.preview import existing_endpoint, existing_things, preview, require_same
from shared.records import REMOVAL, Record

# So many can be looked at, and removed, while a function runs; whoever has more is told to start again.
MOST_CONFIGS = 50
# How far back is looked for models whose configs are gone already.
MOST_RECORDS = 50


@dataclass(frozen=True)
class Services:
    """The clients that planning a removal needs."""

    sagemaker: Client
    autoscaling: Client
    dynamodb: Client
    cloudwatch: Client


@dataclass(frozen=True)
class Settings:
    """What the stack says.

    Attributes
    ----------
    locks_table, deployments_table : str
        Names of the tables that have the endpoints' locks and their history.
    stack_name : str
        Its own name; the names of the alarms that it makes begin with it.
    """

    locks_table: str
    deployments_table: str
    stack_name: str


def plan(document: Any, execution: Json, now: str, services: Services, settings: Settings) -> Json:
    """The plan for an execution's input.

    Parameters
    ----------
    execution : Json
        ``arn`` and ``startedAt`` (ISO 8601) of the execution.
    now : str
        The time; ISO 8601.

    Returns
    -------
    Json
        Names and bodies of everything that goes. Where `busy` is not None it is not this execution's turn, and the
        plan says no more than how long to wait.

    Raises
    ------
    InvalidRequest
        When the request is not valid, or does not confirm which endpoint goes.
    EndpointNotOwned
        If Slipway did not create the endpoint.
    PlanOutdated
        When it is not the plan that the request asks for.
    DeadlineExceeded
        When it was nobody's turn before the deadline.
    """
    request = parse(document)
    # Before anything else is read: whatever is deployed from now on belongs to a later turn.
    lock = locks.read(services.dynamodb, settings.locks_table, request.endpoint_name)
    request_hash = names.digest([REMOVAL, request.delete_records])
    frame = _frame(request, execution) | {"lock": turn.lock_body(lock, request_hash, execution["startedAt"])}
    turn.require_time(frame, now)
    busy = turn.behind_holder(lock, frame, request_hash, request.when_busy, now)
    if busy and not request.dry_run:
        return frame | {"action": "wait", "busy": busy}
    endpoint = endpoints.describe_endpoint(services.sagemaker, request.endpoint_name)
    if endpoint and endpoint["EndpointStatus"] != "Deleting":
        belongings.require_deletable(services.sagemaker, endpoint)
    changes = endpoints.what_changes(endpoint) if endpoint and is_in_progress(endpoint) else None
    if changes and not request.dry_run:
        return frame | {"action": "wait", "busy": turn.behind_stranger(frame, changes, "WAIT", now)}
    decided = _decisions(request, endpoint, services, settings)
    decided["warnings"] += [f"{busy['cause']} What it changes, changes this plan."] if busy else []
    decided["warnings"] += [f"{changes} It is waited for."] if changes else []
    said = preview(decided, execution["arn"], STEPS)
    planned = frame | {"busy": None} | decided | said | {"action": "remove" if said["steps"] else "none"}
    require_same(planned, request.plan_hash)
    return planned | ({"report": report(planned)} if request.dry_run else {})


def is_in_progress(endpoint: Json) -> bool:
    """Whether SageMaker lets nobody delete the endpoint yet; one that is being deleted is on its way already."""
    return endpoint["EndpointStatus"] in endpoints.CHANGING - {"Deleting"}


def _frame(request: Request, execution: Json) -> Json:
    """What every plan says, whether or not it is this execution's turn."""
    return {
        "endpointName": request.endpoint_name,
        "executionArn": execution["arn"],
        "startedAt": execution["startedAt"],
        "deadlineAt": after(execution["startedAt"], request.deadline_seconds),
        "dryRun": request.dry_run,
        "deleteRecords": request.delete_records,
        "trigger": {"kind": REMOVAL},
    }


def _decisions(request: Request, endpoint: Json | None, services: Services, settings: Settings) -> Json:
    """What goes, now that it is this execution's turn."""
    history = list(records.newest_first(services.dynamodb, settings.deployments_table, request.endpoint_name))
    name = _endpoint_name(request, endpoint, history)
    scales = snapshot.take_all(services.autoscaling, name)
    watches = alarms.beginning_with(services.cloudwatch, names.alarm_prefix(settings.stack_name, name))
    listed = belongings.listed(services.sagemaker, name)
    configs = list(islice(belongings.made_for(services.sagemaker, listed, name), MOST_CONFIGS + 1))
    return {
        "endpointName": name,
        "endpoint": {"exists": endpoint is not None, "status": endpoint and endpoint["EndpointStatus"]},
        "scaling": {"deregister": [snapshot.deregistration(target) for target in scales.targets]},
        "alarms": {"remove": sorted(watches)},
        "configs": [config["EndpointConfigName"] for config in configs[:MOST_CONFIGS]],
        "models": _models(services.sagemaker, configs[:MOST_CONFIGS], history),
        "records": len(history) if request.delete_records else 0,
        "exists": existing_things(scales.body(), watches) | {"endpoint": existing_endpoint(endpoint)},
        "warnings": [
            f"There are more than {MOST_CONFIGS} configs of the endpoint: start the same removal again for the rest."
            for _ in configs[MOST_CONFIGS:]
        ],
    }


def _endpoint_name(request: Request, endpoint: Json | None, history: list[Record]) -> str:
    """The name in the case of the endpoint's creation, which names of alarms and targets have, too."""
    if endpoint:
        return str(endpoint["EndpointName"])
    return next((record.endpoint_name for record in history if record.is_deployed), request.endpoint_name)


def _models(sagemaker: Client, configs: list[Json], history: list[Record]) -> list[str]:
    """Models that Slipway made for the endpoint; those of the history may have lost their configs already."""
    recorded = {record.model["ModelName"] for record in history[:MOST_RECORDS] if record.model}
    return belongings.made(sagemaker, belongings.models_named_by(configs) | recorded)
