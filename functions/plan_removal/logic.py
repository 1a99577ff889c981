"""The plan of a removal: what there is of the endpoint, and so what goes."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from plan_removal.preview import STEPS, report
from plan_removal.request import Request, parse
from shared import alarms, endpoints, records
from shared.aws import Client, Json
from shared.locks import Locks, Waiter, lock_id
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
    states: Callable[[], Client]  # made on demand: where the lock is not free


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
    """
    request = parse(document)
    asked = _asked(request, execution)
    gate = turn.Gate(Locks(services.dynamodb, settings.locks_table), services.states)
    if request.dry_run:
        return _plan(request, turn.look(asked, now, gate), asked, now, services, settings)
    taken = turn.take(asked, now, gate)
    if taken.busy:
        return _frame(request, asked) | {"action": "wait", "busy": taken.busy}
    with turn.given_back_on_failure(asked, gate):
        planned = _plan(request, taken, asked, now, services, settings)
        if planned["busy"] and not planned["busy"]["waitSeconds"]:
            turn.give_back(asked, gate)
    return planned


def _asked(request: Request, execution: Json) -> turn.Asked:
    """The execution, and how it asks for its turn; what SageMaker is doing is always waited for."""
    started_at = execution["startedAt"]
    me = Waiter(execution["arn"], started_at, names.digest([REMOVAL, request.delete_records]))
    return turn.Asked(me, request.endpoint_name, request.when_busy, after(started_at, request.deadline_seconds))


def _plan(
    request: Request, taken: turn.Turn, asked: turn.Asked, now: str, services: Services, settings: Settings
) -> Json:
    frame = _frame(request, asked)
    endpoint = endpoints.describe_endpoint(services.sagemaker, request.endpoint_name)
    if endpoint and endpoint["EndpointStatus"] != "Deleting":
        belongings.require_deletable(services.sagemaker, endpoint)
    changes = endpoints.what_changes(endpoint) if endpoint and is_in_progress(endpoint) else None
    if changes and not request.dry_run:
        patient = dataclasses.replace(asked, when_busy="WAIT")
        busy = turn.behind_external_change(taken, changes, patient, frame["deadlineAt"], now)
        return frame | {"action": "wait", "busy": busy}
    decided = _decisions(request, endpoint, services, settings)
    decided["warnings"] += [f"{taken.busy['cause']} What it changes, changes this plan."] if taken.busy else []
    decided["warnings"] += [f"{changes} It is waited for."] if changes else []
    said = preview(decided, asked.me.execution_arn, STEPS)
    planned = frame | {"busy": None} | decided | said | {"action": "remove" if said["steps"] else "none"}
    require_same(planned, request.plan_hash)
    return planned | ({"report": report(planned)} if request.dry_run else {})


def is_in_progress(endpoint: Json) -> bool:
    """Whether SageMaker lets nobody delete the endpoint yet; one that is being deleted is on its way already."""
    return endpoint["EndpointStatus"] in endpoints.CHANGING - {"Deleting"}


def _frame(request: Request, asked: turn.Asked) -> Json:
    """What every plan says, whether or not it is this execution's turn."""
    return {
        "endpointName": request.endpoint_name,
        "executionArn": asked.me.execution_arn,
        "startedAt": asked.me.started_at,
        "deadlineAt": after(asked.me.started_at, request.deadline_seconds),
        "lock": {"id": lock_id(request.endpoint_name), "requestHash": asked.me.request_hash},
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
