"""Checks of properties against the type's schema: unknown and missing ones, types, enums, lengths, patterns.

CloudFormation accepts ``"60"`` as a number and ``"true"`` as a boolean. The result has the schema's types. The
messages are those of the resource handlers' validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.schemas import Node, Schema

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_TYPE_NAMES = {
    "array": "JSONArray",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Number",
    "object": "JSONObject",
    "string": "String",
}


def conform(logical_id: str, schema: Schema, properties: dict[str, Any]) -> dict[str, Any]:
    """`properties` with the types of the schema.

    Raises
    ------
    ResourceError
        If they violate the schema; the message lists every violation.
    """
    faults: list[str] = []
    writable = {name: node for name, node in schema.root["properties"].items() if name not in schema.read_only}
    root = {**schema.root, "properties": writable, "additionalProperties": False}
    conforming: dict[str, Any] = _Check(schema, faults).value(root, properties, "#")
    if faults:
        listed = ", ".join(faults)
        raise ResourceError(f"Properties validation failed for resource {logical_id} with message:\n[{listed}]")
    return conforming


class _Check:
    def __init__(self, schema: Schema, faults: list[str]) -> None:
        self._schema = schema
        self._faults = faults

    def value(self, node: Node, value: Any, path: str) -> Any:
        node = self._schema.node(node)
        types = node.get("type", [])
        types = [types] if isinstance(types, str) else types
        if not types:
            return self._of_any_type(node, value, path)
        converted = _converted(value, types)
        if converted is None:
            self._faults.append(f"{path}: expected type: {_TYPE_NAMES[types[0]]}, found: {_type_name(value)}")
            return value
        self._faults.extend(f"{path}: {fault}" for fault in _violations(node, converted))
        if isinstance(converted, dict):
            return self._object(node, converted, path)
        if isinstance(converted, list) and isinstance(node.get("items"), dict):
            return [self.value(node["items"], item, f"{path}/{index}") for index, item in enumerate(converted)]
        return converted

    def _of_any_type(self, node: Node, value: Any, path: str) -> Any:
        """`value` in the form of the first alternative that accepts it."""
        for alternative in (*node.get("oneOf", ()), *node.get("anyOf", ())):
            faults: list[str] = []
            converted = _Check(self._schema, faults).value(alternative, value, path)
            if not faults:
                return converted
        return self._object(node, value, path) if isinstance(value, dict) else value

    def _object(self, node: Node, value: dict[str, Any], path: str) -> dict[str, Any]:
        self._faults.extend(
            f"{path}: required key [{name}] not found" for name in node.get("required", ()) if name not in value
        )
        result: dict[str, Any] = {}
        for name, item in value.items():
            member = self._member(node, name)
            if member is None:
                self._faults.append(f"{path}: extraneous key [{name}] is not permitted")
            result[name] = self.value(member or {}, item, f"{path}/{name}")
        return result

    def _member(self, node: Node, name: str) -> Node | None:
        """Schema of the member `name`; None if the object cannot have it, empty if any value is valid."""
        if name in node.get("properties", {}):
            found: Node = node["properties"][name]
            return found
        for pattern, found in node.get("patternProperties", {}).items():
            if _matches(pattern, name):
                return dict(found)
        additional = node.get("additionalProperties", True)
        if additional is False:
            return None
        return additional if isinstance(additional, dict) else {}


def _converted(value: Any, types: list[str]) -> Any:
    """`value` converted to the first possible of `types`, or None."""
    for kind in sorted(types, key=lambda kind: kind != _json_type(value)):
        converted = _as(value, kind)
        if converted is not None:
            return converted
    return None


def _as(value: Any, kind: str) -> Any:
    actual = _json_type(value)
    if actual == kind or (kind == "number" and actual == "integer"):
        return value
    if kind == "string" and actual in ("boolean", "integer", "number"):
        return str(value).lower() if actual == "boolean" else str(value)
    text = value.strip() if isinstance(value, str) else str(value)
    if kind == "boolean" and isinstance(value, str) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind in ("integer", "number") and not isinstance(value, bool | list | dict) and _NUMBER.fullmatch(text):
        number = float(text)
        return int(number) if number.is_integer() else number if kind == "number" else None
    return None


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds: dict[type, str] = {dict: "object", list: "array", str: "string", int: "integer", float: "number"}
    return kinds.get(type(value), "null")


def _type_name(value: Any) -> str:
    return _TYPE_NAMES.get(_json_type(value), "Null")


def _violations(node: Node, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _text_violations(node, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if "minimum" in node and value < node["minimum"]:
            yield f"{value} is not greater or equal to {node['minimum']}"
        if "maximum" in node and value > node["maximum"]:
            yield f"{value} is not less or equal to {node['maximum']}"
    elif isinstance(value, list):
        if len(value) < node.get("minItems", 0):
            yield f"expected minimum item count: {node['minItems']}, found: {len(value)}"
        if len(value) > node.get("maxItems", len(value)):
            yield f"expected maximum item count: {node['maxItems']}, found: {len(value)}"


def _text_violations(node: Node, value: str) -> Iterator[str]:
    if "enum" in node and value not in [str(item) for item in node["enum"]]:
        yield f"{value} is not a valid enum value"
    if len(value) < node.get("minLength", 0):
        yield f"expected minLength: {node['minLength']}, actual: {len(value)}"
    if len(value) > node.get("maxLength", len(value)):
        yield f"expected maxLength: {node['maxLength']}, actual: {len(value)}"
    if "pattern" in node and not _matches(node["pattern"], value):
        yield "failed validation constraint for keyword [pattern]"


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # a few patterns are of another dialect; the service checks the value itself
        return True
