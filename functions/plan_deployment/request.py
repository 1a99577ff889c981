"""What a valid request asks for, with its defaults filled in."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from plan_deployment import deployment_rules, instance_rules, metric_rules, scaling_rules, variant_rules
from plan_deployment.deadlines import start_seconds
from plan_deployment.deployment import Deployment, deployment, makes_alarms
from plan_deployment.own_alarms import Thresholds
from plan_deployment.schema import SCHEMA
from shared.aws import Json
from shared.errors import Ending
from shared.planning.faults import Fault, message, of_another_machine
from shared.planning.turn import WhenBusy
from shared.planning.validation import schema_faults, sound

# What SageMaker's CreateEndpointConfig takes by the same name in PascalCase.
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
OF_A_REMOVAL = ("confirm", "deleteRecords")


@dataclass(frozen=True)
class Scaling:
    """How every production variant is scaled.

    Attributes
    ----------
    min_capacity, max_capacity : int
        Instances, or provisioned concurrency of a serverless variant.
    policy : Json
        A complete TargetTrackingScalingPolicyConfiguration.
    """

    min_capacity: int
    max_capacity: int
    policy: Json


@dataclass(frozen=True)
class Request:
    """A valid request.

    Attributes
    ----------
    config : Json
        CreateEndpointConfig's body without name and tags; a profile's variants may lack their ModelName.
    scaling : Scaling or None
        None when nothing is to be scaled.
    deployment : Deployment or None
        Guardrails of an update; None when it has none.
    alarms : Thresholds or None
        When the alarms that are made go off; None when none are.
    deadline_seconds : int or None
        None when the default holds, which depends on what the update waits for.
    dry_run : bool
        Whether nothing but the plan is wanted.
    plan_hash : str or None
        The plan that is wanted; None when any is.
    is_forced : bool
        Whether it is deployed even if it runs already.
    is_rollback : bool
        Whether guardrails are those of a former deployment: where they do not suit the endpoint of today they are left
        out, with a warning, for it must be possible to go back.
    model : Json
        Members of CreateModel for the model of an approved package.
    warnings : tuple of str
        What the request says that is not done, or not as it may be meant.
    """

    endpoint_name: str
    config: Json
    scaling: Scaling | None
    deployment: Deployment | None
    alarms: Thresholds | None
    deadline_seconds: int | None
    on_failure: str
    when_busy: WhenBusy
    dry_run: bool
    plan_hash: str | None
    is_forced: bool
    tags: list[Json]
    model: Json
    warnings: tuple[str, ...]
    is_rollback: bool = False


def parse(document: Any, *, subject: str, refusal: type[Ending], is_profile: bool = False) -> Request:
    """The request that a JSON document holds.

    Parameters
    ----------
    subject : str
        What the document is, at the beginning of the message: "The request", or the profile's name.
    refusal : type of Ending
        Raised with every fault at once.
    is_profile : bool
        Whether the model comes from an approved package: then at least one variant leaves its name out, else none.
    """
    faults = of_another_machine(
        schema_faults(document, SCHEMA), OF_A_REMOVAL, "a removal", "RemoveEndpointStateMachineArn"
    )
    mended = sound(document, faults) if isinstance(document, dict) else {}
    if mended:
        faults += _rule_faults(mended, is_profile=is_profile)
    if faults:
        raise refusal(message(subject, faults))
    valid = _with_whole_numbers(document)
    return Request(
        endpoint_name=valid["endpointName"],
        config=_config(valid),
        scaling=_scaling(valid),
        deployment=deployment(valid),
        alarms=_alarms(valid),
        deadline_seconds=valid.get("deadlineSeconds"),
        on_failure=_given_or_default(valid, "onFailure"),
        # Nobody is there to start an approval again.
        when_busy="WAIT" if is_profile and "whenBusy" not in valid else _given_or_default(valid, "whenBusy"),
        dry_run=_given_or_default(valid, "dryRun"),
        plan_hash=valid.get("planHash"),
        is_forced=_given_or_default(valid, "force"),
        tags=valid.get("tags", []),
        model=valid.get("model", {}),
        warnings=tuple(_warnings(valid, is_profile=is_profile)),
    )


def with_control(request: Request, document: Json) -> Request:
    """The request with what another document, valid against the schema, says of this one execution."""
    return replace(
        request,
        on_failure=_given_or_default(document, "onFailure"),
        when_busy=_given_or_default(document, "whenBusy"),
        dry_run=_given_or_default(document, "dryRun"),
        plan_hash=document.get("planHash"),
        is_forced=_given_or_default(document, "force"),
    )


def _rule_faults(request: Json, *, is_profile: bool) -> list[Fault]:
    scaling = scaling_rules.RULES + metric_rules.RULES if scaling_rules.is_scaled(request) else ()
    rules = variant_rules.RULES + instance_rules.RULES + deployment_rules.RULES + scaling
    faults = [fault for rule in rules for fault in rule(request)]
    nameless = [pointer for pointer, variant in variant_rules.all_variants(request) if "ModelName" not in variant]
    if not is_profile:
        remedy = "Name a model that exists; only a profile leaves it out, for the approved model"
        faults += [Fault(f"{pointer}/ModelName", "is missing", remedy) for pointer in nameless]
        return faults
    faults += [
        Fault(f"/{field}", "is for a single request, and a profile is for every approval", "Remove it")
        for field in ("dryRun", "force", "planHash", "rollback", "rollbackTo")
        if field in request
    ]
    if not nameless:
        problem = "every variant names its model, so there is none that gets the approved one"
        faults.append(Fault(f"/{variant_rules.PRODUCTION}", problem, "Remove a ModelName"))
    return faults


def _config(request: Json) -> Json:
    config = {name[0].upper() + name[1:]: request[name] for name in CONFIG_FIELDS if name in request}
    for field in ("ProductionVariants", "ShadowProductionVariants"):
        if field in config:
            config[field] = [
                {name: value for name, value in variant.items() if name != RETIRED} for variant in config[field]
            ]
    return config


def _scaling(request: Json) -> Scaling | None:
    if not scaling_rules.is_scaled(request):
        return None
    return Scaling(
        min_capacity=_given_or_default(request, "autoscalingMinCapacity"),
        max_capacity=request["autoscalingMaxCapacity"],
        policy=_policy(request),
    )


def _alarms(request: Json) -> Thresholds | None:
    if not makes_alarms(request):
        return None
    field = deployment_rules.THRESHOLDS
    members, given = SCHEMA["properties"][field]["properties"], request.get(field, {})
    percent, milliseconds = (
        given.get(name, members[name]["default"]) for name in ("serverErrorPercent", "modelLatencyP99Milliseconds")
    )
    return Thresholds(percent, milliseconds)


def _policy(request: Json) -> Json:
    followed = scaling_rules.metric(request)
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": followed}} if followed else {}
    given: Json = request.get(scaling_rules.POLICY, {})
    return {"TargetValue": _target(request, followed), "ScaleOutCooldown": 60, "ScaleInCooldown": 300} | metric | given


def _target(request: Json, followed: str | None) -> float:
    """The target value where the policy says none.

    Invocations per instance and minute (SageMaker developer guide, Load testing your auto scaling configuration): what
    a load test showed an instance to bear, with room to start another; else the default. A serverless variant has a
    utilization between 0 and 1 instead.
    """
    if "expectedPeakRps" in request:
        per_minute: float = request["expectedPeakRps"] * 60 * _given_or_default(request, "safetyFactor")
        return round(per_minute, 6)
    return 0.5 if followed == scaling_rules.CONCURRENCY_UTILIZATION else 5000.0


def _warnings(request: Json, *, is_profile: bool) -> Iterator[str]:
    for pointer, variant in variant_rules.all_variants(request):
        if RETIRED in variant:
            yield f"{pointer}/{RETIRED} is left out: AWS has retired Elastic Inference."
    yield from instance_rules.unknown_types(request)
    yield from _deadline_warnings(request)
    if "model" in request and not is_profile:
        yield "/model is not used: it is for the model of an approved package, and this request names its models."
    if not scaling_rules.is_scaled(request):
        return
    least, most = _given_or_default(request, "autoscalingMinCapacity"), request["autoscalingMaxCapacity"]
    for pointer, variant in variant_rules.variants(request):
        count = variant.get("InitialInstanceCount", least)
        if not least <= count <= most:
            yield (
                f"{pointer}/InitialInstanceCount is {count}, outside {least} to {most}: scaling moves it into the "
                "bounds when the variant is registered."
            )
    if least == 0:
        yield (
            "/autoscalingMinCapacity is 0: without instances, nothing wakes the endpoint until the backlog exceeds the "
            "target; add a step policy on HasBacklogWithoutCapacity if the first request must not wait."
        )
    yield from metric_rules.warnings(request)
    if variant_rules.SHADOW in request:
        yield f"/{variant_rules.SHADOW} is not scaled: only production variants are."


def _deadline_warnings(request: Json) -> Iterator[str]:
    starting, given = start_seconds(_config(request)), request.get("deadlineSeconds")
    if given is not None and given < starting:
        yield (
            f"/deadlineSeconds is {given}, less than the {starting} s that the time-outs of a variant give an instance "
            "to start: a deployment that SageMaker would still finish is rolled back."
        )


def _given_or_default(request: Json, field: str) -> Any:
    return request.get(field, SCHEMA["properties"][field]["default"])


def _with_whole_numbers(value: Any) -> Any:
    """The same, with 1.0 as 1: JSON does not tell them apart, SageMaker's whole numbers and our hash do."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
