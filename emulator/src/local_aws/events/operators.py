"""Comparison operators of event patterns.

EventBridge user guide, "Comparison operators for use in event patterns". A matcher takes the scalar of a
field. The messages of refusals are those of AWS's open-source matcher.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable
from typing import Any

Matcher = Callable[[Any], bool]

TOO_MANY_WILDCARDS = 5  # that are followed by the same character


class InvalidPatternError(ValueError):
    """An event pattern that AWS refuses, with AWS's reason as message."""


class Absent:
    """``{"exists": false}``: matches only a missing field, no value."""

    def __call__(self, _: Any) -> bool:
        return False


def matcher(condition: Any) -> Matcher:
    """The condition on a value of the event: it equals a scalar or satisfies an operator.

    Raises
    ------
    InvalidPatternError
    """
    if isinstance(condition, dict):
        if len(condition) != 1:
            raise InvalidPatternError("Only one key allowed in match expression")
        ((name, argument),) = condition.items()
        if name not in _OPERATORS:
            raise InvalidPatternError(f"Unrecognized match type {name}")
        return _OPERATORS[name](argument)
    if isinstance(condition, list):
        raise InvalidPatternError("Match value must be String, number, true, false, or null")
    return lambda value: _equal(value, condition)


def _equal(value: Any, other: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, but true does not equal 1."""
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exists(argument: Any) -> Matcher:
    if not isinstance(argument, bool):
        raise InvalidPatternError("exists match pattern must be either true or false.")
    return (lambda _: True) if argument else Absent()


def _prefix(argument: Any) -> Matcher:
    if _ignores_case(argument):
        lowered = _text("prefix", argument["equals-ignore-case"]).lower()
        return lambda value: isinstance(value, str) and value.lower().startswith(lowered)
    prefix = _text("prefix", argument)
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def _suffix(argument: Any) -> Matcher:
    if _ignores_case(argument):
        lowered = _text("suffix", argument["equals-ignore-case"]).lower()
        return lambda value: isinstance(value, str) and value.lower().endswith(lowered)
    suffix = _text("suffix", argument)
    return lambda value: isinstance(value, str) and value.endswith(suffix)


def _equals_ignore_case(argument: Any) -> Matcher:
    lowered = _text("equals-ignore-case", argument).lower()
    return lambda value: isinstance(value, str) and value.lower() == lowered


def _ignores_case(argument: Any) -> bool:
    return isinstance(argument, dict) and list(argument) == ["equals-ignore-case"]


def _text(name: str, argument: Any) -> str:
    if not isinstance(argument, str):
        raise InvalidPatternError(f"{name} match pattern must be a string")
    return argument


def _wildcard(argument: Any) -> Matcher:
    text = _text("wildcard", argument)
    _check_complexity(text)
    parts: list[str] = []
    for token in re.finditer(r"\\(.?)|\*+|[^\\*]+", text, re.DOTALL):
        if token[0].startswith("\\"):
            if token[1] not in ("*", "\\"):
                raise InvalidPatternError(f"Invalid escape character at pos {token.start()}")
            parts.append(re.escape(token[1]))
        elif token[0].startswith("*"):
            if len(token[0]) > 1:
                raise InvalidPatternError(f"Consecutive wildcard characters at pos {token.start()}")
            parts.append(".*")
        else:
            parts.append(re.escape(token[0]))
    expression = re.compile("".join(parts), re.DOTALL)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _check_complexity(text: str) -> None:
    """Refuse a wildcard pattern that is too complex: many wildcards followed by the same character.

    AWS does not publish its limit. The user guide's example, which a recording shows refused, has five.
    """
    followers = re.findall(r"\*([^*\\])", text)
    if any(followers.count(each) >= TOO_MANY_WILDCARDS for each in followers):
        raise InvalidPatternError(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
            "after a wildcard character"
        )


def _cidr(argument: Any) -> Matcher:
    network = _network(_text("prefix", argument))  # AWS's own wording

    def is_within(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:  # not an address
            return False

    return is_within


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if text.count("/") != 1:
        raise InvalidPatternError("Malformed CIDR, one '/' required")
    address, bits = text.split("/")
    if not bits.isdecimal():
        raise InvalidPatternError("Malformed CIDR, mask bits must be an integer")
    try:
        ipaddress.ip_address(address)
    except ValueError as error:
        raise InvalidPatternError(f"Nonstandard IP address: {address}") from error
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidPatternError(f"Malformed CIDR: {text}") from error


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


def _numeric(argument: Any) -> Matcher:
    if not isinstance(argument, list):
        raise InvalidPatternError("Value of numeric must be an array.")
    if not argument or not isinstance(argument[0], str):
        raise InvalidPatternError(f"Invalid member in numeric match: {argument[0] if argument else ']'}")
    bounds = [(argument[index], argument[index + 1 : index + 2]) for index in range(0, len(argument), 2)]
    for sign, bound in bounds:
        _check_bound(sign, bound)
    _check_range(bounds)
    comparisons = [(_COMPARISONS[sign], bound[0]) for sign, bound in bounds]
    return lambda value: _is_number(value) and all(compare(value, bound) for compare, bound in comparisons)


def _check_bound(sign: Any, bound: list[Any]) -> None:
    if sign not in _COMPARISONS:
        raise InvalidPatternError(f"Unrecognized numeric range operator: {sign}")
    if not bound or not _is_number(bound[0]):
        raise InvalidPatternError(f"Value of {sign} must be numeric")


def _check_range(bounds: list[tuple[str, list[Any]]]) -> None:
    """Check that two comparisons are a range from low to high."""
    if len(bounds) == 1:
        return
    (lower_sign, lower), (upper_sign, upper), *others = bounds
    if others or lower_sign not in (">", ">="):
        raise InvalidPatternError("Too many elements in numeric expression")
    if upper_sign not in ("<", "<="):
        raise InvalidPatternError(f"Bad numeric range operator: {upper_sign}")
    if lower[0] >= upper[0]:
        raise InvalidPatternError("Bottom must be less than top")


def _anything_but(argument: Any) -> Matcher:
    if isinstance(argument, dict):
        return _anything_but_operator(argument)
    values = argument if isinstance(argument, list) else [argument]
    if not values:
        raise InvalidPatternError("Empty arrays are not allowed")
    if not all(isinstance(value, str) or _is_number(value) for value in values):
        raise InvalidPatternError("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(value, str) for value in values}) > 1:
        raise InvalidPatternError(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    return lambda value: not any(_equal(value, each) for each in values)


def _anything_but_operator(argument: dict[str, Any]) -> Matcher:
    name, given = next(iter(argument.items()), ("", None))
    if len(argument) != 1 or name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
        raise InvalidPatternError(f"Unsupported anything-but pattern: {name}")
    values = given if isinstance(given, list) else [given]
    if not values:
        raise InvalidPatternError("Empty arrays are not allowed")
    for value in values:
        _check_excluded(name, value)
    excluded = [_OPERATORS[name](value) for value in values]
    return lambda value: not any(excludes(value) for excludes in excluded)


def _check_excluded(name: str, value: Any) -> None:
    """Check an operator within ``anything-but``, where fewer are valid (recordings of TestEventPattern, 2024)."""
    if isinstance(value, dict):
        raise InvalidPatternError("Value of anything-but must be an array or single string/number value.")
    if name in ("prefix", "suffix"):
        _text("prefix/suffix", value)
        if not value:
            raise InvalidPatternError("Null prefix/suffix not allowed")
    if name == "equals-ignore-case" and not isinstance(value, str):
        raise InvalidPatternError(
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
        )


_OPERATORS: dict[str, Callable[[Any], Matcher]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _equals_ignore_case,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}
