"""The source of a deployment: a request, an approved model package, or an earlier deployment."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from plan_deployment.endpoint.action import has_failed
from plan_deployment.environment import Services, Settings
from plan_deployment.models.bodies import default_role
from plan_deployment.request import rollback
from plan_deployment.request.request import Request, parse, with_control
from plan_deployment.request.schema import given_or_default
from plan_deployment.source import approval, history
from plan_deployment.variants import with_names
from shared import endpoints, records
from shared.aws import Json
from shared.errors import InvalidRequest, ProfileInvalid, SlipwayError
from shared.locks import ApprovedVersion
from shared.plan import SCHEDULED, Trigger
from shared.planning import names
from shared.planning.faults import Fault, message
from shared.planning.turn import WhenBusy
from shared.usage import models_of

if TYPE_CHECKING:
    from plan_deployment.request.components import Component
    from shared.planning.ticks import NothingToDo

# Fields that belong to one execution only.
CONTROL = frozenset({"dryRun", "force", "onFailure", "planHash", "rollback", "whenBusy"})


@dataclass(frozen=True)
class Source:
    """A source of a deployment.

    Attributes
    ----------
    document : Json
        The plan's `request`.
    config : Json
        CreateEndpointConfig's body without name and tags.
    components : tuple of Component
        The inference components with the names of their models.
    models : list of Json
        CreateModel's bodies without tags, of the models that Slipway makes for the request: those of its `models` in
        the order of their keys, then that of an approved package.
    warnings : tuple of str
        What could not be checked about the models.
    """

    request: Request
    document: Json
    config: Json
    models: list[Json]
    trigger: Trigger
    warnings: tuple[str, ...] = ()
    components: "tuple[Component, ...]" = ()

    @property
    def model_names(self) -> list[str]:
        """The models of the config and of the inference components, each once."""
        of_components = [name for component in self.components for name in component.model_names]
        return sorted({*models_of(self.config), *of_components})

    @property
    def request_hash(self) -> str:
        """The plan's `requestHash`."""
        request, components = self.request, [each.hashed() for each in self.components]
        scaling, alarms = (asdict(each) if each else None for each in (request.scaling, request.alarms))
        return names.request_hash(self.config, scaling, alarms, components, schedule=request.schedule)


@dataclass(frozen=True)
class PendingSource:
    """A source before the execution has its turn.

    Attributes
    ----------
    deadline_seconds : int or None
        Requested deadline; None for the default.
    request_hash : str
        Equal for executions with equal requests.
    approval : ApprovedVersion or None
        The approval that started the execution, if one did.
    source : callable
        Returns the source, or why a schedule has nothing to deploy. It is called in the turn, because the source of a
        rollback depends on the history, and the models of a request on what is in AWS. Raises NoFormerDeployment,
        InvalidRequest and ProfileInvalid.
    """

    endpoint_name: str
    when_busy: WhenBusy
    dry_run: bool
    deadline_seconds: int | None
    request_hash: str
    approval: ApprovedVersion | None
    trigger: Trigger
    source: "Callable[[], Source | NothingToDo]"


@dataclass(frozen=True)
class PendingModels:
    """The models of a request before the execution has its turn."""

    execution_arn: str
    services: Services
    settings: Settings

    def made_for(self, source: Source, subject: str, refusal: type[SlipwayError]) -> Source:
        """Return the source with the models that its request makes.

        Raises
        ------
        SlipwayError
            The refusal, with the faults of all models.
        """
        requested = source.request.models
        if not requested:
            return source
        # Imported on demand: most requests name models that exist, and a cold start is CPU-bound.
        from plan_deployment.models.requested import resolved_models

        found = resolved_models(requested, source, self.execution_arn, self.services, self.settings)
        if found.faults:
            raise refusal(message(subject, found.faults))
        made = dict(zip(sorted(requested), (body["ModelName"] for body in found.bodies), strict=True))
        return dataclasses.replace(
            source,
            config=with_names(source.config, made),
            components=tuple(component.with_names(made) for component in source.components),
            models=[*found.bodies, *source.models],
            warnings=tuple(found.warnings),
        )


def pending_source(document: Any, execution: Json, now: str, services: Services, settings: Settings) -> PendingSource:
    """Return what is known about an execution's input, a request, an event or a tick, before its turn.

    Parameters
    ----------
    execution : Json
        ``arn`` and ``startedAt`` (ISO 8601) of the execution.
    now : str
        The time; ISO 8601.

    Raises
    ------
    InvalidRequest, ProfileNotFound, ProfileInvalid
        If there is nothing valid to deploy.
    """
    started_at = execution["startedAt"]
    models = PendingModels(execution["arn"], services, settings)
    if approval.is_event(document):
        approved = approval.read(document)
        approval.require_owner(approved, settings.package_accounts)
        version = ApprovedVersion(approved.group_name, approved.package_arn, approved.approved_at or started_at)
        source = _from_approval(approved, services, settings)
        subject = f"Profile {source.trigger['profileName']}"
        return _pending(source, version, lambda: models.made_for(source, subject, ProfileInvalid))
    if isinstance(document, dict) and SCHEDULED in document:
        # Imported on demand: a cold start is CPU-bound.
        from plan_deployment.source.scheduled import pending_tick

        return pending_tick(document, now, services, settings)
    if rollback.is_rollback_request(document):
        return _pending_rollback(document, started_at, services, settings)
    request = parse(document, subject="The request", refusal=InvalidRequest, now=started_at)
    request = _with_role(request, settings, "The request", InvalidRequest)
    kept = _without_control(document)
    source = Source(request, kept, request.config, [], {"kind": "request"}, components=request.components)
    return _pending(source, None, lambda: models.made_for(source, "The request", InvalidRequest))


def _pending(source: Source, version: ApprovedVersion | None, complete: Callable[[], Source]) -> PendingSource:
    request = source.request
    hashed = [source.request_hash, request.models]
    return PendingSource(
        endpoint_name=request.endpoint_name,
        when_busy=request.when_busy,
        dry_run=request.dry_run,
        deadline_seconds=request.deadline_seconds,
        request_hash=names.digest(hashed) if request.models else source.request_hash,
        approval=version,
        trigger=source.trigger,
        source=complete,
    )


def _pending_rollback(document: Json, started_at: str, services: Services, settings: Settings) -> PendingSource:
    if faults := rollback.faults(document):
        raise InvalidRequest(message("The request", faults))
    return PendingSource(
        endpoint_name=document["endpointName"],
        when_busy=given_or_default(document, "whenBusy"),
        dry_run=given_or_default(document, "dryRun"),
        deadline_seconds=document.get("deadlineSeconds"),
        request_hash=names.digest([records.ROLLBACK, document.get(rollback.BY_ID)]),
        approval=None,
        trigger={"kind": records.ROLLBACK},
        source=lambda: _from_history(document, started_at, services, settings),
    )


def _from_approval(approved: approval.Approval, services: Services, settings: Settings) -> Source:
    name = approval.profile_name(settings.profile_prefix, approved.group_name)
    document = approval.profile(services.ssm(), name)
    request = parse(document, subject=f"Profile {name}", refusal=ProfileInvalid, is_profile=True)
    request = _with_role(request, settings, f"Profile {name}", ProfileInvalid)
    model = approval.create_model_body(approved, request, settings.model_role_arns)
    trigger: Trigger = {
        "kind": "approval",
        "modelPackageArn": approved.package_arn,
        "modelPackageGroupName": approved.group_name,
        "eventId": approved.event_id,
        "profileName": name,
    }
    config, components = approval.with_model(request, model["ModelName"])
    return Source(request, _without_control(document), config, [model], trigger, components=components)


def _from_history(document: Json, started_at: str, services: Services, settings: Settings) -> Source:
    """Return the source of an earlier deployment, with the fields that the request replaces."""
    name = document["endpointName"]
    found = records.newest_first(services.dynamodb, settings.deployments_table, name)
    if rollback.BY_ID in document:
        record = history.by_id(document[rollback.BY_ID], name, found)
    else:
        record = history.previous(name, _live_config(services, name), started_at, found)
    replaced = {field: document[field] for field in rollback.REPLACED if field in document}
    source = restored(record, (record.request or {}) | replaced, services, settings)
    request = with_control(source.request, document)
    return dataclasses.replace(
        source, request=dataclasses.replace(request, is_rollback="deploymentConfig" not in document)
    )


def restored(record: records.Record, requested: Json, services: Services, settings: Settings) -> Source:
    """Return the source of an earlier deployment.

    Parameters
    ----------
    requested : Json
        The request of its record, with replaced or additional fields. If the endpoint is gone, it is created with the
        spelling that it had: InvokeEndpoint compares case.
    """
    requested = requested | {"endpointName": record.endpoint_name}
    subject = f"Deployment {record.deployment_id}"
    made, approved = _parted(record.models, requested)
    request = parse(requested, subject=subject, refusal=InvalidRequest, is_profile=bool(approved))
    request = _with_role(dataclasses.replace(request, is_rollback=True), settings, subject, InvalidRequest)
    config, components = request.config, request.components
    if approved:
        config, components = approval.with_model(request, approved[0]["ModelName"])
    trigger: Trigger = {
        "kind": records.ROLLBACK,
        "deploymentId": record.deployment_id,
        "startedAt": record.started_at,
    }
    warnings = tuple(_changed_artifacts(record, services, settings))
    return Source(
        request,
        _without_control(requested),
        with_names(config, made),
        record.models,
        trigger,
        warnings,
        tuple(component.with_names(made) for component in components),
    )


def _with_role(request: Request, settings: Settings, subject: str, refusal: type[SlipwayError]) -> Request:
    """Return the request with the default role, if its endpoint hosts inference components and it names none."""
    if not request.components or "ExecutionRoleArn" in request.config:
        return request
    role = default_role(settings.model_role_arns)
    if not role:
        problem = "is missing, and the stack has no roles for models"
        remedy = "Deploy the stack with the role in the parameter ModelExecutionRoleArns, or CreateArtifactBucket=true"
        raise refusal(message(subject, [Fault("/executionRoleArn", problem, remedy)]))
    return dataclasses.replace(request, config=request.config | {"ExecutionRoleArn": role})


def _changed_artifacts(record: records.Record, services: Services, settings: Settings) -> Iterator[str]:
    if record.models:
        # Imported on demand, as above.
        from plan_deployment.models.overwritten import changed_artifacts

        yield from changed_artifacts(record.models, record.started_at, services.s3(), settings.artifact_buckets)


def _parted(models: list[Json], requested: Json) -> tuple[dict[str, str], list[Json]]:
    """Return the names of the models that a recorded request makes, by their key, and the body of an approved one."""
    keys = sorted(requested.get("models", {}))
    made = {key: model["ModelName"] for key, model in zip(keys, models, strict=False)}
    return made, models[len(keys) :]


def _live_config(services: Services, endpoint_name: str) -> str | None:
    endpoint = endpoints.describe_endpoint(services.sagemaker, endpoint_name)
    return None if endpoint is None or has_failed(endpoint) else str(endpoint["EndpointConfigName"])


def _without_control(document: Json) -> Json:
    return {name: value for name, value in document.items() if name not in CONTROL}
