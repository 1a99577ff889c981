"""Conditions and rules, evaluated for the parameters of a stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.cloudformation import intrinsics
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.intrinsics import Names
from local_aws.cloudformation.template import Template
from local_aws.core.errors import NotModelledError

Test = Callable[[Any, Names], bool]


def holds(node: Any, names: Names) -> bool:
    """Whether the condition `node` (``{"Fn::Equals": […]}``) holds.

    Raises
    ------
    ValidationError
        If it is not a condition.
    NotModelledError
        If it is an unknown rule function.
    """
    if isinstance(node, dict) and len(node) == 1:
        function, argument = next(iter(node.items()))
        if function in _TESTS:
            return _TESTS[function](argument, names)
        if function.startswith("Fn::"):
            raise NotModelledError(f"the condition function {function}")
    raise ValidationError("Template format error: Every Condition member must be a condition function.")


def check_rules(template: Template, names: Names) -> None:
    """Raise `ValidationError` if an assertion of the template's ``Rules`` does not hold."""
    for name, rule in template.get("Rules", {}).items():
        if "RuleCondition" in rule and not holds(rule["RuleCondition"], names):
            continue
        for assertion in rule["Assertions"]:
            if not holds(assertion["Assert"], names):
                described = assertion.get("AssertDescription", "the assertion does not hold")
                raise ValidationError(f"Template error: rule {name}: {described}")


def _equals(argument: Any, names: Names) -> bool:
    if not isinstance(argument, list) or len(argument) != 2:
        raise ValidationError("Template error: every Fn::Equals object requires a list of 2 string parameters.")
    left, right = (_comparable(intrinsics.resolve(side, names)) for side in argument)
    return bool(left == right)


def _comparable(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, list | dict) else str(value)


def _not(argument: Any, names: Names) -> bool:
    return not holds(argument[0], names)


def _and(argument: Any, names: Names) -> bool:
    return all(holds(part, names) for part in argument)


def _or(argument: Any, names: Names) -> bool:
    return any(holds(part, names) for part in argument)


def _condition(argument: Any, names: Names) -> bool:
    return names.condition(argument)


def _contains(argument: Any, names: Names) -> bool:
    items, value = (intrinsics.resolve(part, names) for part in argument)
    return value in items


def _each_member_equals(argument: Any, names: Names) -> bool:
    items, value = (intrinsics.resolve(part, names) for part in argument)
    return all(item == value for item in items)


def _each_member_in(argument: Any, names: Names) -> bool:
    items, allowed = (intrinsics.resolve(part, names) for part in argument)
    return all(item in allowed for item in items)


_TESTS: dict[str, Test] = {
    "Condition": _condition,
    "Fn::And": _and,
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_member_equals,
    "Fn::EachMemberIn": _each_member_in,
    "Fn::Equals": _equals,
    "Fn::Not": _not,
    "Fn::Or": _or,
}
