"""Choice rules of JSONPath states (Step Functions developer guide, "Choice workflow state")."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.stepfunctions import jsonpath
from local_aws.stepfunctions.jsonpath import Data

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThanEquals": operator.le,
    "LessThan": operator.lt,
    "GreaterThanEquals": operator.ge,
    "GreaterThan": operator.gt,
}
_COMPARISON = re.compile(r"(String|Numeric|Timestamp|Boolean(?=Equals))(\w*?)(Path)?")


def holds(rule: dict[str, Any], data: Data) -> bool:
    """Whether the rule matches."""
    if "And" in rule:
        return all(holds(each, data) for each in rule["And"])
    if "Or" in rule:
        return any(holds(each, data) for each in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data)
    variable = rule["Variable"]
    name = next(each for each in rule if is_comparison(each))
    expected = rule[name]
    if name == "IsPresent":
        return jsonpath.exists(variable, data) is expected
    return _compare(name, jsonpath.select(variable, data, "Variable"), expected, data)


def is_comparison(name: str) -> bool:
    """Whether a field of a rule is a comparison."""
    comparison = _COMPARISON.fullmatch(name)
    is_ordered = comparison is not None and comparison[2] in _ORDER
    return name in _TYPES or name in ("IsPresent", "StringMatches") or is_ordered


def _compare(name: str, value: Any, expected: Any, data: Data) -> bool:
    if name in _TYPES:
        return _TYPES[name](value) is expected
    if name == "StringMatches":
        return isinstance(value, str) and _matches(value, expected)
    comparison = _COMPARISON.fullmatch(name)
    assert comparison is not None, f"{name} was checked when the definition was"
    kind, order, is_path = comparison.groups()
    other = jsonpath.select(expected, data, name) if is_path else expected
    if not (_OF_KIND[kind](value) and _OF_KIND[kind](other)):
        return False
    if kind == "Timestamp":
        value, other = datetime.fromisoformat(value), datetime.fromisoformat(other)
    return _ORDER[order](value, other)


def _matches(value: str, pattern: str) -> bool:
    escaped = re.escape(pattern).replace(r"\\\*", "\0").replace(r"\*", ".*").replace("\0", r"\*")
    return re.fullmatch(escaped, value, re.DOTALL) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_timestamp(value: Any) -> bool:
    if not isinstance(value, str) or "T" not in value:
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_OF_KIND: dict[str, Callable[[Any], bool]] = {
    "String": lambda value: isinstance(value, str),
    "Numeric": _is_number,
    "Timestamp": _is_timestamp,
    "Boolean": lambda value: isinstance(value, bool),
}
_TYPES: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsBoolean": _OF_KIND["Boolean"],
    "IsNumeric": _is_number,
    "IsString": _OF_KIND["String"],
    "IsTimestamp": _is_timestamp,
}
