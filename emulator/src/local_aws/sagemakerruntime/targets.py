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
from local_aws.sagemaker import lifecycle, names, traffic
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.variants import Variant
from local_aws.sagemakerruntime import errors, identifiers

_NOT_MODELLED = ("EnableExplanations", "InferenceComponentName", "PrefixAwareId", "SessionId")


@dataclass(frozen=True)
class Target:
    """A variant, chosen for a call.

    Attributes
    ----------
    config : dict
        Content of the variant's endpoint config, as in CreateEndpointConfig.
    received : float
        When the call was received, by `time.perf_counter`.
    """

    call: Call
    endpoint: Endpoint
    variant: Variant
    config: dict[str, Any]
    received: float = field(default_factory=time.perf_counter)

    @property
    def role_arn(self) -> str | None:
        """The execution role of the variant's model, or else of the endpoint config."""
        found: str | None = self.variant.model.request.get("ExecutionRoleArn") or self.config.get("ExecutionRoleArn")
        return found


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
    backend = sagemaker_backends[call.account_id][call.region]
    with lock:
        endpoint: Endpoint | None = names.stored(backend, "endpoint").get(name.lower())
        if endpoint is None or endpoint.endpoint_name != name or endpoint.endpoint_status not in lifecycle.SERVING:
            raise errors.not_found(name, call.account_id)
        if endpoint.config.hosts_components:
            raise NotModelledError("invocations of endpoints for inference components")
        among = traffic.shares(endpoint)
        if wanted:
            among = [each for each in among if each[0].name == wanted]
            if not among:
                raise errors.invalid(f"Variant {wanted} not found for endpoint {name}.")
        variant = traffic.choose(among)
        target = Target(call, endpoint, variant, endpoint.config_of(variant).content)
    for problem in _problems(target):
        raise problem
    return target


def _problems(target: Target) -> Iterator[errors.InvocationError]:
    """What does not fit the model of the variant. Wordings: aws/amazon-sagemaker-examples, issues 1026 and 1216."""
    parameters, model = target.call.parameters, target.variant.model
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
