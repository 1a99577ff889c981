"""SageMaker hosting: models, the model registry, endpoint configs, and endpoints that change over time.

moto's endpoints are in service at once and overwrite each other. It has no UpdateEndpoint, checks little
and emits no events. Its storage is kept, its operations are replaced.
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sagemaker.responses import SageMakerResponse

from local_aws import logs
from local_aws.core import operations
from local_aws.core.errors import NotModelledError
from local_aws.sagemaker import (
    alarms,
    capacities,
    component_changes,
    components,
    configs,
    endpoints,
    models,
    packages,
    tags,
    training,
    tuning,
    updates,
)
from local_aws.sagemaker.serving import output

SERVICE = "sagemaker"
BACKEND_PROPERTY = "sagemaker_backend"


def install() -> None:
    hosting = (models, configs, endpoints, updates, capacities, components, component_changes)
    for module in (*hosting, packages, training, tuning):
        operations.replace(SageMakerResponse, SERVICE, BACKEND_PROPERTY, module.OPERATIONS)
    for operation, function in tags.OPERATIONS.items():
        _replace_for_own_resources(operation, operations.method(SERVICE, operation, BACKEND_PROPERTY, function))
    _refuse_search_of_own_resources()
    alarms.install()
    logs.before_reading(output.send_all)


def _replace_for_own_resources(operation: str, own: operations.Method) -> None:
    name = camelcase_to_underscores(operation)
    original = getattr(SageMakerResponse, name)

    def answer(response: Any) -> Any:
        arn = json.loads(response.body or "{}").get("ResourceArn")
        return own(response) if not isinstance(arn, str) or tags.stores(arn) else original(response)

    setattr(SageMakerResponse, name, answer)


def _refuse_search_of_own_resources() -> None:
    """Refuse a Search of the resources of this package: moto's Search reads moto's own classes."""
    original = SageMakerResponse.search

    def search(response: Any) -> Any:
        resource = json.loads(response.body or "{}").get("Resource")
        if resource in ("Endpoint", "HyperParameterTuningJob", "ModelPackage", "ModelPackageGroup", "TrainingJob"):
            raise NotModelledError(f"Search for resources of type {resource}")
        return original(response)

    SageMakerResponse.search = search
