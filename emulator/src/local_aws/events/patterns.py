"""Event patterns: parsing and matching.

EventBridge user guide, "Creating Amazon EventBridge event patterns" and "Comparison operators".
moto 5.2.5 treats unknown operators as a match and confuses true with 1.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local_aws.events.operators import Absent, InvalidPatternError, Matcher, matcher

Event = dict[str, Any]
Conjunction = list[tuple[str, list[Matcher]]]


@dataclass(frozen=True)
class _Leaf:
    """A scalar of an event; `positions` is its index in each array that contains it."""

    value: Any
    positions: dict[int, int] = field(default_factory=dict)


class Pattern:
    """A compiled pattern: alternatives whose fields must all match.

    Raises
    ------
    InvalidPatternError
        If `text` is not a valid pattern; the message is the reason.
    """

    def __init__(self, text: str) -> None:
        try:
            pattern = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidPatternError("Filter is not an object") from error
        if not isinstance(pattern, dict):
            raise InvalidPatternError("Filter is not an object")
        self._alternatives = _alternatives(pattern, "")

    def matches(self, event: Event) -> bool:
        """Whether the pattern matches `event`, in its JSON form."""
        leaves = _leaves(event)
        return any(_is_satisfied(fields, leaves, {}) for fields in self._alternatives)


def _alternatives(node: dict[str, Any], prefix: str) -> list[Conjunction]:
    """The pattern in disjunctive form. Names are joined by dots: ``{"a.b": …}`` is the same as nesting."""
    if not node:
        raise InvalidPatternError("Empty objects are not allowed")
    alternatives: list[Conjunction] = [[]]
    for name, value in node.items():
        if name == "$or" and _is_disjunction(value):
            options = [each for branch in value for each in _alternatives(branch, prefix)]
        elif isinstance(value, dict):
            options = _alternatives(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            options = [[(f"{prefix}{name}", _matchers(value))]]
        else:
            raise InvalidPatternError(f'"{name}" must be an object or an array')
        alternatives = [first + second for first, second in itertools.product(alternatives, options)]
    return alternatives


def _is_disjunction(value: Any) -> bool:
    """Whether ``$or`` is the operator. With fewer than two objects it is the name of a field."""
    return isinstance(value, list) and len(value) > 1 and all(isinstance(branch, dict) for branch in value)


def _matchers(values: list[Any]) -> list[Matcher]:
    if not values:
        raise InvalidPatternError("Empty arrays are not allowed")
    return [matcher(value) for value in values]


def _leaves(event: Event) -> dict[str, list[_Leaf]]:
    leaves: defaultdict[str, list[_Leaf]] = defaultdict(list)
    arrays = itertools.count()
    for path, leaf in _walk(event, "", {}, arrays):
        leaves[path].append(leaf)
    return leaves


def _walk(value: Any, path: str, positions: dict[int, int], arrays: Iterator[int]) -> Iterator[tuple[str, _Leaf]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _walk(member, f"{path}.{name}" if path else name, positions, arrays)
    elif isinstance(value, list):
        array = next(arrays)
        for index, element in enumerate(value):
            yield from _walk(element, path, {**positions, array: index}, arrays)
    else:
        yield path, _Leaf(value, positions)


def _is_satisfied(fields: Conjunction, leaves: dict[str, list[_Leaf]], positions: dict[int, int]) -> bool:
    """Whether every field matches a leaf, all within the same elements of arrays."""
    if not fields:
        return True
    (path, matchers), *others = fields
    candidates = leaves.get(path, [])
    if not candidates and any(isinstance(each, Absent) for each in matchers):
        return _is_satisfied(others, leaves, positions)
    return any(
        _agree(leaf.positions, positions)
        and any(each(leaf.value) for each in matchers)
        and _is_satisfied(others, leaves, {**positions, **leaf.positions})
        for leaf in candidates
    )


def _agree(some: dict[int, int], others: dict[int, int]) -> bool:
    return all(others.get(array, index) == index for array, index in some.items())
