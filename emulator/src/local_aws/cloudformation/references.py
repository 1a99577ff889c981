"""References in a template: dependencies, their order, and references to missing names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.template import Template

PSEUDO_PARAMETERS = (
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)
PLACEHOLDER = re.compile(r"\$\{([^!{}][^{}]*)\}")


def names(node: Any) -> Iterator[tuple[str, str]]:
    """Every reference in `node`, as pairs of ``Ref`` or ``Fn::GetAtt`` and the name."""
    if isinstance(node, list):
        for item in node:
            yield from names(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref" and isinstance(value, str):
                yield "Ref", value
            elif key == "Fn::GetAtt":
                yield from _of_attribute(value)
            elif key == "Fn::Sub":
                yield from _of_substitution(value)
            else:
                yield from names(value)


def _of_attribute(value: Any) -> Iterator[tuple[str, str]]:
    parts = value if isinstance(value, list) else str(value).split(".", 1)
    yield "Fn::GetAtt", str(parts[0])
    yield from names(parts[1:])  # the attribute can be a Ref


def _of_substitution(value: Any) -> Iterator[tuple[str, str]]:
    text, given = (value[0], value[1]) if isinstance(value, list) else (value, {})
    yield from names(given)
    for placeholder in PLACEHOLDER.findall(text if isinstance(text, str) else ""):
        name, dot, _ = placeholder.strip().partition(".")
        if placeholder.strip() not in given:
            yield ("Fn::GetAtt" if dot else "Ref"), name


def attributes(node: Any) -> Iterator[tuple[str, str]]:
    """Every attribute of ``Fn::GetAtt`` and ``Fn::Sub`` in `node`, with its resource."""
    if isinstance(node, list):
        for item in node:
            yield from attributes(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Fn::GetAtt":
                parts = value if isinstance(value, list) else str(value).split(".", 1)
                if all(isinstance(part, str) for part in parts):
                    yield parts[0], ".".join(parts[1:])
            elif key == "Fn::Sub":
                text, given = (value[0], value[1]) if isinstance(value, list) else (value, {})
                yield from attributes(given)
                placeholders = {placeholder.strip() for placeholder in PLACEHOLDER.findall(text)} - set(given)
                yield from ((name, rest) for name, dot, rest in (each.partition(".") for each in placeholders) if dot)
            else:
                yield from attributes(value)


def dependencies(template: Template, logical_id: str) -> list[str]:
    """Resources that `logical_id` depends on, in the order of their first mention."""
    resource = template["Resources"][logical_id]
    explicit = resource.get("DependsOn", [])
    found = [explicit] if isinstance(explicit, str) else list(explicit)
    found += [name for _, name in names(resource.get("Properties", {}))]
    return [name for name in dict.fromkeys(found) if name in template["Resources"] and name != logical_id]


def order(template: Template, logical_ids: Iterable[str]) -> list[str]:
    """`logical_ids`, each after its dependencies; otherwise in the template's order.

    Raises
    ------
    ValidationError
        If dependencies are circular.
    """
    done: dict[str, None] = {}
    waiting: list[str] = []

    def visit(logical_id: str) -> None:
        if logical_id in done:
            return
        if logical_id in waiting:
            circle = sorted(waiting[waiting.index(logical_id) :])
            raise ValidationError(f"Circular dependency between resources: [{', '.join(circle)}]")
        waiting.append(logical_id)
        for dependency in dependencies(template, logical_id):
            visit(dependency)
        waiting.pop()
        done[logical_id] = None

    wanted = list(logical_ids)
    for logical_id in wanted:
        visit(logical_id)
    return [logical_id for logical_id in done if logical_id in set(wanted)]


def check(template: Template) -> None:
    """Raise `ValidationError` if a referenced name is missing or dependencies are circular."""
    resources = template["Resources"]
    values = {*PSEUDO_PARAMETERS, *template.get("Parameters", {})}
    for logical_id, resource in resources.items():
        depends_on = resource.get("DependsOn", [])
        for name in [depends_on] if isinstance(depends_on, str) else depends_on:
            if name not in resources:
                _unresolved(name, "Resources")
        _check_names(resource.get("Properties", {}), "Resources", values, resources)
        _check_condition(template, resource.get("Condition"), logical_id)
    for name, output in template.get("Outputs", {}).items():
        if not isinstance(output, dict) or "Value" not in output:
            raise ValidationError(
                f"Template format error: Output {name} is malformed. "
                "The Value field of every Outputs member is required."
            )
        _check_names([output["Value"], output.get("Export")], "Outputs", values, resources)
        _check_condition(template, output.get("Condition"), name)
    order(template, resources)


def _check_names(node: Any, block: str, values: set[str], resources: dict[str, Any]) -> None:
    for function, name in names(node):
        if function == "Fn::GetAtt" and name not in resources:
            raise ValidationError(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
        if name not in values and name not in resources:
            _unresolved(name, block)


def _check_condition(template: Template, condition: Any, name: str) -> None:
    if condition is not None and condition not in template.get("Conditions", {}):
        raise ValidationError(
            f"Template format error: Unresolved condition dependency {condition} in the definition of {name}"
        )


def _unresolved(name: str, block: str) -> None:
    raise ValidationError(
        f"Template format error: Unresolved resource dependencies [{name}] in the {block} block of the template"
    )
