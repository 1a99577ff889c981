"""Comparison of an answer with what a test expects."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry

from shared.aws import Json
from shared.planning.faults import pointer_to
from test_endpoint.answers import NOTHING, Answer, UnreadableError, at, content, numbers

HTTP_OK = 200
SHOWN_CHARACTERS = 200
MOST_FOUND = 1000  # an answer of 6 MB could have a million


@dataclass(frozen=True)
class Unmet:
    """An expectation that does not hold.

    Attributes
    ----------
    what : str
        What was compared: a JSON pointer, ``status`` or ``latency``.
    expected, actual : str
        For people, each of at most `SHOWN_CHARACTERS`.
    """

    what: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, got {self.actual}"


def unmet(answer: Answer, expect: Json) -> list[Unmet]:
    """Return the expectations that do not hold; only that of the status if the answer has another one."""
    status = expect.get("status", HTTP_OK)
    if answer.status != status:
        said = answer.body.decode(errors="replace")
        return [Unmet("status", str(status), f"{answer.status} {shown(said)}" if said else str(answer.status))]
    found = list(_latency(answer, expect))
    try:
        document = content(answer)
    except UnreadableError as error:
        return [*found, Unmet("body", error.expected, shown(str(error)))]
    try:
        found += islice((each for check in CHECKS for each in check(document, expect)), MOST_FOUND)
    except (OverflowError, RecursionError) as error:  # from a number or a nesting beyond Python's limits
        found.append(Unmet("the whole answer", "numbers and nesting that can be compared", shown(str(error))))
    return found


def shown(value: Any) -> str:
    """Return the beginning of a value as JSON."""
    text = "nothing" if value is NOTHING else json.dumps(value, ensure_ascii=False)
    text = text.encode(errors="replace").decode()  # half a surrogate pair has no UTF-8
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _latency(answer: Answer, expect: Json) -> Iterator[Unmet]:
    most, took = expect.get("latencyMilliseconds"), answer.latency_milliseconds
    if most is not None and took is not None and took > most:
        yield Unmet("latency", f"at most {most:g} ms", f"{took:.1f} ms")


def _equals(document: Any, expect: Json) -> Iterator[Unmet]:
    for pointer, value in expect.get("equals", {}).items():
        found = at(document, pointer)
        if not _same(found, value):
            yield Unmet(_named(pointer), shown(value), shown(found))


def _within(document: Any, expect: Json) -> Iterator[Unmet]:
    for pointer, (value, tolerance) in expect.get("within", {}).items():
        found = at(document, pointer)
        # A comparison with NaN is false.
        if not (_is_number(found) and abs(found - value) <= tolerance):
            yield Unmet(_named(pointer), f"{value} ± {tolerance}", shown(found))


def _rows(document: Any, expect: Json) -> Iterator[Unmet]:
    for pointer, count in expect.get("rows", {}).items():
        found = at(document, pointer)
        if not isinstance(found, list):
            yield Unmet(_named(pointer), f"a list of {count}", shown(found))
        elif len(found) != count:
            yield Unmet(_named(pointer), f"a list of {count}", f"a list of {len(found)}")


def _schema(document: Any, expect: Json) -> Iterator[Unmet]:
    if "schema" not in expect:
        return
    registry: Registry[Any] = Registry()  # which reads nothing from elsewhere
    for error in Draft202012Validator(expect["schema"], registry=registry).iter_errors(document):
        rule = f"{error.validator} {shown(error.validator_value)} of the schema"
        yield Unmet(_named(pointer_to(list(error.absolute_path))), rule, shown(error.instance))


def _no_nan(document: Any, expect: Json) -> Iterator[Unmet]:
    if expect.get("noNaN", True):
        for pointer, number in numbers(document):
            if not math.isfinite(number):
                yield Unmet(_named(pointer), "a finite number", shown(number))


CHECKS: tuple[Callable[[Any, Json], Iterator[Unmet]], ...] = (_equals, _within, _rows, _schema, _no_nan)


def _same(found: Any, value: Any) -> bool:
    """Whether two JSON values are equal: 1 is 1.0, but not true."""
    if isinstance(value, bool) or isinstance(found, bool):
        return found is value
    if isinstance(value, list):
        return isinstance(found, list) and len(found) == len(value) and all(map(_same, found, value))
    if isinstance(value, dict):
        is_alike = isinstance(found, dict) and found.keys() == value.keys()
        return is_alike and all(_same(found[name], member) for name, member in value.items())
    return bool(found == value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _named(pointer: str) -> str:
    return pointer or "the whole answer"
