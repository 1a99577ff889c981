"""The fields of the request as a table, generated from its JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tools import markdown

Schema = dict[str, Any]

COLUMNS = ("Field", "Type", "Allowed", "Default", "Required", "Description")
FEW_VALUES = 4
SHORT_PATTERN_CHARACTERS = 40
# The largest values of AWS's APIs stand for "no limit".
UNBOUNDED = {2147483647, 3.4028234663852886e38, 2.0**360}
AMOUNTS = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"))


def text(schema: Schema) -> str:
    """The table of the fields; members of a structure are listed if Slipway's schema describes them."""
    return markdown.table(COLUMNS, _Rows(schema["$defs"]).of(schema))


class _Rows:
    """Rows of a schema; the members of a definition are listed at its first use."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions
        self._told: set[str] = set()

    def of(self, schema: Schema, prefix: str = "") -> Iterator[list[str]]:
        for name, member in schema.get("properties", {}).items():
            resolved = self._resolved(member)
            if not prefix or "description" in member:
                yield self._row(prefix + name, member, resolved, required=_required(name, schema))
            yield from self._members(prefix + name, member, resolved)

    def _members(self, path: str, member: Schema, resolved: Schema) -> Iterator[list[str]]:
        if reference := member.get("$ref"):
            if reference in self._told:
                return
            self._told.add(reference)
        if items := resolved.get("items"):
            yield from self._members(f"{path}[]", items, self._resolved(items))
        if isinstance(values := resolved.get("additionalProperties"), dict):
            yield from self._members(f"{path}.KEY", values, self._resolved(values))
        yield from self.of(resolved, f"{path}.")

    def _row(self, path: str, member: Schema, resolved: Schema, *, required: str) -> list[str]:
        default = json.dumps(resolved["default"]) if "default" in resolved else ""
        return [
            markdown.code(path),
            self._type(resolved),
            self._allowed(member, resolved),
            markdown.code(default),
            required,
            markdown.plain(member.get("description", "")),
        ]

    def _resolved(self, schema: Schema) -> Schema:
        """The schema merged with its reference; keywords next to the reference take precedence."""
        reference = schema.get("$ref")
        return self._definitions[reference.removeprefix("#/$defs/")] | schema if reference else schema

    def _type(self, schema: Schema) -> str:
        if isinstance(schema.get("type"), list) and "then" not in schema:
            return " or ".join(schema["type"])
        if isinstance(schema.get("type"), list):  # a list or an enum
            return f"{self._type(schema | {'type': 'array'})} or {self._allowed({}, schema['then'])}"
        if schema.get("type") == "array":
            return f"list of {self._type(self._resolved(schema['items']))}"
        page = re.search(r"https?://\S+", self._of_definition(schema, "description"))
        if schema.get("type") == "object" and page and "title" in schema:
            return f"[{self._of_definition(schema, 'title')}]({page[0]})"
        return str(schema.get("type", "string" if "enum" in schema else "any value"))

    def _allowed(self, member: Schema, schema: Schema) -> str:
        if schema.get("type") == "string" and (said := self._of_definition(member, "description")):
            return markdown.plain(said)
        if values := schema.get("enum"):
            few = len(values) <= FEW_VALUES
            return ", ".join(map(markdown.code, map(str, values))) if few else f"one of {len(values)}; see the schema"
        limits = [_range(schema, *amount) for amount in AMOUNTS]
        if "multipleOf" in schema:
            limits.append(f"multiples of {schema['multipleOf']}")
        if len(schema.get("pattern", "")) in range(1, SHORT_PATTERN_CHARACTERS):
            limits.append(markdown.code(schema["pattern"]))
        return ", ".join(filter(None, limits))

    def _of_definition(self, schema: Schema, keyword: str) -> str:
        """The value in the definition that the schema refers to, ignoring keywords next to the reference."""
        reference = schema.get("$ref", "").removeprefix("#/$defs/")
        return str(self._definitions.get(reference, {}).get(keyword, ""))


def _required(name: str, schema: Schema) -> str:
    if name in schema.get("required", []):
        return "yes"
    return "except for a rollback" if name in schema.get("else", {}).get("required", []) else ""


def _range(schema: Schema, low: str, high: str, unit: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if most in UNBOUNDED:
        most = None
    above = schema.get("exclusiveMinimum") if low == "minimum" else None
    if above is not None:
        return f"more than {above}" + (f", at most {most}" if most is not None else "")
    if least is not None and most is not None:
        return f"{least} to {most}{unit}"
    if most is not None:
        return f"at most {most}{unit}"
    return f"{least}{unit} or more" if least is not None else ""
