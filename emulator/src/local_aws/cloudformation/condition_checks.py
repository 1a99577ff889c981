"""Checks of the parts of a template that the stack's conditions select, before anything is deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation import intrinsics, references
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.intrinsics import MissingMappingError
from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.template import Template

POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}


def check(template: Template, active: Mapping[str, Any], scope: Scope) -> None:
    """Raise `ValidationError` if a selected part refers to a part that is not selected.

    Recordings of CreateChangeSet (2023): a reference to a resource whose condition is false, and a key that a
    mapping lacks, are refused at once unless a condition excludes them.
    """
    for logical_id, definition in active.items():
        _check_policies(logical_id, definition)
        _check_block(definition.get("Properties", {}), "Resources", template, active, scope)
    for output in template.get("Outputs", {}).values():
        if "Condition" not in output or scope.condition(output["Condition"]):
            _check_block([output["Value"], output.get("Export")], "Outputs", template, active, scope)


def _check_policies(logical_id: str, definition: Mapping[str, Any]) -> None:
    for member, values in POLICIES.items():
        if member in definition and definition[member] not in values:
            raise ValidationError(
                f"Template error: resource {logical_id} has the {member} {definition[member]}; "
                f"it must be one of {', '.join(values)}"
            )


def _check_block(node: Any, block: str, template: Template, active: Mapping[str, Any], scope: Scope) -> None:
    chosen = _selected(node, scope)
    absent = [name for _, name in references.names(chosen) if name in template["Resources"] and name not in active]
    if absent:
        raise ValidationError(
            f"Template format error: Unresolved resource dependencies [{', '.join(dict.fromkeys(absent))}] "
            f"in the {block} block of the template"
        )
    for function in _lookups(chosen):
        try:
            intrinsics.resolve(function, scope)
        except MissingMappingError:
            raise
        except ValidationError:  # a key or a default that is known only during the deployment
            continue


def _selected(node: Any, scope: Scope) -> Any:
    """`node` with the branches of ``Fn::If`` that the conditions select."""
    if isinstance(node, list):
        return [_selected(item, scope) for item in node]
    if not isinstance(node, dict):
        return node
    argument = node.get("Fn::If")
    if isinstance(argument, list) and len(argument) == 3:
        return _selected(argument[1 if scope.condition(argument[0]) else 2], scope)
    return {key: _selected(value, scope) for key, value in node.items()}


def _lookups(node: Any) -> Iterator[dict[str, Any]]:
    """Every ``Fn::FindInMap`` in `node`."""
    if isinstance(node, list):
        for item in node:
            yield from _lookups(item)
    elif isinstance(node, dict):
        if "Fn::FindInMap" in node:
            yield node
        for value in node.values():
            yield from _lookups(value)
