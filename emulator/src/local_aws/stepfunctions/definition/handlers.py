"""Checks of Retry and Catch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local_aws.stepfunctions.definition import fields
from local_aws.stepfunctions.definition.problem import Problem, in_range, one_of, required, schema, typed, unsupported


def problems(state: dict[str, Any], where: str, language: str) -> Iterator[Problem]:
    """Problems of the state's retriers and catchers."""
    for place, retrier, is_last in _entries(state, "Retry", where):
        yield from _entry_problems(retrier, place, fields.RETRIER, is_last=is_last)
        if isinstance(retrier, dict):
            for name, (least, most) in fields.RETRIER_NUMBERS.items():
                yield from in_range(retrier, name, least, most, place)
            yield from in_range(retrier, "BackoffRate", 1.0, None, place, kind="NUMBER")
            yield from one_of(retrier, "JitterStrategy", ("FULL", "NONE"), place)
    for place, catcher, is_last in _entries(state, "Catch", where):
        yield from _entry_problems(catcher, place, fields.CATCHER[language], is_last=is_last)
        if isinstance(catcher, dict):
            yield from required(catcher, ("Next",), place)
            yield from typed(catcher, "Next", "STRING", place)


def _entries(state: dict[str, Any], field: str, where: str) -> Iterator[tuple[str, Any, bool]]:
    entries = state.get(field)
    if isinstance(entries, list):
        for index, entry in enumerate(entries):
            yield f"{where}/{field}[{index}]", entry, index == len(entries) - 1


def _entry_problems(entry: Any, where: str, allowed: frozenset[str], *, is_last: bool) -> Iterator[Problem]:
    if not isinstance(entry, dict):
        yield schema("Expected value of type [OBJECT]", where)
        return
    yield from unsupported(entry, allowed, where)
    yield from required(entry, ("ErrorEquals",), where)
    yield from typed(entry, "ErrorEquals", "ARRAY", where)
    names = entry.get("ErrorEquals")
    if not isinstance(names, list):
        return
    place = f"{where}/ErrorEquals"
    if not names or not all(isinstance(name, str) and name for name in names):
        yield schema("ErrorEquals is a list of at least one error name", place)
    elif "States.ALL" in names and (len(names) > 1 or not is_last):
        yield schema("States.ALL must appear alone, and in the last entry only", place)
