"""Checks of JSONPath: paths, payload templates, comparisons of choice rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local_aws.stepfunctions import choices, jsonpath
from local_aws.stepfunctions.definition import fields
from local_aws.stepfunctions.definition.problem import Problem, required, schema, typed, unsupported

_PATHS = (*fields.PATHS, *fields.PATHS_OF_TASKS)
_CONNECTIVES = ("And", "Or", "Not")
_OF_A_RULE = frozenset(["Next", "Comment", "Assign"])
_INVALID = "must be a valid JSONPath or a valid intrinsic function call"


def problems(state: dict[str, Any], where: str) -> Iterator[Problem]:
    """Problems of all paths of the state and its catchers."""
    for name in _PATHS:
        value = state.get(name)
        if value is not None and not _is_path(value):
            yield schema(f"The value for the field '{name}' must be a valid JSONPath", f"{where}/{name}")
    yield from _template_problems(state, where)
    catchers = state.get("Catch")
    for index, catcher in enumerate(catchers if isinstance(catchers, list) else []):
        if isinstance(catcher, dict):
            place = f"{where}/Catch[{index}]"
            if catcher.get("ResultPath") is not None and not _is_path(catcher["ResultPath"]):
                yield schema("The value for the field 'ResultPath' must be a valid JSONPath", f"{place}/ResultPath")
            yield from _template_problems(catcher, place)


def rule_problems(rule: dict[str, Any], where: str, *, is_nested: bool = False) -> Iterator[Problem]:
    """Problems of a choice rule."""
    allowed = frozenset(["Comment"]) if is_nested else _OF_A_RULE
    connectives = [name for name in _CONNECTIVES if name in rule]
    if connectives:
        yield from unsupported(rule, allowed | {connectives[0]}, where)
        yield from _connected_problems(rule[connectives[0]], f"{where}/{connectives[0]}")
        return
    yield from required(rule, ("Variable",), where)
    yield from typed(rule, "Variable", "STRING", where)
    if isinstance(variable := rule.get("Variable"), str) and not _is_path(variable):
        yield schema("The value for the field 'Variable' must be a valid JSONPath", f"{where}/Variable")
    comparisons = [name for name in rule if choices.is_comparison(name)]
    if len(comparisons) != 1:
        yield schema("A choice rule has exactly one comparison", where)
    yield from unsupported(rule, allowed.union(["Variable"], comparisons), where)
    yield from _template_problems(rule, where)


def _connected_problems(value: Any, where: str) -> Iterator[Problem]:
    inner = [(value, where)]
    if not where.endswith("/Not"):
        if not isinstance(value, list) or not value:
            yield schema("Expected value of type [ARRAY]", where)
            return
        inner = [(rule, f"{where}[{index}]") for index, rule in enumerate(value)]
    for rule, place in inner:
        if isinstance(rule, dict):
            yield from rule_problems(rule, place, is_nested=True)
        else:
            yield schema("Expected value of type [OBJECT]", place)


def _template_problems(holder: dict[str, Any], where: str) -> Iterator[Problem]:
    for name in fields.TEMPLATES:
        if name in holder:
            if name == "Assign" and not isinstance(holder[name], dict):
                yield schema("Expected value of type [OBJECT]", f"{where}/{name}")
            yield from _value_problems(holder[name], f"{where}/{name}")


def _value_problems(template: Any, where: str) -> Iterator[Problem]:
    if isinstance(template, dict):
        for key, value in template.items():
            if key.endswith(".$"):
                if not isinstance(value, str) or not (_is_path(value) or jsonpath.is_intrinsic(value)):
                    yield schema(f"The value for the field '{key}' {_INVALID}", f"{where}/{key}")
            else:
                yield from _value_problems(value, f"{where}/{key}")
    elif isinstance(template, list):
        for index, item in enumerate(template):
            yield from _value_problems(item, f"{where}[{index}]")


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and (jsonpath.is_path(value) or jsonpath.is_intrinsic(value))
