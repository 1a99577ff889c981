"""Operations that replace moto's: parsed from JSON, checked against the API model, run one at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.utils import parse_to_aware_datetime
from moto.core.responses import TYPE_RESPONSE, ActionContext, ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores

from local_aws.core import constraints

Request = dict[str, Any]
Operation = Callable[[Any, Request], dict[str, Any] | None]
Method = Callable[[Any], Any]

# Held while an operation or a transition reads and changes state: SageMaker and Application Auto Scaling change
# each other's state.
lock = threading.RLock()


class Answer(ActionResult):
    """A response with the names of the API's model; moto's own class tries several other names for each member."""

    def execute_result(self, context: ActionContext) -> TYPE_RESPONSE:
        serialized: Any = context.serializer_class(operation_model=context.operation_model).serialize(self.result)
        return serialized["status_code"], serialized["headers"], serialized["body"]


def method(service: str, operation: str, backend_property: str, function: Operation) -> Method:
    """A method of a moto response class that answers `operation` with ``function(backend, request)``.

    Parameters
    ----------
    service, operation : str
        Names of boto3 and the API reference: ``"sagemaker"``, ``"CreateEndpoint"``.
    backend_property : str
        Property of the response class with the backend of the caller's account and Region.
    function : Operation
        Gets the backend and the request, returns the response, or None if the API has none.
    """

    def answer(response: Any) -> Any:
        request = without_nulls(json.loads(response.body or "{}"))
        constraints.check(service, operation, request)
        with lock:
            result = function(getattr(response, backend_property), request)
        return EmptyResult() if result is None else Answer(result)

    return answer


def replace(response_class: Any, service: str, backend_property: str, functions: Mapping[str, Operation]) -> None:
    """Replace methods of moto's `response_class` by `functions`, by operation name."""
    for operation, function in functions.items():
        setattr(
            response_class,
            camelcase_to_underscores(operation),
            method(service, operation, backend_property, function),
        )


def moment(value: float | str) -> datetime:
    """A timestamp of a request: seconds since the epoch or an ISO 8601 string."""
    parsed: datetime = parse_to_aware_datetime(str(value))
    return parsed


def without_nulls(value: Any) -> Any:
    """The JSON `value` without null members, which AWS treats as absent."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
