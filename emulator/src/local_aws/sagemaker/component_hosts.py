"""Containers of inference components: one host for all copies of a component, while it has copies.

SageMaker developer guide, realtime-endpoints-deploy-models; API reference, InferenceComponentContainerSpecification.
An adapter has none: it is loaded by the container of its base, and no container here loads adapters.
"""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker import components, names
from local_aws.sagemaker.components import Component, Specification
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.models import Model
from local_aws.sagemaker.names import Backend
from local_aws.sagemaker.serving import Host, definitions
from local_aws.sagemaker.serving.definitions import HostedVariant

_HEALTH_CHECK = "ContainerStartupHealthCheckTimeoutInSeconds"
_DEFAULT_HEALTH_CHECK_SECONDS = 240.0
_OF_CONTAINER = {"Image": "Image", "ArtifactUrl": "ModelDataUrl", "Environment": "Environment"}


def new(backend: Backend, component: Component, content: dict[str, Any]) -> Host:
    """A host for the component with the specification in `content`, not started yet."""
    endpoint: Endpoint = names.find(backend, "endpoint", component.endpoint_name)
    variant = endpoint.variant(component.variant_name)
    specification = components.specification_for(content, variant.instance_type if variant else None)
    model = _model(backend, specification)
    own_role = model.request.get("ExecutionRoleArn") if model else None
    timeouts = specification.get("StartupParameters", {})
    hosted = HostedVariant(
        region=backend.region_name,
        endpoint_name=component.endpoint_name,
        variant_name=component.variant_name,
        component_name=component.name,
        role_arn=own_role or endpoint.config.content["ExecutionRoleArn"],
        is_isolated=bool(model and model.request.get("EnableNetworkIsolation", False)),
        health_check_seconds=float(timeouts.get(_HEALTH_CHECK, _DEFAULT_HEALTH_CHECK_SECONDS)),
    )
    return Host(hosted, definitions.of(_containers(backend, specification, model)))


def _model(backend: Backend, specification: Specification) -> Model | None:
    found: Model | None = (
        names.find(backend, "model", specification["ModelName"]) if "ModelName" in specification else None
    )
    return found


def _containers(backend: Backend, specification: Specification, model: Model | None) -> list[dict[str, Any]]:
    """The containers of the model, the first with the members of the specification's Container.

    AWS documents that both can be given, not which has precedence.
    """
    given = specification.get("Container", {})
    own = {member: given[name] for name, member in _OF_CONTAINER.items() if name in given}
    first, *others = model.unpacked(backend) if model else [{}]
    variables = {**first.get("Environment", {}), **own.get("Environment", {})}
    return [{**first, **own, "Environment": variables}, *others]
