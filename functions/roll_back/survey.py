"""Existing resources of the plan, read again in every attempt: the rollback keeps no state of its own."""

from dataclasses import dataclass, field

from roll_back.component_survey import COMPONENT, FoundComponents, survey_components
from roll_back.undo import AUTOSCALING, CLOUDWATCH, SCHEDULER, Existing, key_of, previous_calls, undo_calls
from shared import alarms, endpoints, off_hours, usage
from shared.autoscaling import component_id, resource_id
from shared.aws import Client, Json
from shared.execute import Clients
from shared.plan import DeploymentPlan, step_for, steps_of
from shared.planning import scaling_snapshot
from shared.planning.scaling_snapshot import Snapshot

ENDPOINT, CONFIG, MODEL = "endpoint", "endpoint config", "model"


@dataclass(frozen=True)
class Survey:
    """Existing resources.

    Attributes
    ----------
    endpoint, config, previous_config : Json or None
        SageMaker's descriptions of the endpoint, of the plan's config and of the previous config.
    components : FoundComponents
        Inference components of the plan.
    ours : frozenset of str
        What this execution created, as the tags prove: of `ENDPOINT`, `CONFIG` and the models' names as `model_key`.
    users : dict of str to str
        What else uses the config or a model, and that it does, by the same keys.
    scaling, alarms, schedules : Existing
        Of the endpoint; of the schedules, those that the plan changes.
    policy_arns : dict of str to Json
        The registered policies by their ARNs, as bodies of PutScalingPolicy.
    """

    endpoint: Json | None = None
    config: Json | None = None
    previous_config: Json | None = None
    components: FoundComponents = field(default_factory=FoundComponents)
    ours: frozenset[str] = frozenset()
    users: dict[str, str] = field(default_factory=dict)
    scaling: Existing = field(default_factory=dict)
    alarms: Existing = field(default_factory=dict)
    schedules: Existing = field(default_factory=dict)
    policy_arns: dict[str, Json] = field(default_factory=dict)


def survey(plan: DeploymentPlan, seconds: float, clients: Clients) -> Survey:
    """Read everything that the rollback may change.

    Parameters
    ----------
    seconds : float
        Seconds since the rollback began.
    """
    sagemaker = clients["sagemaker"]
    endpoint = endpoints.describe_endpoint(sagemaker, plan["endpointName"])
    config = endpoints.describe_config(sagemaker, plan["endpointConfigName"])
    previous = plan["previous"]
    models = {name: endpoints.describe_model(sagemaker, name) for name in created_models(plan)}
    arns = {
        ENDPOINT: endpoint["EndpointArn"] if endpoint and plan["action"] == "create" else None,
        CONFIG: config["EndpointConfigArn"] if config and step_for(plan, "CreateEndpointConfig") else None,
        **{model_key(name): model["ModelArn"] if model else None for name, model in models.items()},
    }
    execution_arn = plan["executionArn"]
    components = survey_components(plan, endpoint, seconds, sagemaker)
    snapshot = _scaling(plan, endpoint, components, clients[AUTOSCALING])
    ours = frozenset(
        kind for kind, arn in arns.items() if arn and endpoints.is_created_by(sagemaker, arn, execution_arn)
    )
    return Survey(
        endpoint=endpoint,
        config=config,
        previous_config=endpoints.describe_config(sagemaker, previous["endpointConfigName"]) if previous else None,
        ours=ours,
        components=components,
        users=_users(plan, ours, components, sagemaker),
        scaling=_existing(snapshot),
        alarms=_alarms(plan, clients[CLOUDWATCH]),
        schedules=_schedules(plan, clients),
        policy_arns=snapshot.policy_arns,
    )


def created_models(plan: DeploymentPlan) -> list[str]:
    """Names of the models that the plan creates."""
    return [step["request"]["ModelName"] for step in steps_of(plan, "create") if step["operation"] == "CreateModel"]


def model_key(name: str) -> str:
    """Key of a model in a survey, which is also its name in a sentence."""
    return f"{MODEL} {name}"


def _users(
    plan: DeploymentPlan, ours: frozenset[str], components: FoundComponents, sagemaker: Client
) -> dict[str, str]:
    """Return other users of what this execution created: only resources that changed after its start."""
    users: dict[str, str] = {}
    config_name, since = plan["endpointConfigName"], plan["startedAt"]
    if CONFIG in ours:
        on = usage.endpoints_on(sagemaker, [config_name], since, without=plan["endpointName"])
        users |= {CONFIG: f"endpoint {on[config_name]} may use it"} if on else {}
    models = [name for name in created_models(plan) if model_key(name) in ours]
    of_models = usage.model_users(sagemaker, since) if models else usage.ModelUsers()
    undone = [f"{CONFIG} {config_name}", *(f"{COMPONENT} {name}" for name in components.changed_by(plan))]
    used = {name: of_models.of(name, without=undone) for name in models}
    return users | {model_key(name): str(user) for name, user in used.items() if user}


def _scaling(plan: DeploymentPlan, endpoint: Json | None, components: FoundComponents, autoscaling: Client) -> Snapshot:
    """Scaling registered on variants and components before, now or as planned; empty if it does not matter."""
    resources = {component_id(component["InferenceComponentName"]) for component in components.created}
    of_alarms = [
        call for call in [*undo_calls(plan, CLOUDWATCH), *previous_calls(plan, CLOUDWATCH)] if "policy" in call
    ]
    restorable = [*undo_calls(plan, AUTOSCALING), *previous_calls(plan, AUTOSCALING), *of_alarms]
    # SageMaker deregisters the variants of an endpoint that it deletes.
    if endpoint and plan["action"] != "create" and (restorable or plan["previous"]):
        variants = endpoint.get("ProductionVariants", [])
        resources |= {resource_id(plan["endpointName"], variant["VariantName"]) for variant in variants}
        resources |= {call.get("policy", call["request"])["ResourceId"] for call in restorable}
    return scaling_snapshot.take_of(autoscaling, resources) if resources else Snapshot()


def _existing(found: Snapshot) -> Existing:
    requests = {
        "RegisterScalableTarget": found.targets,
        "PutScalingPolicy": found.policies,
        "PutScheduledAction": found.scheduled_actions,
    }
    return {key_of(put, request): request for put, each in requests.items() for request in each}


def _alarms(plan: DeploymentPlan, cloudwatch: Client) -> Existing:
    """Slipway's alarms of the endpoint; empty if the plan changes none."""
    if not (undo_calls(plan, CLOUDWATCH) or previous_calls(plan, CLOUDWATCH)):
        return {}
    found = alarms.beginning_with(cloudwatch, plan["alarmPrefix"])
    return {key_of("PutMetricAlarm", request): request for request in found.values()}


def _schedules(plan: DeploymentPlan, clients: Clients) -> Existing:
    """The schedules of the plan's steps; the client is created only if there are some."""
    requests = [call["request"] for call in undo_calls(plan, SCHEDULER)]
    found = {off_hours.key(request): off_hours.find(clients[SCHEDULER], request) for request in requests}
    return {key: body for key, body in found.items() if body is not None}
