"""The plan of a deployment: everything that follows is decided, named and written out here."""

from typing import Any

from plan_deployment import alarm_change, existing, former, guardrails, hosts, housekeeping, model_rules, retention
from plan_deployment.deadlines import LONGEST_SECONDS, default_seconds
from plan_deployment.preview import STEPS, report, report_of_none
from plan_deployment.request import Request
from plan_deployment.running import Content, differences, drained
from plan_deployment.services import Services
from plan_deployment.source import Claim, Settings, Source, claim_of
from plan_deployment.upkeep import Upkeep, upkeep_of
from shared import alarms, endpoints, weights
from shared.arns import endpoint_arn
from shared.aws import Client, Json
from shared.endpoints import CONTENT_TAG, ENDPOINT_TAG, EXECUTION_TAG
from shared.errors import InvalidRequest, ProfileInvalid
from shared.locks import Locks, Waiter, lock_id
from shared.moments import after
from shared.planning import belongings, names, preview, turn
from shared.planning.size import require_size
from shared.tags import execution_value

# The shortest plausible creation: instances have to be got and to load an image, serverless only the latter.
FIRST_LOOK_SECONDS = 120
FIRST_LOOK_SERVERLESS_SECONDS = 60


def plan(document: Any, execution: Json, now: str, services: Services, settings: Settings) -> Json:
    """The plan for an execution's input, which is a request or the event of an approval.

    What needs no reading is validated first, then the lock is taken, then everything else is read.

    Parameters
    ----------
    execution : Json
        ``arn`` and ``startedAt`` (ISO 8601) of the execution.
    now : str
        The time; ISO 8601.

    Returns
    -------
    Json
        Names and bodies of everything to be created, and what the way back needs; a few KiB. Where `busy` is not None
        it is not this execution's turn, and the plan says no more than how long to wait, or why it ends.

    Raises
    ------
    InvalidRequest, ProfileNotFound, ProfileInvalid, NoFormerDeployment
        When there is nothing valid to deploy, or more than the state machine can carry.
    ModelNotFound, EndpointNotUpdatable, EndpointNotOwned
        When what exists does not allow it.
    """
    claim = claim_of(document, execution["startedAt"], services, settings)
    asked = _asked(claim, execution)
    gate = turn.Gate(Locks(services.dynamodb, settings.locks_table), services.states)
    if claim.dry_run:
        return _plan(claim.source(), turn.look(asked, now, gate), asked, now, services, settings)
    taken = turn.take(asked, now, gate)
    if taken.busy:
        return _waiting(claim, taken, asked)
    with turn.given_back_on_failure(asked, gate):
        planned = _plan(claim.source(), taken, asked, now, services, settings)
        if planned["busy"] and not planned["busy"]["waitSeconds"]:
            turn.give_back(asked, gate)
    return planned


def _asked(claim: Claim, execution: Json) -> turn.Asked:
    started_at = execution["startedAt"]
    return turn.Asked(
        Waiter(execution["arn"], started_at, claim.request_hash, claim.approval),
        claim.endpoint_name,
        claim.when_busy,
        after(started_at, claim.deadline_seconds or LONGEST_SECONDS),
    )


def _plan(
    source: Source, taken: turn.Turn, asked: turn.Asked, now: str, services: Services, settings: Settings
) -> Json:
    try:
        return require_size(_planned(source, taken, asked, now, services, settings), source.document)
    except InvalidRequest as error:
        if "profileName" in source.trigger:
            raise ProfileInvalid(f"Profile {source.trigger['profileName']}: {error}") from error
        raise


def _planned(
    source: Source, taken: turn.Turn, asked: turn.Asked, now: str, services: Services, settings: Settings
) -> Json:
    request = source.request
    frame = _frame(source, taken, asked)
    own = {source.model["ModelName"]: source.model} if source.model else {}
    models = existing.require_models(services.sagemaker, [name for name in source.model_names if name not in own])
    model_rules.require_models_that_suit(source.config, models | own)
    endpoint = endpoints.describe_endpoint(services.sagemaker, request.endpoint_name)
    failed = endpoint if endpoint and existing.has_failed(endpoint) else None
    endpoint_name = _endpoint_name(request, None if failed else endpoint)
    content = Content(services.sagemaker, endpoint_name, source.config, models.values(), request.is_forced)
    action = existing.action_for(endpoint, content)
    if endpoint and action == "wait":
        what = endpoints.what_changes(endpoint)
        if request.dry_run:
            return frame | {"action": "wait", "busy": None, "report": report_of_none(frame, endpoint, what)}
        busy = turn.behind_external_change(taken, what, asked, frame["deadlineAt"], now)
        return frame | {"action": "wait", "busy": busy}
    if failed:
        belongings.require_deletable(services.sagemaker, failed)
    decided = _decisions(source, content, models, None if failed else endpoint, action, frame, services, settings)
    decided |= _replacement(failed, decided["warnings"])
    decided["exists"] |= {"endpoint": preview.existing_endpoint(endpoint)}
    if taken.busy:
        decided["warnings"].append(f"{taken.busy['cause']} What it changes, changes this plan.")
    planned = frame | {"busy": None} | decided | preview.preview(decided, asked.me.execution_arn, STEPS)
    preview.require_same(planned, request.plan_hash)
    return planned | ({"report": report(planned)} if request.dry_run else {})


def _replacement(failed: Json | None, warnings: list[str]) -> Json:
    """What the plan says of a failed endpoint that stands where the new one is to be."""
    if failed is None:
        return {"failedEndpointName": None}
    name, reason = failed["EndpointName"], failed.get("FailureReason", "SageMaker gives no reason")
    warning = f"Endpoint {name} was Failed ({reason}): it is deleted and created anew."
    return {"failedEndpointName": name, "warnings": [*warnings, warning]}


def _waiting(claim: Claim, taken: turn.Turn, asked: turn.Asked) -> Json:
    """The plan of an execution that has no turn yet, or none at all."""
    return _of_execution(asked, taken, claim.request_hash, asked.waits_until) | {
        "action": "wait",
        "busy": taken.busy,
        "dryRun": False,
        "trigger": claim.trigger,
    }


def _frame(source: Source, taken: turn.Turn, asked: turn.Asked) -> Json:
    """What every plan says, whether or not something else is changing the endpoint."""
    request = source.request
    # Waiting for the turn does not count towards the deadline.
    deadline_at = after(taken.since, request.deadline_seconds or default_seconds(source.config))
    return _of_execution(asked, taken, source.request_hash, deadline_at) | {
        "onFailure": request.on_failure,
        "dryRun": request.dry_run,
        "request": source.document,
        "trigger": source.trigger,
    }


def _of_execution(asked: turn.Asked, taken: turn.Turn, request_hash: str, deadline_at: str) -> Json:
    return {
        "endpointName": asked.endpoint_name,
        "executionArn": asked.me.execution_arn,
        "startedAt": asked.me.started_at,
        "turnSince": taken.since,
        "deadlineAt": deadline_at,
        "lock": {"id": lock_id(asked.endpoint_name), "requestHash": request_hash},
    }


def _decisions(
    source: Source,
    content: Content,
    models: dict[str, Json],
    endpoint: Json | None,
    action: existing.Action,
    frame: Json,
    services: Services,
    settings: Settings,
) -> Json:
    """What becomes of everything, now that it is this execution's turn."""
    request, execution_arn = source.request, frame["executionArn"]
    endpoint_name = content.endpoint_name
    config_name = _config_name(action, endpoint, content)
    updated = endpoint if action == "update" else None
    upkeep = upkeep_of(request, content, endpoint, updated, services)
    prefix = names.alarm_prefix(settings.stack_name, endpoint_name)
    watched = alarm_change.wanted(
        request.alarms, prefix, endpoint_name, config_name, source.config["ProductionVariants"]
    )
    guarded = guardrails.guard(request, action, endpoint, upkeep.counts, models, watched.watched, services.cloudwatch)
    differing = list(differences(content, endpoint, upkeep.scaled)) if endpoint and action in ("none", "shift") else []
    warnings = [*request.warnings, *guarded.warnings, *upkeep.warnings, *differing]
    warnings.extend(former.created_again(source.trigger, models.values()))
    if endpoint and action in ("update", "shift"):
        warnings.extend(drained(content, endpoint))
    if endpoint_name != request.endpoint_name:
        warnings.append(f"The endpoint exists as {endpoint_name}; invoke it by that name, case matters there.")
    tags = [*request.tags, {"Key": EXECUTION_TAG, "Value": execution_value(execution_arn)}]
    # Where there was no endpoint, nobody but this request can have asked for alarms.
    found = alarms.beginning_with(services.cloudwatch(), prefix) if endpoint or request.alarms else {}
    of_config = [{"Key": ENDPOINT_TAG, "Value": endpoint_name}, {"Key": CONTENT_TAG, "Value": content.hash}]
    config = {"EndpointConfigName": config_name} | source.config | {"Tags": [*tags, *of_config]}
    return {
        "action": action,
        "endpointName": endpoint_name,
        "endpointArn": endpoint["EndpointArn"] if endpoint else endpoint_arn(execution_arn, endpoint_name),
        "deadlineAt": after(frame["turnSince"], guarded.deadline_seconds),
        "firstLookSeconds": _first_look_seconds(action, serverless=hosts.is_serverless(config)),
        "model": _model(services.sagemaker, source.model, tags),
        "endpointConfig": {
            "name": config_name,
            "exists": content.described(config_name) is not None,
            "request": config,
        },
        "endpoint": {"request": _endpoint_body(action, content, config_name, tags, upkeep) | guarded.update_members},
        "weights": content.weights,
        "deployment": guarded.deployment,
        "previousEndpointConfigName": updated["EndpointConfigName"] if updated else None,
        "previous": _previous(endpoint, upkeep) if endpoint and action in ("update", "shift") else None,
        "scaling": upkeep.scaling,
        "alarms": alarm_change.decide(watched, action, found, prefix, tags),
        "old": _old(action, endpoint_name, config_name, updated, source, services, settings),
        "exists": preview.existing_things(upkeep.scaling["snapshot"], found),
        "modelNames": source.model_names,
        "differences": differing,
        "warnings": warnings,
    }


def _first_look_seconds(action: existing.Action, *, serverless: bool) -> int:
    """What is on its way already may be in service any moment."""
    if action not in ("create", "update"):
        return 0
    return FIRST_LOOK_SERVERLESS_SECONDS if serverless else FIRST_LOOK_SECONDS


def _old(
    action: existing.Action,
    endpoint_name: str,
    config_name: str,
    updated: Json | None,
    source: Source,
    services: Services,
    settings: Settings,
) -> Json:
    """What goes of earlier deployments: only a new one makes any of them older."""
    if action not in ("create", "update"):
        return housekeeping.nothing()
    in_use = [config_name, *([updated["EndpointConfigName"]] if updated else [])]
    kept, table = settings.kept_deployments, settings.deployments_table
    return housekeeping.old(endpoint_name, in_use, source.model_names, kept, table, services)


def _endpoint_name(request: Request, endpoint: Json | None) -> str:
    """The name's case is kept from the creation on, and invoking wants it exactly."""
    return str(endpoint["EndpointName"]) if endpoint else request.endpoint_name


def _model(sagemaker: Client, body: Json | None, tags: list[Json]) -> Json | None:
    if body is None:
        return None
    exists = endpoints.describe_model(sagemaker, body["ModelName"]) is not None
    return {"name": body["ModelName"], "exists": exists, "request": body | {"Tags": tags}}


def _config_name(action: existing.Action, endpoint: Json | None, content: Content) -> str:
    """The config that the endpoint is to run: the one that it runs or is on its way to, or a new one."""
    live = str(endpoint["EndpointConfigName"]) if endpoint else None
    if endpoint and live and action in ("none", "shift", "join"):
        return endpoints.pending_config(endpoint) or live
    return content.new_config_name(live)


def _endpoint_body(action: existing.Action, content: Content, config_name: str, tags: list[Json], kept: Upkeep) -> Json:
    if action == "create":
        return {"EndpointName": content.endpoint_name, "EndpointConfigName": config_name, "Tags": tags}
    if action == "update":
        return retention.update_request(content.endpoint_name, config_name, kept.retention)
    return weights.update(content.endpoint_name, content.weights) if action == "shift" else {}


def _previous(endpoint: Json, kept: Upkeep) -> Json:
    """What a rollback restores."""
    config_name = endpoint["EndpointConfigName"]
    return {
        "endpointConfigName": config_name,
        "updateRequest": retention.update_request(endpoint["EndpointName"], config_name, kept.retention),
        "weights": weights.live(endpoint),
    }
