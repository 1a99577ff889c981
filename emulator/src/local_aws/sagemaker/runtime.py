"""InvokeEndpoint: only live endpoints answer. The answer is moto's canned one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import ServiceException
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from local_aws.core.operations import lock
from local_aws.sagemaker import lifecycle, names

_TARGET_VARIANT = "X-Amzn-SageMaker-Target-Variant"


class InvocationError(ServiceException):
    """The runtime's error for a refused request."""

    code = "ValidationError"


def install() -> None:
    for operation in ("invoke_endpoint", "invoke_endpoint_async"):
        setattr(SageMakerRuntimeResponse, operation, _guarded(getattr(SageMakerRuntimeResponse, operation)))


def _guarded(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def invoke(response: Any) -> Any:
        name = unquote(response.path.split("/")[2])
        _require_serving(response.current_account, response.region, name, response.headers.get(_TARGET_VARIANT))
        return original(response)

    return invoke


def _require_serving(account_id: str, region: str, name: str, variant_name: str | None) -> None:
    """Check that a live endpoint has this name, including its case."""
    backend = sagemaker_backends[account_id][region]
    with lock:
        endpoint = names.stored(backend, "endpoint").get(name.lower())
        if endpoint is None or endpoint.endpoint_name != name or endpoint.endpoint_status not in lifecycle.SERVING:
            raise InvocationError(f"Endpoint {name} of account {account_id} not found.")
        if variant_name is not None and endpoint.variant(variant_name) is None:
            raise InvocationError(f"Variant {variant_name} not found for endpoint {name}.")
