"""Parameters and answers of AWS calls in Step Functions' form: PascalCase for every service.

Step Functions developer guide, "Learning to use AWS service SDK integrations".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel
from moto.core.utils import get_service_model

from local_aws.stepfunctions.history import text

# Names in resource ARNs that are neither boto3's nor boto3's without its hyphens.
_BOTO_NAMES = {
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "sfn": "stepfunctions",
}
_UPPERMOST_INTEGER = 2**53

Shape = Any  # botocore is not typed
Problem = tuple[str, str]  # message and path: ``Entries[0]/Detail``


@cache
def service(name: str) -> ServiceModel | None:
    """The service of an ``aws-sdk`` resource ARN (``sagemaker``, ``sfn``), or None."""
    boto_name = _BOTO_NAMES.get(name) or _without_hyphens().get(name)
    try:
        model = get_service_model(boto_name) if boto_name else None
    except UnknownServiceError:
        return None
    # Step Functions only has the Java SDK's package names: `sfn`, not `stepfunctions`.
    return model if model is not None and (name in _BOTO_NAMES or _package(model) == name) else None


@cache
def operation(service_name: str, action: str) -> OperationModel | None:
    """The operation of a camelCase action (``createModel``), or None."""
    model = service(service_name)
    if model is None:
        return None
    names = {f"{name[:1].lower()}{name[1:]}": name for name in model.operation_names}
    return model.operation_model(names[action]) if action in names else None


def problems(
    value: Any, shape: Shape, *, as_text: frozenset[str] | None, skip: Callable[[str, Any], bool], place: str = ""
) -> Iterator[Problem]:
    """Problems of parameters that the operation does not accept; null counts as absent.

    Parameters
    ----------
    as_text : frozenset of str or None
        Fields (``Entries.Detail``) whose value can be any JSON, which is sent as text; None if that holds for
        every text.
    skip : callable
        Gets a key and its value, and returns whether the value is unknown before run time.
    """
    if shape is None or _is_free(shape):
        return
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        yield from _structure_problems(value, shape, as_text, skip, place)
    elif kind == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            if not skip("", item):
                yield from problems(item, shape.member, as_text=as_text, skip=skip, place=f"{place}[{index}]")
    elif kind == "map" and isinstance(value, dict):
        for key, item in value.items():
            if not skip(key, item):
                yield from problems(item, shape.value, as_text=as_text, skip=skip, place=f"{place}/{key}")
    elif not _is_taken(value, kind, is_any_text=as_text is None):
        yield f"The value for the field '{_last(place)}' must be {_WANTED[kind]}", place


def request(value: Any, shape: Shape, *, json_blobs: bool) -> Any:
    """PascalCase `value` without problems in the form of the operation's input, without its nulls.

    Other JSON for a text is converted to text. For bytes, so is any JSON if `json_blobs`: a text keeps its quotes.
    """
    if shape is None or _is_free(shape):
        return value
    kind = shape.type_name
    if kind == "structure":
        members = _members(shape)
        given = {key: item for key, item in value.items() if item is not None}
        return {members[key][0]: request(item, members[key][1], json_blobs=json_blobs) for key, item in given.items()}
    if kind == "list":
        return [request(item, shape.member, json_blobs=json_blobs) for item in value]
    if kind == "map":
        return {key: request(item, shape.value, json_blobs=json_blobs) for key, item in value.items()}
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("string", "blob") and (not isinstance(value, str) or (json_blobs and kind == "blob")):
        return text(value)
    return value


def response(value: Any, shape: Shape) -> Any:
    """An operation's answer as a task's result: PascalCase members, times as text, streams read."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "read"):
        return value.read().decode()
    kind = None if shape is None else shape.type_name
    if isinstance(value, dict):
        if kind == "map":
            return {key: response(item, shape.value) for key, item in value.items()}
        members = shape.members if kind == "structure" else {}
        return {
            _pascal(key) if key in members else key: response(item, members.get(key)) for key, item in value.items()
        }
    if isinstance(value, list):
        return [response(item, shape.member if kind == "list" else None) for item in value]
    return value


def _structure_problems(
    value: dict[str, Any], shape: Shape, as_text: frozenset[str] | None, skip: Callable[[str, Any], bool], place: str
) -> Iterator[Problem]:
    members = _members(shape)
    prefix = f"{place}/" if place else ""
    for key, item in value.items():
        name = key.removesuffix(".$")
        if name not in members:
            yield f'The field "{name}" is not supported by Step Functions', f"{prefix}{key}"
        elif item is not None and not skip(key, item) and _dotted(f"{prefix}{name}") not in (as_text or ()):
            yield from problems(item, members[name][1], as_text=as_text, skip=skip, place=f"{prefix}{key}")
    given = {key.removesuffix(".$") for key in value}
    for required in shape.required_members:
        if _pascal(required) not in given and not shape.members[required].metadata.get("idempotencyToken"):
            yield f"The field '{_pascal(required)}' is required but was missing", place


@cache
def _without_hyphens() -> dict[str, str]:
    return {name.replace("-", ""): name for name in botocore.session.get_session().get_available_services()}


def _package(model: ServiceModel) -> str:
    """The Java SDK's package of a service."""
    package: str = model.service_id.replace(" ", "").replace("-", "").lower()
    return package


def _members(shape: Shape) -> dict[str, tuple[str, Shape]]:
    """The members by PascalCase name, with their own name and their shape."""
    return {_pascal(name): (name, member) for name, member in shape.members.items()}


def _is_free(shape: Shape) -> bool:
    """Whether it accepts any JSON."""
    return bool(shape.type_name == "structure" and shape.is_document_type)


def _is_taken(value: Any, kind: str, *, is_any_text: bool) -> bool:
    is_text_to_be = is_any_text and kind == "string" and isinstance(value, dict | list)
    return is_text_to_be or _TAKES.get(kind, _anything)(value)


def _anything(_: Any) -> bool:
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer()) and abs(value) <= _UPPERMOST_INTEGER


_TAKES: dict[str, Callable[[Any], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "double": _is_number,
    "float": _is_number,
    "integer": _is_integer,
    "list": lambda value: isinstance(value, list),
    "long": _is_integer,
    "map": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
    "structure": lambda value: isinstance(value, dict),
    "timestamp": lambda value: isinstance(value, str) or _is_number(value),
}
_WANTED = {
    "boolean": "a BOOLEAN",
    "double": "a NUMBER",
    "float": "a NUMBER",
    "integer": "an INTEGER",
    "list": "an ARRAY",
    "long": "an INTEGER",
    "map": "an OBJECT",
    "string": "a STRING",
    "structure": "an OBJECT",
    "timestamp": "a TIMESTAMP",
}


def _last(place: str) -> str:
    return place.rsplit("/", 1)[-1].removesuffix(".$")


def _dotted(place: str) -> str:
    """``Entries[0]/Detail`` as ``Entries.Detail``."""
    return ".".join(step.split("[")[0] for step in place.split("/"))


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]
