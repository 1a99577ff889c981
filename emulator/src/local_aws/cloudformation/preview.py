"""Changes of a change set: the resources that it adds, modifies, replaces and removes."""

from __future__ import annotations

import uuid
from typing import Any

from local_aws.cloudformation import references
from local_aws.cloudformation.engine import FAILURES, Engine, kind_and_schema, replaces
from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.stacks import Blueprint, Resource, Stack

Change = dict[str, Any]


class _Preview(Scope):
    """Names before the deployment. Values known only during the deployment are unique texts."""

    def __init__(self, stack: Stack, blueprint: Blueprint) -> None:
        super().__init__(stack, blueprint)
        self._resources = stack.resources
        self.unknown: set[str] = set()
        self.modified: set[str] = set()

    def reference(self, name: str) -> Any:
        known = name in self._pseudo or name in self._blueprint.parameters or self._is_known(name)
        return super().reference(name) if known else self._unknown(name)

    def attribute(self, logical_id: str, attribute: str) -> Any:
        if not self._is_known(logical_id):
            return self._unknown(logical_id)
        kind, _ = kind_and_schema(self._resources[logical_id].type, self.region)
        if logical_id in self.modified and attribute in kind.changing.split():
            return self._unknown(logical_id)
        return super().attribute(logical_id, attribute)

    def _is_known(self, logical_id: str) -> bool:
        return logical_id in self._resources and logical_id not in self.unknown

    def _unknown(self, name: str) -> str:
        return f"{{{{{name}: known after deployment {uuid.uuid4()}}}}}"


def changes(stack: Stack, blueprint: Blueprint) -> list[Change]:
    """Changes of resources as DescribeChangeSet returns them; empty if nothing changes."""
    engine, scope = Engine(stack, blueprint), _Preview(stack, blueprint)
    engine.scope = scope
    found = []
    active = references.order(blueprint.template, scope.active())
    for logical_id in active:
        definition = scope.definition(logical_id)
        existing = stack.resources.get(logical_id)
        if existing is None:
            scope.unknown.add(logical_id)
            found.append(_change("Add", logical_id, definition["Type"]))
        else:
            found += _modification(engine, scope, existing, definition)
    removed = [resource for name, resource in stack.resources.items() if name not in active]
    return found + [_removal(resource) for resource in removed]


def _modification(engine: Engine, scope: _Preview, existing: Resource, definition: dict[str, Any]) -> list[Change]:
    logical_id = existing.logical_id
    try:
        wanted = engine.wanted(logical_id, definition, existing).properties
    except FAILURES:  # it depends on values known only during the deployment, or will fail there
        wanted = {}
    names = sorted(
        {name for name in {**existing.properties, **wanted} if existing.properties.get(name) != wanted.get(name)}
    )
    others = [member for member in _OTHER_MEMBERS if existing.definition.get(member) != definition.get(member)]
    if not names and not others:
        return []
    kind, schema = kind_and_schema(existing.type, scope.region)
    replacement = bool(names) and replaces(kind, schema, existing.properties, wanted)
    (scope.unknown if replacement else scope.modified).add(logical_id)
    change = _change("Modify", logical_id, existing.type, existing.physical_id)
    scopes = [_OTHER_MEMBERS[member] for member in others] + (["Properties"] if names else [])
    change["ResourceChange"] |= {"Replacement": str(replacement), "Scope": sorted(set(scopes))}
    recreation = "Always" if replacement else "Never"
    targets = [{"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation} for name in names]
    targets += [{"Attribute": _OTHER_MEMBERS[member], "RequiresRecreation": "Never"} for member in others]
    change["ResourceChange"]["Details"] = [{"Target": target, "Evaluation": "Static"} for target in targets]
    return [change]


_OTHER_MEMBERS = {
    "DeletionPolicy": "DeletionPolicy",
    "Metadata": "Metadata",
    "UpdateReplacePolicy": "UpdateReplacePolicy",
}


def _removal(resource: Resource) -> Change:
    return _change("Remove", resource.logical_id, resource.type, resource.physical_id)


def _change(action: str, logical_id: str, type_name: str, physical_id: str | None = None) -> Change:
    change: Change = {"Action": action, "LogicalResourceId": logical_id, "ResourceType": type_name}
    if physical_id:
        change["PhysicalResourceId"] = physical_id
    return {"Type": "Resource", "ResourceChange": {**change, "Scope": [], "Details": []}}
