"""ARNs, stored resources, and errors that name a resource by its ARN.

SageMaker has no not-found error for hosting: missing and existing resources are ValidationExceptions with a
fixed first part (AWS's SDKs and controllers match it).
"""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from local_aws.core import partition

Backend = Any  # moto's SageMakerModelBackend of one account and Region; moto is not typed

# Resource type in the ARN → its name in error messages
NOUNS = {
    "endpoint": "endpoint",
    "endpoint-config": "endpoint configuration",
    "hyper-parameter-tuning-job": "tuning job",
    "inference-component": "inference component",
    "model": "model",
    "training-job": "training job",
}


class ValidationError(ServiceException):
    """SageMaker's error for every refused request."""

    code = "ValidationException"


def arn(backend: Backend, resource_type: str, name: str) -> str:
    """The ARN, with the name in lower case (SageMaker developer guide, automating-sagemaker-with-eventbridge)."""
    return f"arn:{partition.NAME}:sagemaker:{backend.region_name}:{backend.account_id}:{resource_type}/{name.lower()}"


def stored(backend: Backend, resource_type: str) -> dict[str, Any]:
    """The storage of that type, moto's, by lower-case name: names are unique regardless of case (CreateEndpoint)."""
    storage: dict[str, Any] = {
        "endpoint": backend.endpoints,
        "endpoint-config": backend.endpoint_configs,
        "hyper-parameter-tuning-job": backend.hyper_parameter_tuning_jobs,
        "inference-component": backend.__dict__.setdefault("inference_components", {}),  # moto has none
        "model": backend._models,
        "training-job": backend.training_jobs,
    }[resource_type]
    return storage


def find(backend: Backend, resource_type: str, name: str) -> Any:
    """The resource of that name.

    Raises
    ------
    ValidationError
        ``Could not find endpoint "arn:…".`` if it is missing.
    """
    found = stored(backend, resource_type).get(name.lower())
    if found is None:
        raise missing(backend, resource_type, name)
    return found


def missing(backend: Backend, resource_type: str, name: str) -> ValidationError:
    """The error for a resource that does not exist."""
    return ValidationError(f'Could not find {NOUNS[resource_type]} "{arn(backend, resource_type, name)}".')


def add(backend: Backend, resource_type: str, name: str, resource: Any) -> None:
    """Store a new resource.

    Raises
    ------
    ValidationError
        ``Cannot create already existing endpoint "arn:…".`` if the name is taken.
    """
    require_free(backend, resource_type, name)
    stored(backend, resource_type)[name.lower()] = resource


def require_free(backend: Backend, resource_type: str, name: str) -> None:
    """Check that the name is free; see `add` for the error."""
    if name.lower() in stored(backend, resource_type):
        existing = arn(backend, resource_type, name)
        raise ValidationError(f'Cannot create already existing {NOUNS[resource_type]} "{existing}".')


def remove(backend: Backend, resource_type: str, name: str) -> Any:
    """Remove the resource of that name; see `find` for the error."""
    found = find(backend, resource_type, name)
    del stored(backend, resource_type)[name.lower()]
    return found
