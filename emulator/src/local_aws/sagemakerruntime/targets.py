"""The variant that answers an invocation, and whether the invocation fits it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.sagemaker.models import sagemaker_backends

from local_aws.core import constraints
from local_aws.core.errors import NotModelledError
from local_aws.core.operations import lock
from local_aws.core.wire import Call
from local_aws.sagemaker import components, lifecycle, names, traffic
from local_aws.sagemaker.components import Component
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.models import Model
from local_aws.sagemaker.serving import Host
from local_aws.sagemaker.variants import Variant
from local_aws.sagemakerruntime import errors, identifiers

_NOT_MODELLED = ("EnableExplanations", "PrefixAwareId", "SessionId")
_NOT_MODELLED_OF_COMPONENTS = ("TargetContainerHostname", "TargetModel", "TargetVariant")
_ANSWERING = ("InService", "Updating")


@dataclass(frozen=True)
class Target:
    """A variant, chosen for a call.

    Attributes
    ----------
    config : dict
        Content of the variant's endpoint config, as in CreateEndpointConfig.
    instance_type : str or None
        The type of the instance that answers; None for a serverless variant.
    component : Component or None
        The inference component that answers, if the endpoint hosts components.
    received : float
        When the call was received, by `time.perf_counter`.
    """

    call: Call
    endpoint: Endpoint
    variant: Variant
    config: dict[str, Any]
    instance_type: str | None
    component: Component | None = None
    received: float = field(default_factory=time.perf_counter)

    @property
    def role_arn(self) -> str | None:
        """The execution role of the variant's model, or else of the endpoint config."""
        own = None if self.component else self.model.request.get("ExecutionRoleArn")
        found: str | None = own or self.config.get("ExecutionRoleArn")
        return found

    @property
    def host(self) -> Host:
        """What answers: the component, or else the variant."""
        return self.component.host if self.component else self.variant.host(self.instance_type)

    @property
    def model(self) -> Model:
        """The model on the instance that answers. The variant of an inference component has none."""
        return self.variant.model(self.instance_type)


def check(call: Call) -> None:
    """Check the call's parameters by themselves.

    Raises
    ------
    InvocationError
        If one violates the API model.
    NotModelledError
        If it has no effect here.
    """
    try:
        constraints.check(call.service, call.operation, {"Body": b"", **call.parameters})  # an empty body is one
    except constraints.ConstraintError as violated:
        raise errors.invalid(violated.message) from violated
    for name in _NOT_MODELLED:
        if name in call.parameters:
            raise NotModelledError(f"{call.operation} with {name}")


def find(call: Call) -> Target:
    """The target of the call: a variant that has traffic now, chosen by weight or by the caller.

    Raises
    ------
    InvocationError
        If no live endpoint has exactly this name, or the call does not fit the endpoint.
    """
    name, wanted = call.parameters["EndpointName"], call.parameters.get("TargetVariant")
    with lock:
        endpoint: Endpoint | None = names.stored(_backend(call), "endpoint").get(name.lower())
        if endpoint is None or endpoint.endpoint_name != name or endpoint.endpoint_status not in lifecycle.SERVING:
            raise errors.not_found(name, call.account_id)
        if endpoint.config.hosts_components:
            return _on_component(call, endpoint)
        if "InferenceComponentName" in call.parameters:
            raise errors.invalid(errors.COMPONENT_NOT_ALLOWED)
        among = traffic.shares(endpoint)
        if wanted:
            among = [each for each in among if each[0].name == wanted]
            if not among:
                raise errors.invalid(f"Variant {wanted} not found for endpoint {name}.")
        variant = traffic.choose(among)
        target = Target(call, endpoint, variant, endpoint.config_of(variant).content, variant.any_type())
    for problem in _problems(target):
        raise problem
    return target


def _on_component(call: Call, endpoint: Endpoint) -> Target:
    """The target on an endpoint for inference components. An adapter is on the copies of its base."""
    name = call.parameters.get("InferenceComponentName")
    if name is None:
        raise errors.invalid(errors.COMPONENT_REQUIRED)
    for member in _NOT_MODELLED_OF_COMPONENTS:
        if member in call.parameters:
            raise NotModelledError(f"{call.operation} with InferenceComponentName and {member}")
    found = {each.name: each for each in components.of_endpoint(_backend(call), endpoint.endpoint_name)}
    component = found.get(name)
    variant = endpoint.variant(component.variant_name) if component else None
    if component is None or variant is None or component.endpoint_arn != endpoint.arn:
        raise errors.invalid(f"Inference component {name} not found for endpoint {endpoint.endpoint_name}.")
    base = found.get(component.base_name) if component.base_name else component
    if base is None or not base.copies["Current"] or component.status not in _ANSWERING:
        raise errors.NoCapacityError(component.name)
    return Target(call, endpoint, variant, endpoint.config.content, variant.instance_type, component)


def _backend(call: Call) -> Any:
    return sagemaker_backends[call.account_id][call.region]


def _problems(target: Target) -> Iterator[errors.InvocationError]:
    """What does not fit the model of the variant. Wordings: aws/amazon-sagemaker-examples, issues 1026 and 1216."""
    parameters, model = target.call.parameters, target.model
    name, hostname = target.endpoint.endpoint_name, parameters.get("TargetContainerHostname")
    many = any(container.get("Mode") == "MultiModel" for container in model.containers)
    if "TargetModel" in parameters and not many:
        yield errors.invalid(
            f"Endpoint {name} is not a multi-model endpoint and does not support target model header.",
            ErrorCode="TARGET_MODEL_HEADER_NOT_SUPPORTED",
        )
    if many and "TargetModel" not in parameters:
        yield errors.invalid(f"Request {identifiers.new()} is missing a target model header.")
    is_direct = model.request.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
    if hostname and not is_direct:
        yield errors.invalid(f"Endpoint {name} does not support target container hostname header.")
    if is_direct and not hostname:
        yield errors.invalid(f"Request {identifiers.new()} is missing a target container hostname header.")
    if hostname and hostname not in [container.get("ContainerHostname") for container in model.containers]:
        yield errors.invalid(f"Container {hostname} not found for endpoint {name}.")
