"""The `Condition` element: IAM user guide, "Condition operators" and "Set operators for multivalued keys"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local_aws.core.authorization.patterns import InvalidPatternError, matches, matches_arn, plain
from local_aws.core.errors import NotModelledError

Values = Callable[[str], list[str]]  # condition key → its values in the call; empty: the call has no such key
Resolve = Callable[[str], str | None]  # replaces policy variables; None: a variable has no value


def _moment(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 date or a number."""
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _arn(wanted: str, actual: str) -> bool:
    try:
        return matches_arn(wanted, actual)
    except InvalidPatternError:
        return False


_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, actual: plain(wanted) == actual,
    "StringEqualsIgnoreCase": lambda wanted, actual: plain(wanted).lower() == actual.lower(),
    "StringLike": matches,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
    "NumericEquals": lambda wanted, actual: float(actual) == float(wanted),
    "NumericLessThan": lambda wanted, actual: float(actual) < float(wanted),
    "NumericLessThanEquals": lambda wanted, actual: float(actual) <= float(wanted),
    "NumericGreaterThan": lambda wanted, actual: float(actual) > float(wanted),
    "NumericGreaterThanEquals": lambda wanted, actual: float(actual) >= float(wanted),
    "DateEquals": lambda wanted, actual: _moment(actual) == _moment(wanted),
    "DateLessThan": lambda wanted, actual: _moment(actual) < _moment(wanted),
    "DateLessThanEquals": lambda wanted, actual: _moment(actual) <= _moment(wanted),
    "DateGreaterThan": lambda wanted, actual: _moment(actual) > _moment(wanted),
    "DateGreaterThanEquals": lambda wanted, actual: _moment(actual) >= _moment(wanted),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
_OPERATOR = re.compile(r"(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?", re.IGNORECASE)
_BY_LOWER_NAME = {name.lower(): name for name in (*_POSITIVE, *_NEGATED, "Null")}


def holds(condition: dict[str, dict[str, Any]], values: Values, resolve: Resolve) -> bool:
    """Whether all operators and keys of a statement's `Condition` are satisfied.

    Raises
    ------
    NotModelledError
        If an operator is unknown, or a key with several values has no set operator.
    """
    return all(
        _meets(operator, key, _texts(wanted), values, resolve)
        for operator, tests in condition.items()
        for key, wanted in tests.items()
    )


def _texts(value: Any) -> list[str]:
    """A JSON value of a condition as the strings that AWS compares."""
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in _list(value)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _meets(operator: str, key: str, wanted: list[str], values: Values, resolve: Resolve) -> bool:
    parsed = _OPERATOR.fullmatch(operator)
    name = _BY_LOWER_NAME.get(parsed[2].lower()) if parsed else None
    if parsed is None or name is None:
        raise NotModelledError(f"condition operator {operator}")
    quantifier, if_exists = (parsed[1] or "").lower(), parsed[3] is not None
    actual = values(key)
    if name == "Null":
        return str(not actual).lower() in [each.lower() for each in wanted]
    if not actual:
        return _when_absent(quantifier, negated=name in _NEGATED, if_exists=if_exists)
    candidates = [each for each in map(resolve, wanted) if each is not None]
    return _compare(name, quantifier, key, actual, candidates)


def _when_absent(quantifier: str, *, negated: bool, if_exists: bool) -> bool:
    if quantifier == "foranyvalue":
        return if_exists
    return if_exists or negated or quantifier == "forallvalues"


def _compare(name: str, quantifier: str, key: str, actual: list[str], wanted: list[str]) -> bool:
    equal = _POSITIVE[_NEGATED.get(name, name)]
    negated = name in _NEGATED

    def one(value: str) -> bool:
        return any(equal(each, value) for each in wanted) != negated

    if quantifier == "foranyvalue":
        return any(map(one, actual))
    if quantifier == "forallvalues":
        return all(map(one, actual))
    if len(actual) > 1:
        raise NotModelledError(f"{name} on {key}, which has several values, without ForAnyValue or ForAllValues")
    return one(actual[0])
