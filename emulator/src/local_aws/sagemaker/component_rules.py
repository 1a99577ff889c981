"""Rules of inference components beyond the constraints of the API model.

SageMaker API reference: InferenceComponentSpecification, InferenceComponentRollingUpdatePolicy. Messages with a source
are quoted; the others are this package's own (see the coverage page).
"""

from __future__ import annotations

import math
from typing import Any

from local_aws.core.errors import NotModelledError
from local_aws.core.operations import Request
from local_aws.sagemaker import alarms, components, names
from local_aws.sagemaker.components import Component, Specification
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.names import Backend, ValidationError

BUSY = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_RC_IN_PROGRESS", "DELETE_IN_PROGRESS"})
_PERCENT = (5, 50)  # API reference, InferenceComponentRollingUpdatePolicy: of the copies


def endpoint_for(backend: Backend, request: Request) -> Endpoint:
    """The endpoint of a new component.

    Raises
    ------
    ValidationError
        If it is missing, hosts models itself, or is not in service.
    """
    endpoint: Endpoint = names.find(backend, "endpoint", request["EndpointName"])
    if not endpoint.config.hosts_components:  # terraform-provider-aws, issue 40644
        raise ValidationError(
            "Inference Components are not supported in this Endpoint. Please make sure this endpoint can deploy "
            "inference components."
        )
    if endpoint.endpoint_status != "InService":
        raise ValidationError(
            f'Cannot create inference component on endpoint "{endpoint.arn}" in status {endpoint.endpoint_status}.'
        )
    return endpoint


def variant_for(backend: Backend, request: Request, endpoint: Endpoint) -> str:
    """The variant of a new component; that of its base for an adapter."""
    base_name = request.get("Specification", {}).get("BaseInferenceComponentName")
    named: str | None = request.get("VariantName")
    if named is None and base_name:
        named = components.find(backend, base_name).variant_name
    if named is None:
        raise ValidationError("VariantName is required, unless the inference component is an adapter.")
    if endpoint.variant(named) is None:
        raise ValidationError(f"Variant {named} not found for endpoint {endpoint.endpoint_name}.")
    return named


def validate_copies(request: Request) -> None:
    """Check the RuntimeConfig of a new component."""
    is_adapter = "BaseInferenceComponentName" in request.get("Specification", {})
    if is_adapter and "RuntimeConfig" in request:
        raise ValidationError("RuntimeConfig cannot be specified for an inference component with a base.")
    if not is_adapter and request.get("RuntimeConfig", {}).get("CopyCount", 0) < 1:
        # stdapi-ai/stdapi.ai, issue 43, verbatim; the API model allows 0
        raise ValidationError("Inference components copy count an integer larger than 0")


def validate_content(backend: Backend, request: Request, endpoint: Endpoint) -> None:
    """Check Specification or Specifications.

    Raises
    ------
    ValidationError
        If both or none is given, members contradict each other, or the model or the base is missing.
    """
    content = components.content_of(request)
    if len(content) != 1:
        raise ValidationError("Specify exactly one of Specification and Specifications.")
    every = components.specifications(content)
    if "Specifications" in content:
        types = [each.get("InstanceType") for each in every]
        if None in types or len(set(types)) < len(types):
            raise ValidationError("Each of the Specifications must have an InstanceType of its own.")
        if any("BaseInferenceComponentName" in each for each in every):
            raise NotModelledError("Specifications of adapters")
    for specification in every:
        if "BaseInferenceComponentName" in specification:
            _validate_adapter(backend, specification, endpoint)
        else:
            _validate_specification(backend, specification)


def _validate_adapter(backend: Backend, specification: Specification, endpoint: Endpoint) -> None:
    base = components.find(backend, specification["BaseInferenceComponentName"])
    if base.endpoint_arn != endpoint.arn or base.base_name:
        raise ValidationError(
            f'Inference component "{base.arn}" cannot be the base of an adapter on endpoint "{endpoint.arn}".'
        )
    if base.status != "InService":
        raise ValidationError(f'The base inference component "{base.arn}" is in status {base.status}, not InService.')
    if "ComputeResourceRequirements" in specification or "ModelName" in specification:
        raise ValidationError("An adapter has neither ComputeResourceRequirements nor ModelName: its base has them.")
    if "ArtifactUrl" not in specification.get("Container", {}):
        raise ValidationError("Container.ArtifactUrl is required for an inference component with a base.")


def _validate_specification(backend: Backend, specification: Specification) -> None:
    # developer guide, realtime-endpoints-heterogeneous: its example has both
    if not {"ModelName", "Container"} & set(specification):
        raise ValidationError("Specify ModelName or Container in the specification.")
    if "ModelName" in specification:
        names.find(backend, "model", specification["ModelName"])
    elif "Image" not in specification["Container"]:
        raise ValidationError("Container.Image is required for an inference component without a base.")
    required = specification.get("ComputeResourceRequirements")
    if required is None:
        raise ValidationError("ComputeResourceRequirements is required for an inference component without a base.")
    if required.get("MaxMemoryRequiredInMb", math.inf) < required["MinMemoryRequiredInMb"]:
        raise ValidationError("MaxMemoryRequiredInMb must not be less than MinMemoryRequiredInMb.")


def require_same_base(component: Component, content: dict[str, Any]) -> None:
    """Check that an update keeps the base of an adapter, and makes no adapter of another component.

    AWS documents the base as a choice of the creation (API reference, InferenceComponentSpecification).

    Raises
    ------
    NotModelledError
        If it does not.
    """
    base: str = components.specifications(content)[0].get("BaseInferenceComponentName", "")
    if base.lower() != (component.base_name or "").lower():
        raise NotModelledError("an update that changes the base of an inference component")


def validate_deployment(backend: Backend, component: Component, deployment: dict[str, Any]) -> None:
    """Check the DeploymentConfig of an update."""
    rolling = deployment["RollingUpdatePolicy"]
    for member in ("MaximumBatchSize", "RollbackMaximumBatchSize"):
        if member in rolling:
            _validate_batch(member, rolling[member], component.copies["Desired"])
    missing = alarms.missing(backend, alarm_names(deployment))
    if missing:
        raise ValidationError(f"Alarm(s) {', '.join(missing)} do not exist.")


def alarm_names(deployment: dict[str, Any]) -> list[str]:
    """Alarms that roll an update back."""
    return [alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])]


def batch(deployment: dict[str, Any], copies: int) -> int:
    """Copies that are replaced at a time: all of them without a DeploymentConfig."""
    if not deployment:
        return max(copies, 1)
    size = deployment["RollingUpdatePolicy"]["MaximumBatchSize"]
    value = int(size["Value"])
    return max(1, value if size["Type"] == "COPY_COUNT" else copies * value // 100)


def _validate_batch(member: str, size: dict[str, Any], copies: int) -> None:
    low, high = _PERCENT
    if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
        raise ValidationError(f"{member} is {size['Value']} percent. Valid values are from {low} to {high} percent.")
    if size["Type"] == "COPY_COUNT" and size["Value"] > max(1, copies * high // 100):
        raise ValidationError(f"{member} is {size['Value']} of {copies} copies. It can be at most {high} percent.")


def require_idle(component: Component, verb: str) -> None:
    """Check that no change of the component is in progress (stdapi-ai/stdapi.ai, issue 43: the form of the message)."""
    if component.phase in BUSY:
        raise ValidationError(
            f'Cannot {verb} inference component "{component.arn}" while it is in state {component.phase}.'
        )


def require_changeable(component: Component) -> None:
    """Check that the component has not failed and no change of it is in progress."""
    require_idle(component, "update")
    if component.status == "Failed":
        raise ValidationError(f'Cannot update inference component "{component.arn}" while it is in state FAILED.')


def require_no_adapters(backend: Backend, component: Component) -> None:
    """Check that the component is the base of no adapter."""
    adapters = [
        each.name
        for each in components.of_endpoint(backend, component.endpoint_name)
        if (each.base_name or "").lower() == component.name.lower()
    ]
    if adapters:
        raise ValidationError(
            f'Cannot delete inference component "{component.arn}": delete its adapters first: {", ".join(adapters)}.'
        )
