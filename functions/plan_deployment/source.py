"""What is to be deployed: what a request says, or the profile of an approved model package."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plan_deployment import approval
from plan_deployment.request import Request, parse
from plan_deployment.services import Services
from shared.aws import Json
from shared.errors import InvalidRequest, ProfileInvalid

OF_ONE_EXECUTION = frozenset({"dryRun", "onFailure", "planHash", "whenBusy"})


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
    """

    locks_table: str
    deployments_table: str
    profile_prefix: str
    model_role_arn: str
    stack_name: str
    kept_deployments: int


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


def source_of(document: Any, services: Services, settings: Settings) -> Source:
    """What an execution's input, a request or the event of an approval, asks for.

    Raises
    ------
    InvalidRequest, ProfileNotFound, ProfileInvalid
        When there is nothing valid to deploy.
    """
    if approval.is_event(document):
        return _from_approval(document, services, settings)
    request = parse(document, subject="The request", refusal=InvalidRequest)
    return Source(request, _asked_again(document), request.config, None, {"kind": "request"})


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
    config = approval.with_model(request.config, model["ModelName"])
    return Source(request, _asked_again(document), config, model, trigger)


def _asked_again(document: Json) -> Json:
    return {name: value for name, value in document.items() if name not in OF_ONE_EXECUTION}


def _model_names(config: Json) -> Iterator[str]:
    for field in ("ProductionVariants", "ShadowProductionVariants"):
        for variant in config.get(field, []):
            yield variant["ModelName"]
            yield from (
                pool["ModelNameOverride"] for pool in variant.get("InstancePools", []) if "ModelNameOverride" in pool
            )
