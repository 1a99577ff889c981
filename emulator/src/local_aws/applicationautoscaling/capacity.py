"""Variants behind scalable targets: whether they can be scaled, and their size.

SageMaker developer guide: endpoint-auto-scaling-add-policy, endpoint-auto-scaling-add-console
(burstable instances), serverless-endpoints-autoscale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from moto.sagemaker.models import sagemaker_backends

from local_aws.applicationautoscaling.registry import ScalableTarget, Target, ValidationError
from local_aws.sagemaker import endpoints, names
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.variants import Variant

Backend = Any

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"

_VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_SHAPES = {INSTANCES: _VARIANT, CONCURRENCY: _VARIANT, COPIES: re.compile(r"inference-component/[^/]+")}
_BURSTABLE = re.compile(r"ml\.t\d")


@dataclass(frozen=True)
class Scaled:
    """The variant of a scalable target, with its endpoint."""

    endpoint: Endpoint
    variant: Variant


def require_supported(target: Target) -> None:
    """Check that the resource id has the shape of the dimension."""
    shape = _SHAPES.get(target.scalable_dimension)
    if shape is None or not shape.fullmatch(target.resource_id):
        raise ValidationError("Unsupported service namespace, resource type or scalable dimension")


def find(backend: Backend, target: Target) -> Scaled:
    """The variant of a target.

    Raises
    ------
    ValidationError
        If no live variant has the name. Inference components are never found.
    """
    match = _VARIANT.fullmatch(target.resource_id)
    if match:
        endpoint_name, variant_name = match.groups()
        sagemaker = sagemaker_backends[backend.account_id][backend.region_name]
        endpoint: Endpoint | None = names.stored(sagemaker, "endpoint").get(endpoint_name.lower())
        if endpoint is not None and endpoint.endpoint_name == endpoint_name:
            variant = endpoint.variant(variant_name)
            if variant is not None:
                return Scaled(endpoint, variant)
    raise ValidationError(f"SageMaker resource does not exist: {target.resource_id}")


def require_scalable(scaled: Scaled, target: Target) -> None:
    """Check that the kind of variant can be scaled in the target's dimension."""
    variant = scaled.variant
    if target.scalable_dimension == INSTANCES:
        if variant.instance_type is None:
            raise ValidationError(f'The serverless variant "{variant.name}" has no instances; scale {CONCURRENCY}.')
        if _BURSTABLE.match(variant.instance_type):
            raise ValidationError(
                f"You cannot register a variant with {variant.instance_type} instance type as a scalable target. "
                "This is because the burstable performance of these instances can lead to unpredictable behavior "
                "with Auto Scaling."
            )
    elif "ProvisionedConcurrency" not in variant.serverless.get("Desired", {}):
        raise ValidationError(f'The variant "{variant.name}" has no provisioned concurrency to scale.')


def minimum_capacity(scaled: Scaled, target: Target) -> int:
    """The minimum_capacity valid MinCapacity: zero instances only for asynchronous endpoints."""
    asynchronous = "AsyncInferenceConfig" in scaled.endpoint.config.content
    return 0 if asynchronous and target.scalable_dimension == INSTANCES else 1


def scale_into_bounds(backend: Backend, registered: ScalableTarget) -> None:
    """Scale the variant into the target's bounds if its endpoint is in service and not changing.

    API reference, RegisterScalableTarget: the capacity of an inactive resource does not change.
    """
    scaled = find(backend, registered.target)
    if scaled.endpoint.endpoint_status != "InService":
        return
    current = _current(scaled.variant, registered.target)
    wanted = min(max(current, registered.min_capacity), registered.max_capacity)
    if wanted != current:
        sagemaker = sagemaker_backends[backend.account_id][backend.region_name]
        change = _change(registered.target, wanted)
        endpoints.scale(sagemaker, scaled.endpoint, {scaled.variant.name: change})


def _current(variant: Variant, target: Target) -> int:
    if target.scalable_dimension == INSTANCES:
        return int(variant.instance_count["Desired"])
    return int(variant.serverless["Desired"]["ProvisionedConcurrency"])


def _change(target: Target, capacity: int) -> dict[str, Any]:
    if target.scalable_dimension == INSTANCES:
        return {"DesiredInstanceCount": capacity}
    return {"ServerlessUpdateConfig": {"ProvisionedConcurrency": capacity}}
