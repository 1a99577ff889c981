"""Checks of a request against the constraints of botocore's service model, with AWS's messages.

moto checks next to nothing. AWS first checks every length, range, pattern and enum, and reports all violations
at once: ``1 validation error detected: Value 'x' at 'endpointName' failed to satisfy constraint: …`` (any
SageMaker API reference page, "Errors").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.utils import get_service_model

Shape = Any  # botocore is not typed

# Java classes, ranges and anchors that Python's `re` spells differently or approximates
_SIGNS = r"!-/:-@\[-`{-~\u00A1-\u00BF\u00D7\u00F7\u2010-\u2BFF\u3000-\u303F"
_JAVA_TO_PYTHON = (
    (r"[\p{Print}]", r"[\x20-\x7E]"),
    (r"\p{Print}", r"[\x20-\x7E]"),
    (r"\p{ASCII}", r"[\x00-\x7F]"),
    (r"\z", r"\Z"),
    (r"\p{Alnum}", r"a-zA-Z0-9"),
    (r"\p{L}", r"\w"),
    (r"\p{M}", r"\u0300-\u036F"),
    (r"\p{Z}", r" \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"),
    (r"\p{N}", r"\d"),
    (r"\p{P}", _SIGNS),
    (r"\p{S}", _SIGNS),
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
    (r"${1,128}", ""),
    (r"${1,256}", ""),
)


class ConstraintError(ServiceException):
    """A request violates constraints of the API model."""

    code = "ValidationException"


class SerializationError(ServiceException):
    """A value has another JSON type than in the API model."""

    code = "SerializationException"


def check(service: str, operation: str, request: dict[str, Any]) -> None:
    """Check that `request` fits the input of `operation`.

    Parameters
    ----------
    service, operation : str
        Names of boto3 and the API reference: ``"sagemaker"``, ``"CreateEndpoint"``.
    request : dict
        The decoded JSON body, without nulls.

    Raises
    ------
    ConstraintError
        If a member is missing or violates a length, range, pattern or enum; the message lists all violations.
    SerializationError
        If a member has the wrong type.
    """
    violations = list(_violations(get_service_model(service).operation_model(operation).input_shape, request, ""))
    if violations:
        noun = "error" if len(violations) == 1 else "errors"
        raise ConstraintError(f"{len(violations)} validation {noun} detected: {'; '.join(violations)}")


@cache
def python_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern of an API model, a Java pattern, as a Python pattern."""
    for java, python in _JAVA_TO_PYTHON:
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    _require_type(shape, value)
    for constraint in _violated(shape, value):
        yield f"Value {_shown(value)} at '{path}' failed to satisfy constraint: {constraint}"
    inside = _INSIDE.get(shape.type_name)
    if inside:
        yield from inside(shape, value, path)


def _violated(shape: Shape, value: Any) -> Iterator[str]:
    """Constraints of `shape` itself that `value` violates."""
    limits = shape.metadata
    if shape.type_name in ("integer", "long", "float", "double"):
        size, what = value, "value"
    elif shape.type_name in ("string", "list", "map"):
        size, what = len(value), "length"
    else:
        return
    if "min" in limits and size < limits["min"]:
        yield f"Member must have {what} greater than or equal to {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"Member must have {what} less than or equal to {limits['max']}"
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
    if "pattern" in limits and not python_pattern(limits["pattern"]).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"


def _in_structure(shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        inner = f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")
        if name in value:
            yield from _violations(member, value[name], inner)
        elif name in shape.required_members:
            yield f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"


def _in_list(shape: Shape, value: list[Any], path: str) -> Iterator[str]:
    for position, item in enumerate(value, start=1):
        yield from _violations(shape.member, item, f"{path}.{position}.member")


def _in_map(shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
    for part, inner, items in (("keys", shape.key, value.keys()), ("value", shape.value, value.values())):
        for item in items:
            _require_type(inner, item)
        broken = dict.fromkeys(constraint for item in items for constraint in _violated(inner, item))
        if broken:
            yield (
                f"Value {_shown(value)} at '{path}' failed to satisfy constraint: "
                f"Map {part} must satisfy constraint: [{', '.join(broken)}]"
            )


_INSIDE: dict[str, Callable[[Shape, Any, str], Iterator[str]]] = {
    "structure": _in_structure,
    "list": _in_list,
    "map": _in_map,
}

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str, bytes),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


# Java's types: a value beyond them cannot be parsed
_BITS = {"integer": 32, "long": 64}


def _require_type(shape: Shape, value: Any) -> None:
    expected = _JSON_TYPES[shape.type_name]
    is_wrong = not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected)
    bits = _BITS.get(shape.type_name)
    if is_wrong or (bits and not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)):
        raise SerializationError(f"{json.dumps(value)} can not be converted to {shape.type_name} ({shape.name})")


def _shown(value: Any) -> str:
    return f"'{value if isinstance(value, str) else json.dumps(value)}'"
