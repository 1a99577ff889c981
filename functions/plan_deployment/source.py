"""What is to be deployed: what a request says, or the profile of an approved model package."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from plan_deployment import approval, existing, former
from plan_deployment.request import Request, parse, with_control
from plan_deployment.schema import SCHEMA
from plan_deployment.services import Services
from shared import endpoints, records
from shared.aws import Json
from shared.errors import InvalidRequest, ProfileInvalid
from shared.locks import ApprovedVersion
from shared.planning import names
from shared.planning.faults import message
from shared.planning.turn import WhenBusy
from shared.planning.validation import schema_faults

OF_ONE_EXECUTION = frozenset({"dryRun", "force", "onFailure", "planHash", "rollback", "whenBusy"})


@dataclass(frozen=True)
class Settings:
    """What the stack says.

    Attributes
    ----------
    locks_table : str
        Name of the table that has the endpoints' locks.
    deployments_table : str
        Name of the table that has the endpoints' history.
    profile_prefix : str
        Where the deployment profiles are, such as ``/slipway/profiles``.
    model_role_arn : str
        Role of models whose profile names none; may be empty.
    stack_name : str
        Its own name; the names of the alarms that it makes begin with it.
    kept_deployments : int
        Of how many deployments of an endpoint configs and models are kept.
    package_accounts : tuple of str
        Accounts whose model packages may be deployed, the stack's own among them.
    """

    locks_table: str
    deployments_table: str
    profile_prefix: str
    model_role_arn: str
    stack_name: str
    kept_deployments: int
    package_accounts: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """What is to be deployed, and why.

    Attributes
    ----------
    document : Json
        What can be asked for again: the request or the profile, without what belongs to one execution only.
    config : Json
        CreateEndpointConfig's body without name and tags.
    model : Json or None
        CreateModel's body without tags, when the model comes from an approved package.
    trigger : Json
        The plan's `trigger`.
    """

    request: Request
    document: Json
    config: Json
    model: Json | None
    trigger: Json

    @property
    def model_names(self) -> list[str]:
        """The models that the config names, each once."""
        return sorted(set(_model_names(self.config)))

    @property
    def request_hash(self) -> str:
        """Tells whether two executions ask for the same."""
        plain = (asdict(asked) if asked else None for asked in (self.request.scaling, self.request.alarms))
        return names.request_hash(self.config, *plain)


@dataclass(frozen=True)
class Claim:
    """What is known before the execution has its turn.

    Attributes
    ----------
    deadline_seconds : int or None
        As asked for; None where the default counts.
    request_hash : str
        Tells whether two executions ask for the same.
    approval : ApprovedVersion or None
        The approval that started the execution, if one did.
    trigger : Json
        The plan's `trigger`, as far as it is known.
    source : callable
        Returns what is to be deployed; for a rollback, what that is depends on the history, which others may add to
        before the turn. Raises NoFormerDeployment and InvalidRequest.
    """

    endpoint_name: str
    when_busy: WhenBusy
    dry_run: bool
    deadline_seconds: int | None
    request_hash: str
    approval: ApprovedVersion | None
    trigger: Json
    source: Callable[[], Source]


def claim_of(document: Any, started_at: str, services: Services, settings: Settings) -> Claim:
    """What an execution's input, a request or the event of an approval, asks for.

    Parameters
    ----------
    started_at : str
        When the execution was started; ISO 8601.

    Raises
    ------
    InvalidRequest, ProfileNotFound, ProfileInvalid
        When there is nothing valid to deploy.
    """
    if approval.is_event(document):
        approved = approval.read(document)
        approval.require_owner(approved, settings.package_accounts)
        version = ApprovedVersion(approved.group_name, approved.package_arn, approved.approved_at or started_at)
        return _claim(_from_approval(approved, services, settings), version)
    if former.is_asked_for(document):
        return _claim_of_rollback(document, started_at, services, settings)
    request = parse(document, subject="The request", refusal=InvalidRequest)
    return _claim(Source(request, _asked_again(document), request.config, None, {"kind": "request"}), None)


def _claim(source: Source, version: ApprovedVersion | None) -> Claim:
    request = source.request
    return Claim(
        endpoint_name=request.endpoint_name,
        when_busy=request.when_busy,
        dry_run=request.dry_run,
        deadline_seconds=request.deadline_seconds,
        request_hash=source.request_hash,
        approval=version,
        trigger=source.trigger,
        source=lambda: source,
    )


def _claim_of_rollback(document: Json, started_at: str, services: Services, settings: Settings) -> Claim:
    faults = [*schema_faults(document, SCHEMA), *former.faults_beside(document)]
    if faults:
        raise InvalidRequest(message("The request", faults))
    return Claim(
        endpoint_name=document["endpointName"],
        when_busy=document.get("whenBusy", SCHEMA["properties"]["whenBusy"]["default"]),
        dry_run=document.get("dryRun", False),
        deadline_seconds=document.get("deadlineSeconds"),
        request_hash=names.digest([records.ROLLBACK, document.get(former.BY_NAME)]),
        approval=None,
        trigger={"kind": records.ROLLBACK},
        source=lambda: _from_history(document, started_at, services, settings.deployments_table),
    )


def _from_approval(approved: approval.Approval, services: Services, settings: Settings) -> Source:
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
    config = approval.with_model(request.config, model["ModelName"])
    return Source(request, _asked_again(document), config, model, trigger)


def _from_history(document: Json, started_at: str, services: Services, table_name: str) -> Source:
    """What a former deployment asked for: its scaling and its guardrails, too, unless the request says others."""
    name = document["endpointName"]
    history = records.newest_first(services.dynamodb, table_name, name)
    if former.BY_NAME in document:
        record = former.named(document[former.BY_NAME], name, history)
    else:
        record = former.last(name, _serving(services, name), started_at, history)
    own = {field: document[field] for field in former.OF_THE_ROLLBACK if field in document}
    asked = (record.request or {}) | own
    subject = f"Deployment {record.deployment_id}"
    request = parse(asked, subject=subject, refusal=InvalidRequest, is_profile=record.model is not None)
    request = dataclasses.replace(with_control(request, document), is_rollback="deploymentConfig" not in document)
    config = approval.with_model(request.config, record.model["ModelName"]) if record.model else request.config
    trigger = {"kind": records.ROLLBACK, "deploymentId": record.deployment_id, "startedAt": record.started_at}
    return Source(request, _asked_again(asked), config, record.model, trigger)


def _serving(services: Services, endpoint_name: str) -> str | None:
    endpoint = endpoints.describe_endpoint(services.sagemaker, endpoint_name)
    return None if endpoint is None or existing.has_failed(endpoint) else str(endpoint["EndpointConfigName"])


def _asked_again(document: Json) -> Json:
    return {name: value for name, value in document.items() if name not in OF_ONE_EXECUTION}


def _model_names(config: Json) -> Iterator[str]:
    for field in ("ProductionVariants", "ShadowProductionVariants"):
        for variant in config.get(field, []):
            yield variant["ModelName"]
            yield from (
                pool["ModelNameOverride"] for pool in variant.get("InstancePools", []) if "ModelNameOverride" in pool
            )
