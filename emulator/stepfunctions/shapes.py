"""Parameters and answers of AWS calls as Step Functions has them: in PascalCase, whatever the service's own case."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel

# Names in resource ARNs that differ from boto3's.
_BOTO_NAMES = {
    "sfn": "stepfunctions",
    "states": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "applicationautoscaling": "application-autoscaling",
    "sagemakerruntime": "sagemaker-runtime",
    "resourcegroupstaggingapi": "resourcegroupstaggingapi",
}
_session = botocore.session.get_session()


class UnknownParameterError(ValueError):
    """A parameter that the operation does not have; the message is its name."""


@cache
def service(name: str) -> ServiceModel | None:
    """The service of an ARN's part (``sagemaker``, ``sfn``); None when there is none."""
    try:
        return _session.get_service_model(_BOTO_NAMES.get(name, name))
    except UnknownServiceError:
        return None


@cache
def operation(service_name: str, action: str) -> OperationModel | None:
    """The operation of a camelCase action (``createModel``); None when there is none."""
    model = service(service_name)
    if model is None:
        return None
    names = {name.lower(): name for name in model.operation_names}
    name = names.get(action.lower())
    return model.operation_model(name) if name and action[:1].islower() else None


def request(value: Any, shape: Any) -> Any:
    """PascalCase `value` as the operation's input has it; what is no text where text is expected becomes JSON.

    Raises
    ------
    UnknownParameterError
        When the shape has no such member.
    """
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {_pascal(name): (name, member) for name, member in shape.members.items()}
        result = {}
        for key, item in value.items():
            if _pascal(key) not in members:
                raise UnknownParameterError(key)
            name, member = members[_pascal(key)]
            result[name] = request(item, member)
        return result
    if shape.type_name == "list" and isinstance(value, list):
        return [request(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: request(item, shape.value) for key, item in value.items()}
    if shape.type_name in ("string", "blob") and not isinstance(value, str):
        return json.dumps(value, separators=(",", ":"))
    return value


def response(value: Any, shape: Any) -> Any:
    """An operation's answer as a task's result: PascalCase members, times as text, streams read."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "read"):
        return value.read().decode()
    if isinstance(value, dict):
        if shape is not None and shape.type_name == "map":
            return {key: response(item, shape.value) for key, item in value.items()}
        members = shape.members if shape is not None and shape.type_name == "structure" else {}
        return {
            _pascal(key) if key in members else key: response(item, members.get(key)) for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            response(item, shape.member if shape is not None and shape.type_name == "list" else None) for item in value
        ]
    return value


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]
