"""Templates as text: JSON, and YAML with CloudFormation's short forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import yaml

from local_aws.cloudformation.errors import ValidationError

Template: TypeAlias = dict[str, Any]

_SECTIONS = {
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",  # of AWS::Serverless, before the macro
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
}
_RESOURCE_MEMBERS = {
    "Condition",
    "Connectors",  # of AWS::Serverless, before the macro
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "IgnoreGlobals",  # of AWS::Serverless, before the macro
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
}


class _Loader(yaml.CSafeLoader):
    """YAML as CloudFormation parses it: `Version: 2012-10-17` is a string, `!Ref X` is `{"Ref": "X"}`."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[dict[Any, Any]]:
    loader.flatten_mapping(node)
    keys = [key.value for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise ValidationError(f"Template format error: Duplicate key {key} found in the template")
    mapping: dict[Any, Any] = {}
    yield mapping  # before its members, so that an anchor can refer to it
    mapping.update(loader.construct_mapping(node))


_Loader.add_multi_constructor("!", _short_form)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def parse(text: str) -> Template:
    """The template in `text`, with intrinsic functions in their long form.

    Raises
    ------
    ValidationError
        If it is neither JSON nor YAML, or does not have the sections and members of a template.
    """
    template = _load(text)
    if not isinstance(template, dict):
        raise ValidationError("Template format error: unsupported structure.")
    _check_sections(template)
    for logical_id, resource in template["Resources"].items():
        _check_resource(str(logical_id), resource)
    return template


def text(node: Any) -> str:
    """A template, or a part of one, as JSON."""
    return json.dumps(node)


def _load(text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            where = f"(line {error.lineno}, column {error.colno})"
            raise ValidationError(f"Template format error: JSON not well-formed. {where}") from error
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it derives from the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(f"Template format error: YAML not well-formed.{where}") from error


def _check_sections(template: Template) -> None:
    unknown = [str(name) for name in template if name not in _SECTIONS]
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    for name, section in template.items():
        if section is None:
            raise ValidationError(f"[/{name}] 'null' values are not allowed in templates")
    for mapping in template.get("Mappings", {}).values():
        _check_mapping(mapping)
    for name, declaration in template.get("Parameters", {}).items():
        _check_parameter(name, declaration)
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise ValidationError("Template format error: At least one Resources member must be defined.")


def _check_mapping(mapping: Any) -> None:
    """Check that a mapping has keys of two levels (recordings of CreateChangeSet, 2023)."""
    for key, members in mapping.items():
        if not isinstance(members, dict):
            raise ValidationError(f"Template format error: Every Mappings member {key} must be a map")
        if any(isinstance(value, dict) for value in members.values()):
            raise ValidationError("Template format error: Every Mappings attribute must be a String or a List.")


def _check_parameter(name: Any, declaration: Any) -> None:
    if not re.fullmatch("[A-Za-z0-9]+", str(name)):
        raise ValidationError(f"Template format error: Parameter name {name} is non alphanumeric.")
    if isinstance(declaration, dict) and isinstance(declaration.get("Default"), dict):
        raise ValidationError("Template format error: Every Default member must be a string.")


def _check_resource(logical_id: str, resource: Any) -> None:
    where = f"[/Resources/{logical_id}]"
    if not re.fullmatch("[A-Za-z0-9]+", logical_id):
        raise ValidationError(f"Template format error: Resource name {logical_id} is non alphanumeric.")
    if not isinstance(resource, dict):
        raise ValidationError(f"Template format error: {where} Every Resources member must be an object.")
    if not isinstance(resource.get("Type"), str):
        raise ValidationError(f"Template format error: {where} Every Resources object must contain a Type member.")
    for name in resource:
        if name not in _RESOURCE_MEMBERS:
            raise ValidationError(f"Invalid template resource property '{name}'")
    if not isinstance(resource.get("Properties", {}), dict):
        raise ValidationError(f"Template format error: {where} Properties must be an object.")
