"""The decisions of a plan by subject, and its steps in the order of execution."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from plan_deployment.alarms.plan import plan_alarms, requested_alarms
from plan_deployment.cleanup import plan_cleanup
from plan_deployment.components.result import ComponentPlan
from plan_deployment.endpoint.capacity import require_possible_host, retention
from plan_deployment.endpoint.differences import differences, resumed_traffic
from plan_deployment.endpoint.plan import config_steps, endpoint_steps, replacement_steps
from plan_deployment.environment import Services, Settings
from plan_deployment.guardrails.plan import GuardrailPlan, plan_guardrails
from plan_deployment.models.existing import creation_steps
from plan_deployment.off_hours.plan import plan_off_hours
from plan_deployment.request.deadlines import LONGEST_SECONDS
from plan_deployment.scaling.plan import AlarmsOfEndpoint, ScalingPlan, plan_scaling
from plan_deployment.situation import Situation
from plan_deployment.source.history import created_again
from plan_deployment.variants import managed_variants
from shared import alarms, endpoints
from shared.aws import Json
from shared.endpoints import EXECUTION_TAG
from shared.plan import Call, Guardrails, PlannedComponent, ScaledResource, Step
from shared.planning import names, ownership
from shared.planning.scaling_snapshot import Snapshot
from shared.records import ROLLBACK
from shared.tags import execution_value
from shared.usage import models_of, models_of_component


@dataclass(frozen=True)
class Decisions:
    """Decisions of a plan.

    Attributes
    ----------
    deadline_seconds : int
        Seconds from the turn of the execution to its deadline.
    registered : Snapshot
        Scaling that is registered before the deployment.
    restorations : list of Call
        Calls that register that scaling again, and put its alarms.
    alarm_names : list of str
        Alarms of the endpoint that exist before the deployment.

    The other attributes are those of the plan.
    """

    steps: list[Step]
    deadline_seconds: int
    guardrails: Guardrails | None
    scaling: list[ScaledResource]
    components: list[PlannedComponent]
    registered: Snapshot
    in_effect: list[Call]
    schedule: str | None
    restorations: list[Call]
    alarm_prefix: str
    alarm_names: list[str]
    differences: list[str]
    warnings: list[str]


def decide(situation: Situation, execution_arn: str, now: str, services: Services, settings: Settings) -> Decisions:
    """Return the decisions about the deployment.

    Parameters
    ----------
    now : str
        The time; ISO 8601.

    Raises
    ------
    InvalidRequest, EndpointNotUpdatable, EndpointNotOwned
        If what exists does not allow the deployment.
    """
    if situation.failed:
        ownership.require_deletable(services.sagemaker, situation.failed)
    require_possible_host(situation)
    request, config = situation.source.request, situation.config
    tags = [*request.tags, {"Key": EXECUTION_TAG, "Value": execution_value(execution_arn)}]
    prefix = names.alarm_prefix(settings.stack_name, situation.endpoint_name)
    before = situation.content.described(situation.updated["EndpointConfigName"]) if situation.updated else None

    @cache
    def existing_alarms() -> dict[str, Json]:
        return alarms.beginning_with(services.cloudwatch(), prefix)

    of_endpoint = AlarmsOfEndpoint(
        prefix, existing_alarms, lambda arn: alarms.triggering(services.cloudwatch(), arn), tags
    )
    scaling = plan_scaling(situation, before, services.autoscaling, of_endpoint, now)
    components = _components(situation, scaling, tags, services)
    sized = scaling.scaled | managed_variants(config)
    preserved = retention(situation, before, sized)
    counts = preserved.counts(config["ProductionVariants"], situation.live)
    alarm_request = requested_alarms(request.alarms, prefix, situation)
    guardrail_plan = plan_guardrails(situation, counts, alarm_request.watched, services.cloudwatch)
    off_hours = plan_off_hours(situation, scaling.registered, now, services, settings)
    alarm_plan = plan_alarms(alarm_request, existing_alarms, situation, tags)
    found_differences = list(_differences(situation, sized))
    return Decisions(
        steps=_each_undo_once(
            [
                *creation_steps(situation.created_models, tags),
                *config_steps(situation, tags),
                *replacement_steps(situation),
                *alarm_plan.prepare,
                *scaling.prepare,
                *endpoint_steps(situation, preserved, guardrail_plan, tags),
                *components.steps,
                *scaling.scale,
                *off_hours.steps,
                *alarm_plan.clean_up,
                *plan_cleanup(situation, services, settings, changes_components=bool(components.steps)),
            ]
        ),
        deadline_seconds=_deadline_seconds(situation, guardrail_plan, components),
        guardrails=guardrail_plan.guardrails,
        scaling=scaling.resources,
        components=components.components,
        registered=scaling.registered,
        in_effect=[*scaling.in_effect, *off_hours.in_effect],
        schedule=off_hours.sentence,
        restorations=scaling.restorations,
        alarm_prefix=prefix,
        alarm_names=[*alarm_plan.found, *scaling.alarm_names],
        differences=found_differences,
        warnings=[
            *request.warnings,
            *situation.source.warnings,
            *guardrail_plan.warnings,
            *preserved.warnings,
            *components.warnings,
            *_too_short(situation, components),
            *scaling.warnings,
            *off_hours.warnings,
            *found_differences,
            *_warnings(situation),
            *_overwritten(situation, before, services),
        ],
    )


def _components(situation: Situation, scaling: ScalingPlan, tags: list[Json], services: Services) -> ComponentPlan:
    if situation.components is None:
        return ComponentPlan()
    # Imported on demand: most endpoints have none, and a cold start is CPU-bound.
    from plan_deployment.components.plan import plan_components

    return plan_components(situation, situation.components, scaling.scaled_components, tags, services)


def _deadline_seconds(situation: Situation, guardrails: GuardrailPlan, components: ComponentPlan) -> int:
    """Return the requested deadline, or the default one with the time that the inference components need."""
    if situation.source.request.deadline_seconds:
        return guardrails.deadline_seconds
    return min(guardrails.deadline_seconds + components.seconds, LONGEST_SECONDS)


def _too_short(situation: Situation, components: ComponentPlan) -> Iterator[str]:
    given = situation.source.request.deadline_seconds
    if given and given < components.seconds:
        yield (
            f"/deadlineSeconds is {given}, less than the {components.seconds} s that the inference components can "
            "take: a deployment that SageMaker would still finish is rolled back."
        )


def _each_undo_once(steps: list[Step]) -> list[Step]:
    """Return the steps without undo calls that an earlier step has: the calls can be large."""
    before: list[Call] = []
    for step in steps:
        step["undo"] = [call for call in step["undo"] if call not in before]
        before += step["undo"]
    return steps


def _differences(situation: Situation, scaled: set[str]) -> Iterator[str]:
    if situation.live and situation.action in ("none", "shift"):
        yield from differences(situation.content, situation.live, scaled)


def _warnings(situation: Situation) -> Iterator[str]:
    source, name = situation.source, situation.endpoint_name
    yield from created_again(source.trigger, situation.models.values())
    if situation.changed:
        yield from resumed_traffic(situation.content, situation.changed)
    if name != source.request.endpoint_name:
        yield f"The endpoint exists as {name}. Invoke it by that name, because InvokeEndpoint compares case."
    if situation.failed:
        reason = situation.failed.get("FailureReason", "SageMaker gives no reason")
        yield f"Endpoint {situation.failed['EndpointName']} is Failed ({reason}): it is deleted and created again."


def _overwritten(situation: Situation, before: Json | None, services: Services) -> Iterator[str]:
    source = situation.source
    hosted = list(situation.components.requested.values()) if situation.components else []
    named = set().union(models_of(before) if before else (), *map(models_of_component, hosted))
    if not source.models or not named or source.trigger["kind"] == ROLLBACK:
        return
    # Imported on demand, as the other modules about artifacts.
    from plan_deployment.models.overwritten import still_live

    live = (endpoints.describe_model(services.sagemaker, name) for name in sorted(named))
    yield from still_live(source.models, filter(None, live))
