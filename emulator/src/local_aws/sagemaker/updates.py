"""UpdateEndpoint: with the guardrails of a DeploymentConfig, otherwise blue/green all at once."""

from __future__ import annotations

from typing import Any

from local_aws.core import gateway
from local_aws.core.errors import NotModelledError
from local_aws.core.operations import Request
from local_aws.sagemaker import (
    alarms,
    deployment_config,
    durations,
    endpoints,
    guardrail_rules,
    guardrails,
    lifecycle,
    names,
    placement,
    pools,
    scalable_targets,
    variants,
)
from local_aws.sagemaker.configs import EndpointConfig
from local_aws.sagemaker.deployment_config import DeploymentConfig
from local_aws.sagemaker.endpoints import Endpoint, Pending
from local_aws.sagemaker.names import Backend, ValidationError

RETAINABLE = frozenset({"DesiredInstanceCount", "DesiredWeight"})


def update(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer UpdateEndpoint. The request fits the API model.

    Raises
    ------
    ValidationError
        If the endpoint or the config is missing, the endpoint is in progress or failed, or the new config or the
        deployment does not fit the endpoint (see `guardrail_rules`).
    """
    endpoint: Endpoint = names.find(backend, "endpoint", request["EndpointName"])
    config = endpoints.deployable_config(backend, request)
    endpoints.require_changeable(endpoint)
    deployment = _deployment_of(backend, endpoint, request)
    _require_same_kind_of_endpoint(endpoint, config)
    _require_scaled_variants_to_stay(backend, endpoint, config)
    pending = _pending(backend, endpoint, config, request)
    guarded = bool(deployment) and not guardrail_rules.excludes(endpoint, pending)
    if guarded:
        guardrail_rules.require_allowed(backend, endpoint, pending, deployment)
    endpoint.pending = pending
    endpoint.last_deployment_config = deployment or endpoint.last_deployment_config
    endpoints.show_launch(endpoint)
    if guarded:
        guardrails.begin(backend, endpoint, deployment)
    else:
        seconds = durations.SECONDS[config.kind]
        lifecycle.begin(backend, endpoint, "update", seconds, endpoint.apply_pending)
    return {"EndpointArn": endpoint.arn}


def _deployment_of(backend: Backend, endpoint: Endpoint, request: Request) -> DeploymentConfig:
    """The update's DeploymentConfig: the request's, or the last one if the request retains it."""
    deployment: DeploymentConfig = request.get("DeploymentConfig", {})
    if request.get("RetainDeploymentConfig"):
        if deployment:
            raise ValidationError("DeploymentConfig cannot be specified when RetainDeploymentConfig is true.")
        deployment = endpoint.last_deployment_config or {}
        _require_right_to_alarms(backend, deployment)
    deployment_config.validate(deployment)
    return deployment


def _require_right_to_alarms(backend: Backend, deployment: DeploymentConfig) -> None:
    # The gateway has checked the alarms of the request itself (`core/authorization/tables/sagemaker.toml`).
    retained = deployment_config.alarm_names(deployment)
    if retained:
        arns = alarms.arns(backend, retained)
        gateway.authorize(gateway.current().principal, "cloudwatch:DescribeAlarms", arns)


def _pending(backend: Backend, endpoint: Endpoint, config: EndpointConfig, request: Request) -> Pending:
    pending = Pending(config, *variants.of(backend, endpoint.endpoint_name, config))
    for variant in pending.variants:
        live = endpoint.variant(variant.name)
        if live:
            variant.retain(live, _retained(request))
    pending.lack_of_room = placement.lack_of_room(backend, endpoint, pending.variants)
    return pending


def _retained(request: Request) -> set[str]:
    """Variant properties that keep their live values."""
    if not request.get("RetainAllVariantProperties"):
        return set()
    excluded = {item["VariantPropertyType"] for item in request.get("ExcludeRetainedVariantProperties", [])}
    return set(RETAINABLE - excluded)


def _require_same_kind_of_endpoint(endpoint: Endpoint, config: EndpointConfig) -> None:
    if endpoint.config.hosts_components != config.hosts_components:
        raise NotModelledError("an update between models and inference components")
    # developer guide, serverless-endpoints: serverless to real-time works, the opposite does not
    if (endpoint.config.kind, config.kind) == ("instance", "serverless"):
        raise ValidationError(
            f'Cannot update endpoint "{endpoint.arn}" from instances to serverless inference. Create a new endpoint.'
        )


def _require_scaled_variants_to_stay(backend: Backend, endpoint: Endpoint, config: EndpointConfig) -> None:
    # developer guide, endpoint-scaling-update; AWS does not publish the message
    new_types = {variant["VariantName"]: pools.types_of(variant) for variant in config.production_variants}
    moved = [
        variant.name
        for variant in endpoint.variants
        if (variant.name not in new_types or set(new_types[variant.name]) != set(variant.instance_types))
        and scalable_targets.registry.of_variant(
            backend.account_id, backend.region_name, endpoint.endpoint_name, variant.name
        )
    ]
    if moved:
        quoted = ", ".join(f'"{name}"' for name in moved)
        raise ValidationError(
            f"The variant(s) {quoted} must be deregistered as scalable targets with Application Auto Scaling before "
            "they can be removed or have their instance type changed."
        )


OPERATIONS = {"UpdateEndpoint": update}
