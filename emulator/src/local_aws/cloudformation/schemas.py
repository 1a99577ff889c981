"""CloudFormation's published schemas of resource types, from cfn-lint's files."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Node = dict[str, Any]

_ANY_REGION = "us-east-1"


@dataclass(frozen=True)
class Tagging:
    """The property of a type that has its tags.

    Attributes
    ----------
    property : str
        Name of the property, ``Tags`` for nearly all types.
    shape : {"list", "map"}
        ``[{"Key", "Value"}]`` or ``{key: value}``.
    system : bool
        Whether CloudFormation adds its own tags (``aws:cloudformation:…``).
    """

    property: str
    shape: Literal["list", "map"]
    system: bool


class Schema:
    """The schema of a resource type.

    Attributes
    ----------
    handlers : dict of str to tuple of str
        Permissions of each handler: ``create``, ``read``, ``update``, ``delete``, ``list``. They are those of all
        properties together; a resource needs only some of them.
    """

    def __init__(self, document: Node) -> None:
        self._definitions: Node = document.get("definitions", {})
        self.root = document
        self.replacing = _paths(document, "createOnlyProperties") + _paths(document, "conditionalCreateOnlyProperties")
        self.conditionally_replacing = _paths(document, "conditionalCreateOnlyProperties")
        self.handlers: dict[str, tuple[str, ...]] = {
            verb: tuple(handler["permissions"]) for verb, handler in document.get("handlers", {}).items()
        }
        self.read_only = frozenset(path[0] for path in _paths(document, "readOnlyProperties") if len(path) == 1)

    def node(self, node: Node) -> Node:
        """`node` itself, or the definition that it refers to."""
        while "$ref" in node:
            node = self._definitions[node["$ref"].rsplit("/", 1)[1]]
        return node

    @property
    def tagging(self) -> Tagging | None:
        """The property with the tags; None if the type has none."""
        tagging = self.root.get("tagging", {})
        if not tagging.get("taggable") or "tagProperty" not in tagging:
            return None
        name = tagging["tagProperty"].rsplit("/", 1)[1]
        kind = self.node(self.root["properties"][name]).get("type")
        return Tagging(name, "list" if kind == "array" else "map", bool(tagging.get("cloudFormationSystemTags")))


def _paths(document: Node, member: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(path.split("/")[2:]) for path in document.get(member, []))


@cache
def load(type_name: str, region: str) -> Schema | None:
    """The schema of `type_name` in `region`; None if CloudFormation has no such type."""
    key = _index(region).get(type_name)
    return None if key is None else Schema(json.loads((_folder() / "resources" / f"{key}.json").read_text()))


@cache
def _index(region: str) -> dict[str, str]:
    path = _folder() / "providers" / f"{region}.json"
    index: dict[str, str] = json.loads((path if path.exists() else path.with_stem(_ANY_REGION)).read_text())
    return index


@cache
def _folder() -> Path:
    # Located without an import: importing cfn-lint takes a second, and only its data is needed.
    specification = importlib.util.find_spec("cfnlint")
    assert specification is not None
    assert specification.submodule_search_locations is not None
    return Path(specification.submodule_search_locations[0]) / "data" / "schemas"
