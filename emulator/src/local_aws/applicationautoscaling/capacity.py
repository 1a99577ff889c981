"""Resources behind scalable targets: whether they can be scaled, their size, and changes of it through SageMaker.

SageMaker developer guide: endpoint-auto-scaling-add-policy, endpoint-auto-scaling-add-console
(burstable instances), serverless-endpoints-autoscale.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from moto.sagemaker.models import sagemaker_backends

from local_aws.applicationautoscaling import service_linked_role
from local_aws.applicationautoscaling.errors import ValidationError
from local_aws.applicationautoscaling.identity import Target
from local_aws.core import clients
from local_aws.sagemaker import names
from local_aws.sagemaker.components import KIND, Component
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.variants import Variant

Backend = Any

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"

WORDS = {
    INSTANCES: "desired instance count",
    CONCURRENCY: "desired provisioned concurrency",
    COPIES: "desired copy count",
}

_VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_COMPONENT = re.compile(r"inference-component/([^/]+)")
_SHAPES = {INSTANCES: _VARIANT, CONCURRENCY: _VARIANT, COPIES: _COMPONENT}
_BURSTABLE = re.compile(r"ml\.t\d")


class Resource(Protocol):
    """A resource that can be scaled, in one dimension."""

    @property
    def is_scalable(self) -> bool:
        """Whether it is in service and not changing."""

    @property
    def capacity(self) -> int:
        """The desired capacity."""

    @property
    def minimum(self) -> int:
        """The lowest valid MinCapacity."""

    def require_scalable_kind(self) -> None:
        """Check that this kind of resource can be scaled in the dimension."""

    def request(self, capacity: int) -> tuple[str, dict[str, Any]]:
        """SageMaker's operation that sets the capacity, and its parameters."""


@dataclass(frozen=True)
class _VariantInstances:
    """The instances of a variant."""

    endpoint: Endpoint
    variant: Variant

    @property
    def is_scalable(self) -> bool:
        return self.endpoint.endpoint_status == "InService"

    @property
    def capacity(self) -> int:
        return int(self.variant.instance_count["Desired"])

    @property
    def minimum(self) -> int:
        return 0 if "AsyncInferenceConfig" in self.endpoint.config.content else 1

    def require_scalable_kind(self) -> None:
        if not self.variant.instance_count:
            raise ValidationError(
                f'The serverless variant "{self.variant.name}" has no instances; scale {CONCURRENCY}.'
            )
        for instance_type in filter(_BURSTABLE.match, self.variant.instance_types):
            raise ValidationError(
                f"You cannot register a variant with {instance_type} instance type as a scalable target. "
                "This is because the burstable performance of these instances can lead to unpredictable behavior "
                "with Auto Scaling."
            )

    def request(self, capacity: int) -> tuple[str, dict[str, Any]]:
        return _weights_and_capacities(self.endpoint, self.variant, {"DesiredInstanceCount": capacity})


@dataclass(frozen=True)
class _VariantConcurrency:
    """The provisioned concurrency of a serverless variant."""

    endpoint: Endpoint
    variant: Variant
    minimum: int = 1

    @property
    def is_scalable(self) -> bool:
        return self.endpoint.endpoint_status == "InService"

    @property
    def capacity(self) -> int:
        return int(self.variant.serverless["Desired"]["ProvisionedConcurrency"])

    def require_scalable_kind(self) -> None:
        if "ProvisionedConcurrency" not in self.variant.serverless.get("Desired", {}):
            raise ValidationError(f'The variant "{self.variant.name}" has no provisioned concurrency to scale.')

    def request(self, capacity: int) -> tuple[str, dict[str, Any]]:
        change = {"ServerlessUpdateConfig": {"ProvisionedConcurrency": capacity}}
        return _weights_and_capacities(self.endpoint, self.variant, change)


@dataclass(frozen=True)
class _ComponentCopies:
    """The copies of an inference component."""

    component: Component
    minimum: int = 0

    @property
    def is_scalable(self) -> bool:
        return self.component.status == "InService"

    @property
    def capacity(self) -> int:
        return int(self.component.copies["Desired"])

    def require_scalable_kind(self) -> None:
        if self.component.base_name:
            raise ValidationError(f'The inference component "{self.component.name}" is an adapter: scale its base.')

    def request(self, capacity: int) -> tuple[str, dict[str, Any]]:
        parameters = {
            "InferenceComponentName": self.component.name,
            "DesiredRuntimeConfig": {"CopyCount": capacity},
        }
        return "UpdateInferenceComponentRuntimeConfig", parameters


def require_supported(target: Target) -> None:
    """Check that the resource id has the shape of the dimension."""
    shape = _SHAPES.get(target.scalable_dimension)
    if shape is None or not shape.fullmatch(target.resource_id):
        raise ValidationError("Unsupported service namespace, resource type or scalable dimension")


def find(backend: Backend, target: Target) -> Resource:
    """The resource of a target.

    Raises
    ------
    ValidationError
        If no live variant or component has the name.
    """
    finder = _finders.get(target.scalable_dimension)
    found = finder(backend, target.resource_id) if finder else None
    if found is None:
        raise ValidationError(f"SageMaker resource does not exist: {target.resource_id}")
    return found


def change(backend: Backend, resource: Resource, capacity: int) -> None:
    """Set the capacity as the service-linked role. It is current when SageMaker has finished.

    Raises
    ------
    botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError
        If SageMaker refuses the change.
    """
    operation, parameters = resource.request(capacity)
    session = service_linked_role.session(backend)
    clients.client("sagemaker", backend.region_name, session).call(operation, parameters)


def _weights_and_capacities(endpoint: Endpoint, variant: Variant, change: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    desired = [{"VariantName": variant.name, **change}]
    parameters = {"EndpointName": endpoint.endpoint_name, "DesiredWeightsAndCapacities": desired}
    return "UpdateEndpointWeightsAndCapacities", parameters


def _instances(backend: Backend, resource_id: str) -> Resource | None:
    live = _live_variant(backend, resource_id)
    return _VariantInstances(*live) if live else None


def _concurrency(backend: Backend, resource_id: str) -> Resource | None:
    live = _live_variant(backend, resource_id)
    return _VariantConcurrency(*live) if live else None


def _copies(backend: Backend, resource_id: str) -> Resource | None:
    (name,) = _named(_COMPONENT, resource_id)
    sagemaker = sagemaker_backends[backend.account_id][backend.region_name]
    component: Component | None = names.stored(sagemaker, KIND).get(name.lower())
    return _ComponentCopies(component) if component and component.name == name else None


def _live_variant(backend: Backend, resource_id: str) -> tuple[Endpoint, Variant] | None:
    endpoint_name, variant_name = _named(_VARIANT, resource_id)
    sagemaker = sagemaker_backends[backend.account_id][backend.region_name]
    endpoint: Endpoint | None = names.stored(sagemaker, "endpoint").get(endpoint_name.lower())
    if endpoint is None or endpoint.endpoint_name != endpoint_name:
        return None
    variant = endpoint.variant(variant_name)
    return (endpoint, variant) if variant else None


def _named(shape: re.Pattern[str], resource_id: str) -> tuple[str, ...]:
    match = shape.fullmatch(resource_id)
    assert match is not None  # `require_supported`
    return match.groups()


_finders: dict[str, Callable[[Backend, str], Resource | None]] = {
    INSTANCES: _instances,
    CONCURRENCY: _concurrency,
    COPIES: _copies,
}
