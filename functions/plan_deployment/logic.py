"""The plan of a deployment: everything that follows is decided, named and written out here."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from plan_deployment import approval, existing, guardrails, names, scaling, turn
from plan_deployment.request import Request, parse
from shared import endpoints, locks
from shared.arns import endpoint_arn
from shared.aws import Client, Json
from shared.endpoints import EXECUTION_TAG
from shared.errors import InvalidRequest, ProfileInvalid
from shared.moments import after

# The shortest plausible creation: instances have to be got and to load an image, serverless only the latter.
FIRST_LOOK_SECONDS = 120
FIRST_LOOK_SERVERLESS_SECONDS = 60


@dataclass(frozen=True)
class Services:
    """The clients that planning needs; SSM only for an approval, CloudWatch only for alarms: made on demand."""

    sagemaker: Client
    autoscaling: Client
    dynamodb: Client
    ssm: Any
    cloudwatch: Any


@dataclass(frozen=True)
class Settings:
    """What the stack says.

    Attributes
    ----------
    locks_table : str
        Name of the table that has the endpoints' locks.
    profile_prefix : str
        Where the deployment profiles are, such as ``/slipway/profiles``.
    model_role_arn : str
        Role of models whose profile names none; may be empty.
    """

    locks_table: str
    profile_prefix: str
    model_role_arn: str


@dataclass(frozen=True)
class Source:
    """What is to be deployed, and why.

    Attributes
    ----------
    config : Json
        CreateEndpointConfig's body without name and tags.
    model : Json or None
        CreateModel's body without tags, when the model comes from an approved package.
    trigger : Json
        The plan's `trigger`.
    """

    request: Request
    config: Json
    model: Json | None
    trigger: Json


def plan(document: Any, execution: Json, now: str, services: Services, settings: Settings) -> Json:
    """The plan for an execution's input, which is a request or the event of an approval.

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
        it is not this execution's turn, and the plan says no more than how long to wait.

    Raises
    ------
    InvalidRequest, ProfileNotFound, ProfileInvalid
        When there is nothing valid to deploy.
    ModelNotFound, EndpointNotUpdatable
        When what exists does not allow it.
    """
    if approval.is_event(document):
        source = _from_approval(document, services, settings)
        try:
            return _plan(source, execution, now, services, settings)
        except InvalidRequest as error:
            raise ProfileInvalid(f"Profile {source.trigger['profileName']}: {error}") from error
    request = parse(document, subject="The request", refusal=InvalidRequest)
    return _plan(Source(request, request.config, None, {"kind": "request"}), execution, now, services, settings)


def _plan(source: Source, execution: Json, now: str, services: Services, settings: Settings) -> Json:
    request = source.request
    # Before anything else is read: whatever is deployed from now on belongs to a later turn.
    lock = locks.read(services.dynamodb, settings.locks_table, request.endpoint_name)
    request_hash = names.request_hash(source.config, asdict(request.scaling) if request.scaling else None)
    frame = _frame(request, execution)
    frame["lock"] = turn.lock_body(lock, request_hash, execution["startedAt"])
    own_model = source.model["ModelName"] if source.model else None
    model_names = sorted(set(_model_names(source.config)))
    existing.require_models(services.sagemaker, [name for name in model_names if name != own_model])
    busy = turn.behind_holder(lock, frame, request_hash, request.when_busy, now)
    if busy:
        return frame | {"action": "wait", "busy": busy}
    endpoint = endpoints.describe_endpoint(services.sagemaker, request.endpoint_name)
    action = existing.action_for(endpoint, names.config_name(_endpoint_name(request, endpoint), source.config))
    if endpoint and action == "wait":
        what = existing.what_changes(endpoint)
        return frame | {"action": "wait", "busy": turn.behind_stranger(frame, what, request.when_busy, now)}
    return frame | {"busy": None} | _decisions(source, model_names, endpoint, action, frame, services)


def _from_approval(event: Json, services: Services, settings: Settings) -> Source:
    approved = approval.read(event)
    name = approval.profile_name(settings.profile_prefix, approved.group_name)
    document = approval.profile(services.ssm(), name)
    request = parse(document, subject=f"Profile {name}", refusal=ProfileInvalid, is_profile=True)
    model = approval.create_model_body(approved, request, settings.model_role_arn)
    trigger = {
        "kind": "approval",
        "modelPackageArn": approved.package_arn,
        "modelPackageGroupName": approved.group_name,
        "eventId": approved.event_id,
        "profileName": name,
    }
    return Source(request, approval.with_model(request.config, model["ModelName"]), model, trigger)


def _frame(request: Request, execution: Json) -> Json:
    """What every plan says, whether or not it is this execution's turn."""
    return {
        "endpointName": request.endpoint_name,
        "executionArn": execution["arn"],
        "startedAt": execution["startedAt"],
        "deadlineAt": after(execution["startedAt"], request.deadline_seconds or guardrails.DEADLINE["default"]),
        "onFailure": request.on_failure,
    }


def _decisions(
    source: Source,
    model_names: list[str],
    endpoint: Json | None,
    action: existing.Action,
    frame: Json,
    services: Services,
) -> Json:
    """What becomes of everything, now that it is this execution's turn."""
    request, execution_arn = source.request, frame["executionArn"]
    endpoint_name = _endpoint_name(request, endpoint)
    config_name = names.config_name(endpoint_name, source.config)
    variants = source.config["ProductionVariants"]
    serverless = any("ServerlessConfig" in variant for variant in variants)
    if endpoint and action == "update" and serverless:
        existing.refuse_change_to_serverless(endpoint)
    # A serverless variant has no fleet, and what it would retain is what the request wants to change.
    has_fleet = endpoint is not None and not serverless and not existing.is_serverless(endpoint)
    guarded = guardrails.guard(request, action, endpoint, services.cloudwatch)
    wanted, warnings = _scaling(services, request, endpoint, endpoint_name, variants)
    if endpoint and endpoint_name != request.endpoint_name:
        warnings.append(f"The endpoint exists as {endpoint_name}; invoke it by that name, case matters there.")
    tags = [*request.tags, {"Key": EXECUTION_TAG, "Value": execution_arn}]
    config = {"EndpointConfigName": config_name} | source.config | {"Tags": tags}
    return {
        "action": action,
        "endpointName": endpoint_name,
        "endpointArn": endpoint["EndpointArn"] if endpoint else endpoint_arn(execution_arn, endpoint_name),
        "deadlineAt": after(frame["startedAt"], guarded.deadline_seconds),
        "firstLookSeconds": _first_look_seconds(action, serverless=serverless),
        "model": _model(services.sagemaker, source.model, tags),
        "endpointConfig": {
            "name": config_name,
            "exists": endpoints.describe_config(services.sagemaker, config_name) is not None,
            "request": config,
        },
        "endpoint": {
            "request": _endpoint_body(action, endpoint_name, config_name, tags, keep_live_counts=has_fleet)
            | guarded.update_members
        },
        "deployment": guarded.deployment,
        "previousEndpointConfigName": endpoint["EndpointConfigName"] if endpoint and action == "update" else None,
        "scaling": wanted,
        "modelNames": model_names,
        "trigger": source.trigger,
        "warnings": [*request.warnings, *guarded.warnings, *warnings],
    }


def _first_look_seconds(action: existing.Action, *, serverless: bool) -> int:
    """What is on its way already may be in service any moment."""
    if action not in ("create", "update"):
        return 0
    return FIRST_LOOK_SERVERLESS_SECONDS if serverless else FIRST_LOOK_SECONDS


def _endpoint_name(request: Request, endpoint: Json | None) -> str:
    """The name's case is kept from the creation on, and invoking wants it exactly."""
    return str(endpoint["EndpointName"]) if endpoint else request.endpoint_name


def _model(sagemaker: Client, body: Json | None, tags: list[Json]) -> Json | None:
    if body is None:
        return None
    exists = endpoints.describe_model(sagemaker, body["ModelName"]) is not None
    return {"name": body["ModelName"], "exists": exists, "request": body | {"Tags": tags}}


def _endpoint_body(
    action: existing.Action, endpoint_name: str, config_name: str, tags: list[Json], *, keep_live_counts: bool
) -> Json:
    body: Json = {"EndpointName": endpoint_name, "EndpointConfigName": config_name}
    if action == "create":
        return body | {"Tags": tags}
    if action == "update":
        # Else SageMaker resets a fleet that was scaled out to InitialInstanceCount. Weights are what the request says.
        retained = {
            "RetainAllVariantProperties": True,
            "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
        }
        return body | (retained if keep_live_counts else {})
    return {}


def _scaling(
    services: Services, request: Request, endpoint: Json | None, endpoint_name: str, variants: list[Json]
) -> tuple[Json, list[str]]:
    """The plan's `scaling`, and what to warn of."""
    registered: list[Json] = []
    if endpoint:
        variant_names = {variant["VariantName"] for variant in [*variants, *endpoint.get("ProductionVariants", [])]}
        registered = scaling.registered_targets(services.autoscaling, endpoint_name, variant_names)
        scaling.refuse_what_scaling_forbids(services.sagemaker, endpoint, variants, registered)
    if request.scaling is None:
        warnings = [
            f"{target['ResourceId']} stays registered for scaling, {target['MinCapacity']} to {target['MaxCapacity']}: "
            f"the request asks for none, and Slipway ends none. To end it: {scaling.deregister_command(target)}"
            for target in registered
        ]
        return {"targets": [], "policies": [], "summary": []}, warnings
    found = scaling.registered_policies(services.autoscaling, registered)
    targets = scaling.targets(endpoint_name, variants, request.scaling)
    policies = scaling.policies(endpoint_name, variants, request.scaling, found)
    summary = scaling.summary(variants, targets, policies)
    if scaling.is_as_asked(targets, registered) and scaling.is_as_asked(policies, found):
        targets, policies = [], []
    return {"targets": targets, "policies": policies, "summary": summary}, []


def _model_names(config: Json) -> Iterator[str]:
    for field in ("ProductionVariants", "ShadowProductionVariants"):
        for variant in config.get(field, []):
            yield variant["ModelName"]
            yield from (
                pool["ModelNameOverride"] for pool in variant.get("InstancePools", []) if "ModelNameOverride" in pool
            )
