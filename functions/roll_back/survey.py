"""What really exists of what the plan names: looked at anew each time, and nothing is remembered."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from roll_back.alarms import are_touched
from roll_back.doing import Services
from roll_back.scaling import KINDS, body
from shared import alarms, endpoints, usage
from shared.autoscaling import NAMESPACE
from shared.aws import Client, Json

ENDPOINT, CONFIG, MODEL = "endpoint", "endpoint config", "model"


def nothing_registered() -> Json:
    """The scaling of what has none."""
    return {kind.name: [] for kind in KINDS}


@dataclass(frozen=True)
class Survey:
    """What exists.

    Attributes
    ----------
    endpoint, config, previous_config : Json or None
        What SageMaker tells of the endpoint, of the plan's config and of the one that served before.
    ours : frozenset of str
        What this execution made, as the tags prove: of `ENDPOINT`, `CONFIG`, `MODEL`.
    users : dict of str to str
        Who else uses the config or the model.
    registered : Json
        The endpoint's ``targets``, ``policies`` and ``scheduledActions``, as the bodies that would put them.
    alarms : dict of str to Json
        The endpoint's alarms by their name, as the bodies that would put them.
    """

    endpoint: Json | None = None
    config: Json | None = None
    previous_config: Json | None = None
    ours: frozenset[str] = frozenset()
    users: dict[str, str] = field(default_factory=dict)
    registered: Json = field(default_factory=nothing_registered)
    alarms: dict[str, Json] = field(default_factory=dict)


def survey(plan: Json, services: Services) -> Survey:
    """Look at everything that the way back may touch."""
    sagemaker = services.sagemaker
    endpoint = endpoints.describe_endpoint(sagemaker, plan["endpointName"])
    config = endpoints.describe_config(sagemaker, plan["endpointConfig"]["name"])
    previous = plan.get("previous")
    model = endpoints.describe_model(sagemaker, plan["model"]["name"]) if plan["model"] else None
    arns = {
        ENDPOINT: endpoint["EndpointArn"] if endpoint and plan["action"] == "create" else None,
        CONFIG: config["EndpointConfigArn"] if config else None,
        MODEL: model["ModelArn"] if model else None,
    }
    execution_arn = plan["executionArn"]
    ours = frozenset(kind for kind, arn in arns.items() if arn and endpoints.is_made_by(sagemaker, arn, execution_arn))
    return Survey(
        endpoint=endpoint,
        config=config,
        previous_config=endpoints.describe_config(sagemaker, previous["endpointConfigName"]) if previous else None,
        ours=ours,
        users=_users(plan, ours, sagemaker),
        registered=_registered(plan, endpoint, services.autoscaling),
        alarms=_alarms(plan, services.cloudwatch),
    )


def _users(plan: Json, ours: frozenset[str], sagemaker: Client) -> dict[str, str]:
    """Who else uses what this execution made: only what has changed since it began can."""
    users: dict[str, str] = {}
    config_name, since = plan["endpointConfig"]["name"], plan["startedAt"]
    if CONFIG in ours:
        on = usage.endpoints_on(sagemaker, [config_name], since, without=plan["endpointName"])
        users |= {CONFIG: f"endpoint {on[config_name]}"} if on else {}
    if MODEL in ours:
        config = usage.model_users(sagemaker, since).of(plan["model"]["name"], without=[config_name])
        users |= {MODEL: f"endpoint config {config}"} if config else {}
    return users


def _registered(plan: Json, endpoint: Json | None, autoscaling: Client) -> Json:
    """What is registered on the variants that the endpoint has, had or was to have; nothing where that is no matter."""
    scaling = plan.get("scaling") or {}
    if endpoint is None or scaling.get("snapshot") is None or plan["action"] == "create":
        return nothing_registered()
    variants = endpoint.get("ProductionVariants", [])
    resource_ids = {f"endpoint/{plan['endpointName']}/variant/{variant['VariantName']}" for variant in variants}
    resource_ids |= {each["ResourceId"] for told in (scaling, scaling["snapshot"]) for each in told["targets"]}
    if not resource_ids:
        return nothing_registered()
    pages = autoscaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace=NAMESPACE, ResourceIds=sorted(resource_ids)
    )
    targets = _all(pages, "ScalableTargets")
    found = {
        "targets": targets,
        "policies": _on_each(targets, autoscaling.get_paginator("describe_scaling_policies"), "ScalingPolicies"),
        "scheduledActions": _on_each(
            targets, autoscaling.get_paginator("describe_scheduled_actions"), "ScheduledActions"
        ),
    }
    return {kind.name: [body(kind, thing) for thing in found[kind.name]] for kind in KINDS}


def _alarms(plan: Json, cloudwatch: Client) -> dict[str, Json]:
    """Those of Slipway's own; nothing where that is no matter."""
    return alarms.beginning_with(cloudwatch, plan["alarms"]["prefix"]) if are_touched(plan) else {}


def _on_each(targets: list[Json], paginator: Any, member: str) -> list[Json]:
    return [
        thing
        for target in targets
        for thing in _all(
            paginator.paginate(
                ServiceNamespace=NAMESPACE,
                ResourceId=target["ResourceId"],
                ScalableDimension=target["ScalableDimension"],
            ),
            member,
        )
    ]


def _all(pages: Iterable[Json], member: str) -> list[Json]:
    return [thing for page in pages for thing in page[member]]
