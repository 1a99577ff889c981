"""Metric math of alarms (CloudWatch user guide, using-metric-math): arithmetic, comparisons, and some functions.

Functions: FILL, IF, and MAX, MIN, SUM, AVG over a list of series. Everything else is refused, never guessed.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

Value = Callable[[int, int], float | None]

LOOK_BACK_PERIODS = 60  # for FILL(m, REPEAT): how far the last value can be away


class UnsupportedError(Exception):
    """An alarm that is not evaluated here; the message says why."""


_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}


def resolve(pending: dict[str, str], values: dict[str, Value]) -> None:
    """Add the values of the expressions to `values`, by their ids; an expression can refer to others.

    Raises
    ------
    UnsupportedError
        If an expression cannot be computed here, or they refer to each other.
    """
    left = dict(pending)
    while left:
        trees = {each: _parsed(left[each]) for each in left}
        ready = [each for each in left if not _names(trees[each]) & left.keys()]
        if not ready:
            raise UnsupportedError(f"expressions that refer to each other: {', '.join(left)}")
        for each in ready:
            values[each] = _compiled(trees[each], values, left.pop(each))


def _parsed(expression: str | None) -> ast.expr:
    try:
        return ast.parse((expression or "").strip(), mode="eval").body
    except SyntaxError as error:
        raise UnsupportedError(f"the expression {expression}") from error


def _names(tree: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _compiled(tree: ast.expr, values: dict[str, Value], text: str) -> Value:
    match tree:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return lambda *_: float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _combined(lambda value: -value, _compiled(operand, values, text))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            both = _compiled(left, values, text), _compiled(right, values, text)
            return _combined(_ARITHMETIC[type(op)], *both)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            both = _compiled(left, values, text), _compiled(right, values, text)
            compare = _COMPARISONS[type(op)]
            return _combined(lambda one, other: float(compare(one, other)), *both)
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
            return _call(function.upper(), arguments, values, text)
    raise UnsupportedError(f"the expression {text}")


def _call(function: str, arguments: list[ast.expr], values: dict[str, Value], text: str) -> Value:
    if function == "FILL" and len(arguments) == 2:
        return _filled(_compiled(arguments[0], values, text), arguments[1], values, text)
    if function == "IF" and len(arguments) in (2, 3):
        return _conditional(*(_compiled(each, values, text) for each in arguments))
    if function in _REDUCTIONS and len(arguments) == 1 and isinstance(arguments[0], ast.List):
        parts = [_compiled(each, values, text) for each in arguments[0].elts]
        return _reduced(_REDUCTIONS[function], parts)
    raise UnsupportedError(f"the expression {text}")


def _combined(compute: Callable[..., float], *parts: Value) -> Value:
    """Computed only where every part has a datapoint, and never by a division by zero."""

    def value(start: int, end: int) -> float | None:
        found = [part(start, end) for part in parts]
        if any(each is None for each in found):
            return None
        try:
            return float(compute(*found))
        except ZeroDivisionError:
            return None

    return value


def _filled(series: Value, filler: ast.expr, values: dict[str, Value], text: str) -> Value:
    """FILL with a number, another series, or the last value (REPEAT)."""
    if isinstance(filler, ast.Name) and filler.id.upper() == "REPEAT":
        return _repeated(series)
    other = _compiled(filler, values, text)

    def value(start: int, end: int) -> float | None:
        found = series(start, end)
        return other(start, end) if found is None else found

    return value


def _repeated(series: Value) -> Value:
    def value(start: int, end: int) -> float | None:
        period = end - start
        for back in range(LOOK_BACK_PERIODS + 1):
            found = series(start - back * period, end - back * period)
            if found is not None:
                return found
        return None

    return value


def _conditional(condition: Value, then: Value, otherwise: Value | None = None) -> Value:
    def value(start: int, end: int) -> float | None:
        holds = condition(start, end)
        if holds is None:
            return None
        if holds:
            return then(start, end)
        return otherwise(start, end) if otherwise else None

    return value


def _reduced(reduce: Callable[[list[float]], float], parts: list[Value]) -> Value:
    def value(start: int, end: int) -> float | None:
        found: list[Any] = [each for part in parts if (each := part(start, end)) is not None]
        return reduce(found) if found else None

    return value
