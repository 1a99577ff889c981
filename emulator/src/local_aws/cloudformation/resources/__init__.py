"""The resource types that can be deployed, in one module per group of services."""

from __future__ import annotations

from local_aws.cloudformation.resources import (
    awslambda,
    events,
    iam,
    messaging,
    observability,
    sagemaker,
    security,
    stepfunctions,
    storage,
)
from local_aws.cloudformation.resources.base import ResourceType, Types

_TYPES: dict[str, ResourceType] = {}


def register(types: Types) -> None:
    """Add resource types."""
    _TYPES.update(types)


def names() -> frozenset[str]:
    """Names of all resource types."""
    return frozenset(_TYPES)


def find(type_name: str) -> ResourceType | None:
    """The resource type of this name (``AWS::SNS::Topic``), or None."""
    return _TYPES.get(type_name)


for _module in (awslambda, events, iam, messaging, observability, sagemaker, security, stepfunctions, storage):
    register(_module.TYPES)
