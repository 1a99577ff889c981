"""SageMaker hosting: models, the model registry, endpoint configs, and endpoints that live over time.

moto's endpoints are in service at once and overwrite each other; it has no UpdateEndpoint, checks
little, and says nothing on the event bus. Its storage and its CloudFormation classes are kept,
its operations replaced.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from emulator import constraints, operations
from emulator.sagemaker import capacities, configs, endpoints, models, packages, runtime, tags

SERVICE = "sagemaker"
BACKEND_PROPERTY = "sagemaker_backend"


def install() -> None:
    for module in (models, packages, configs, endpoints, capacities):
        operations.replace(SageMakerResponse, SERVICE, BACKEND_PROPERTY, module.OPERATIONS)
    for operation, function in tags.OPERATIONS.items():
        _replace_where_tagged_here(operation, operations.method(SERVICE, operation, BACKEND_PROPERTY, function))
    _serve_cloudformation()
    runtime.install()


def _replace_where_tagged_here(operation: str, own: operations.Method) -> None:
    name = camelcase_to_underscores(operation)
    motos = getattr(SageMakerResponse, name)

    def answer(response: Any) -> Any:
        arn = json.loads(response.body or "{}").get("ResourceArn")
        return own(response) if not isinstance(arn, str) or tags.is_tagged_here(arn) else motos(response)

    setattr(SageMakerResponse, name, answer)


def _serve_cloudformation() -> None:
    """Let moto's CloudFormation classes, which call the backend, make and delete what the operations do."""
    creations = {
        "create_model": ("CreateModel", models.create),
        "create_endpoint_config": ("CreateEndpointConfig", configs.create),
        "create_endpoint": ("CreateEndpoint", endpoints.create),
    }
    for method, (operation, function) in creations.items():
        setattr(SageMakerModelBackend, method, _from_keywords(operation, function))
    SageMakerModelBackend.delete_model = lambda backend, model_name: models.delete(backend, {"ModelName": model_name})
    SageMakerModelBackend.delete_endpoint_config = lambda backend, endpoint_config_name: configs.delete(
        backend, {"EndpointConfigName": endpoint_config_name}
    )
    SageMakerModelBackend.delete_endpoint = lambda backend, endpoint_name: endpoints.delete(
        backend, {"EndpointName": endpoint_name}
    )


def _from_keywords(operation: str, create: Callable[[Any, operations.Request], Any]) -> Callable[..., Any]:
    """`create`, called as moto's backends are: ``create_model(model_name=…, vpc_config={}, …)``."""

    def method(backend: Any, **keywords: Any) -> Any:
        request = {_camel_case(name): value for name, value in keywords.items() if value}
        constraints.check(SERVICE, operation, request)
        with operations.lock:
            return create(backend, request)

    return method


def _camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
