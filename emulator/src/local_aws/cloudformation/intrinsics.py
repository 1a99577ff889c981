"""Intrinsic functions: evaluate them in a part of a template."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from local_aws.cloudformation.errors import ValidationError
from local_aws.core.errors import NotModelledError

NO_VALUE = object()
"""What ``AWS::NoValue`` resolves to: the member that has it is left out."""


class MissingMappingError(ValidationError):
    """``Fn::FindInMap`` of a key that the mapping lacks."""


_PLACEHOLDER = re.compile(r"\$\{(!?)([^{}]*)\}")


class Names(Protocol):
    """Values of the names in a template."""

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The template's mappings."""

    @property
    def region(self) -> str:
        """The stack's Region."""

    def reference(self, name: str) -> Any:
        """Value of ``Ref`` for a parameter, pseudo parameter or resource."""

    def attribute(self, logical_id: str, attribute: str) -> Any:
        """Value of ``Fn::GetAtt``."""

    def condition(self, name: str) -> bool:
        """Whether the condition holds."""

    def imported(self, export: str) -> Any:
        """Value of ``Fn::ImportValue``."""

    def dynamic(self, text: str) -> str:
        """`text` with its dynamic references (``{{resolve:ssm:name}}``) replaced."""


def resolve(node: Any, names: Names) -> Any:
    """`node` with every intrinsic function evaluated.

    Raises
    ------
    ValidationError
        If a function is used in a way that CloudFormation refuses.
    NotModelledError
        If the function is unknown.
    """
    if isinstance(node, str):
        return names.dynamic(node) if "{{resolve:" in node else node
    if isinstance(node, list):
        return [value for value in (resolve(item, names) for item in node) if value is not NO_VALUE]
    if not isinstance(node, dict):
        return node
    function = next(iter(node)) if len(node) == 1 else None
    if function in _FUNCTIONS:
        return _FUNCTIONS[function](node[function], names)
    if isinstance(function, str) and function.startswith("Fn::"):
        raise NotModelledError(f"the intrinsic function {function}")
    members = ((key, resolve(value, names)) for key, value in node.items())
    return {key: value for key, value in members if value is not NO_VALUE}


def _ref(argument: Any, names: Names) -> Any:
    return NO_VALUE if argument == "AWS::NoValue" else names.reference(argument)


def _get_att(argument: Any, names: Names) -> Any:
    logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else (argument[0], argument[1:])
    if isinstance(attribute, list):
        attribute = ".".join(str(resolve(part, names)) for part in attribute)
    return names.attribute(logical_id, attribute)


def _sub(argument: Any, names: Names) -> str:
    text, given = argument if isinstance(argument, list) else (argument, {})
    values = resolve(given, names)

    def replace(match: re.Match[str]) -> str:
        name = match[2].strip()
        if match[1]:
            return f"${{{match[2]}}}"
        if name in values:
            value = values[name]
        elif "." in name:
            value = names.attribute(*name.split(".", 1))
        else:
            value = names.reference(name)
        if isinstance(value, list | dict):
            raise ValidationError(f"Template error: variable {name} in Fn::Sub expression does not resolve to a string")
        return _text(value)

    return str(resolve(_PLACEHOLDER.sub(replace, text), names))


def _join(argument: Any, names: Names) -> str:
    delimiter, items = _arguments("Fn::Join", argument, 2)
    values = resolve(items, names)
    if not isinstance(values, list):
        raise ValidationError(
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
            "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
        )
    return str(delimiter).join(map(_text, values))


def _split(argument: Any, names: Names) -> list[str]:
    delimiter, text = _arguments("Fn::Split", argument, 2)
    return str(resolve(text, names)).split(delimiter)


def _select(argument: Any, names: Names) -> Any:
    index, items = _arguments("Fn::Select", argument, 2)
    position, values = int(resolve(index, names)), resolve(items, names)
    if not isinstance(values, list) or not 0 <= position < len(values):
        raise ValidationError(f"Template error: Fn::Select cannot select nonexistent value at index {position}")
    return values[position]


def _if(argument: Any, names: Names) -> Any:
    name, yes, no = _arguments("Fn::If", argument, 3)
    return resolve(yes if names.condition(name) else no, names)


def _find_in_map(argument: Any, names: Names) -> Any:
    name, first, second = (resolve(part, names) for part in argument[:3])
    default = argument[3] if len(argument) > 3 else {}
    try:
        return names.mappings[name][_text(first)][_text(second)]
    except KeyError as error:
        if "DefaultValue" in default:
            return resolve(default["DefaultValue"], names)
        raise MissingMappingError(f"Template error: Unable to get mapping for {name}::{first}::{second}") from error


def _import_value(argument: Any, names: Names) -> Any:
    return names.imported(str(resolve(argument, names)))


def _get_azs(argument: Any, names: Names) -> list[str]:
    region = resolve(argument, names) or names.region
    return [f"{region}{zone}" for zone in "abc"]


def _base64(argument: Any, names: Names) -> str:
    return base64.b64encode(_text(resolve(argument, names)).encode()).decode()


def _to_json_string(argument: Any, names: Names) -> str:
    return json.dumps(resolve(argument, names), separators=(",", ":"))


def _length(argument: Any, names: Names) -> int:
    return len(resolve(argument, names))


def _text(value: Any) -> str:
    """A scalar within a string: `true`, not Python's `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _arguments(function: str, argument: Any, count: int) -> list[Any]:
    if not isinstance(argument, list) or len(argument) != count:
        raise ValidationError(f"Template error: every {function} object requires a list of {count} values")
    return argument


_FUNCTIONS: dict[Any, Callable[[Any, Names], Any]] = {
    "Ref": _ref,
    "Fn::Base64": _base64,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json_string,
}
