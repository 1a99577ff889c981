"""A valid request, with its defaults filled in."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plan_deployment.alarms.definitions import Thresholds
from plan_deployment.request import (
    endpoint_test_rules,
    guardrail_rules,
    instance_rules,
    model_rules,
    rules,
    scaling,
)
from plan_deployment.request.deadlines import start_seconds
from plan_deployment.request.fields import COMPONENTS, every_variant
from plan_deployment.request.guardrails import RequestedGuardrails, creates_alarms, requested_guardrails
from plan_deployment.request.scaling import Scaling
from plan_deployment.request.schema import SCHEMA, given_or_default
from shared.aws import Json
from shared.errors import SlipwayError
from shared.planning.faults import message
from shared.planning.turn import WhenBusy

if TYPE_CHECKING:
    from plan_deployment.request.components import Component

# Members of SageMaker's CreateEndpointConfig, which have the same name in PascalCase.
CONFIG_FIELDS = (
    "productionVariants",
    "shadowProductionVariants",
    "dataCaptureConfig",
    "asyncInferenceConfig",
    "explainerConfig",
    "kmsKeyId",
    "executionRoleArn",
    "vpcConfig",
    "enableNetworkIsolation",
    "metricsConfig",
)
RETIRED = "AcceleratorType"


@dataclass(frozen=True)
class Request:
    """A valid request.

    Attributes
    ----------
    config : Json
        CreateEndpointConfig's body without name and tags; a profile's variants can lack their ModelName.
    components : tuple of Component
        Inference components; a profile's specifications can lack their ModelName.
    scaling : Scaling or None
        None if the request does not configure scaling.
    guardrails : RequestedGuardrails or None
        None if the request has no guardrails.
    alarms : Thresholds or None
        Thresholds of the alarms that Slipway creates; None if it creates none.
    deadline_seconds : int or None
        None for the default, which depends on the waits of the update.
    plan_hash : str or None
        The plan that is to be carried out; None for any.
    is_forced : bool
        Whether it is deployed even if it runs already.
    is_rollback : bool
        Whether the guardrails are those of an earlier deployment. If they no longer suit the endpoint they are left
        out, with a warning, because a rollback must be possible.
    tests : list of Json
        Tests of the endpoint.
    model : Json
        Members of CreateModel for the model of an approved package.
    models : dict of str to Json
        The models that the request makes, by the key that its variants name.
    schedule : Json or None
        Hours of the week in which the endpoint exists, as requested; None for all hours.
    warnings : tuple of str
        Fields that have no effect, or not the expected one.
    """

    endpoint_name: str
    config: Json
    scaling: Scaling | None
    guardrails: RequestedGuardrails | None
    alarms: Thresholds | None
    deadline_seconds: int | None
    on_failure: str
    when_busy: WhenBusy
    dry_run: bool
    plan_hash: str | None
    is_forced: bool
    tags: list[Json]
    tests: list[Json]
    model: Json
    models: dict[str, Json]
    schedule: Json | None
    warnings: tuple[str, ...]
    components: "tuple[Component, ...]" = ()
    is_rollback: bool = False


def parse(
    document: Any, *, subject: str, refusal: type[SlipwayError], is_profile: bool = False, now: str | None = None
) -> Request:
    """Return the request in a JSON document.

    Parameters
    ----------
    subject : str
        The document's name at the beginning of the message: "The request", or that of the profile.
    refusal : type of SlipwayError
        Raised with every fault of the document.
    is_profile : bool
        Whether the model comes from an approved package: then at least one variant names no model, otherwise all do.
    now : str or None
        The time, ISO 8601. None for a profile and for an earlier request, whose schedules may have passed.
    """
    if faults := rules.faults(document, is_profile=is_profile, now=now):
        raise refusal(message(subject, faults))
    valid = _with_whole_numbers(document)
    return Request(
        endpoint_name=valid["endpointName"],
        config=_config(valid),
        components=_components(valid),
        scaling=scaling.requested_scaling(valid),
        guardrails=requested_guardrails(valid),
        alarms=_alarms(valid),
        deadline_seconds=valid.get("deadlineSeconds"),
        on_failure=given_or_default(valid, "onFailure"),
        # No user is there to start an approval again.
        when_busy="WAIT" if is_profile and "whenBusy" not in valid else given_or_default(valid, "whenBusy"),
        dry_run=given_or_default(valid, "dryRun"),
        plan_hash=valid.get("planHash"),
        is_forced=given_or_default(valid, "force"),
        tags=valid.get("tags", []),
        tests=document.get("test", []),
        model=valid.get("model", {}),
        models=valid.get(model_rules.FIELD, {}),
        schedule=valid.get("schedule"),
        warnings=tuple(_warnings(valid, is_profile=is_profile)),
    )


def with_control(request: Request, document: Json) -> Request:
    """Return the request with the fields of another valid document that belong to one execution."""
    return replace(
        request,
        on_failure=given_or_default(document, "onFailure"),
        when_busy=given_or_default(document, "whenBusy"),
        dry_run=given_or_default(document, "dryRun"),
        plan_hash=document.get("planHash"),
        is_forced=given_or_default(document, "force"),
    )


def _config(request: Json) -> Json:
    config = {name[0].upper() + name[1:]: request[name] for name in CONFIG_FIELDS if name in request}
    for field in ("ProductionVariants", "ShadowProductionVariants"):
        if field in config:
            config[field] = [
                {name: value for name, value in variant.items() if name != RETIRED} for variant in config[field]
            ]
    return config


def _components(request: Json) -> "tuple[Component, ...]":
    if COMPONENTS not in request:
        return ()
    # Imported on demand: most requests have none, and a cold start is CPU-bound.
    from plan_deployment.request.components import requested_components

    return requested_components(request)


def _alarms(request: Json) -> Thresholds | None:
    if not creates_alarms(request):
        return None
    field = guardrail_rules.THRESHOLDS
    members, given = SCHEMA["properties"][field]["properties"], request.get(field, {})
    percent, milliseconds = (
        given.get(name, members[name]["default"]) for name in ("serverErrorPercent", "modelLatencyP99Milliseconds")
    )
    return Thresholds(percent, milliseconds)


def _warnings(request: Json, *, is_profile: bool) -> Iterator[str]:
    for pointer, variant in every_variant(request):
        if RETIRED in variant:
            yield f"{pointer}/{RETIRED} is left out: AWS has retired Elastic Inference."
    yield from instance_rules.unknown_types(request)
    starting, deadline = start_seconds(_config(request)), request.get("deadlineSeconds")
    if deadline is not None and deadline < starting:
        yield (
            f"/deadlineSeconds is {deadline}, less than the {starting} s that the time-outs of a variant give an "
            "instance to start: a deployment that SageMaker would still finish is rolled back."
        )
    if "model" in request and not is_profile:
        yield "/model has no effect: it is for the model of an approved package, and this request names its models."
    if COMPONENTS in request:
        from plan_deployment.request import component_warnings  # on demand, as above

        yield from component_warnings.warnings(request)
    yield from scaling.warnings(request)
    yield from endpoint_test_rules.warnings(request)


def _with_whole_numbers(value: Any) -> Any:
    """Return the value with 1.0 as 1: JSON does not distinguish them, SageMaker's integers and our hashes do."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
