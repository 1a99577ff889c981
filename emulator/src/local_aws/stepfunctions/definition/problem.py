"""A problem of a definition, and messages that several checks share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ERROR, WARNING = "ERROR", "WARNING"

_TYPES: dict[str, tuple[type, ...]] = {
    "ARRAY": (list,),
    "BOOLEAN": (bool,),
    "INTEGER": (int,),
    "NUMBER": (int, float),
    "OBJECT": (dict,),
    "STRING": (str,),
}


@dataclass(frozen=True)
class Problem:
    """An error or a warning of Step Functions.

    Attributes
    ----------
    code : str
        Code of ValidateStateMachineDefinition.
    location : str or None
        ``/States/Create model/Catch[0]/Next``, or None.
    """

    code: str
    message: str
    location: str | None
    severity: str = ERROR


def schema(message: str, where: str) -> Problem:
    """The problem of a violation of the language's schema."""
    return Problem("SCHEMA_VALIDATION_FAILED", message, where or "/")


def typed(holder: dict[str, Any], name: str, kind: str, where: str) -> Iterator[Problem]:
    """The member, if present, must have the type."""
    if name in holder and not is_a(kind, holder[name]):
        yield schema(f"Expected value of type [{kind}]", f"{where}/{name}")


def is_a(kind: str, value: Any) -> bool:
    """Whether the value has the JSON type; a boolean is not a number."""
    return isinstance(value, _TYPES[kind]) and (kind == "BOOLEAN" or not isinstance(value, bool))


def required(holder: dict[str, Any], names: tuple[str, ...], where: str) -> Iterator[Problem]:
    """One of the members must be present."""
    if not any(name in holder for name in names):
        yield schema(f"The field '{names[0]}' is required but was missing", where)


def unsupported(holder: dict[str, Any], allowed: frozenset[str], where: str) -> Iterator[Problem]:
    """No other members can be present."""
    for name in holder:
        if name not in allowed:
            yield schema(f"Field '{name}' is not supported", where)


def one_of(holder: dict[str, Any], name: str, values: tuple[str, ...], where: str) -> Iterator[Problem]:
    """The member, if present, must be one of the values."""
    if name not in holder:
        return
    if not isinstance(holder[name], str):
        yield schema("Expected value of type [STRING]", f"{where}/{name}")
    elif holder[name] not in values:
        yield schema(f"Value should be one of the following: [{', '.join(values)}]", f"{where}/{name}")


def in_range(
    holder: dict[str, Any], name: str, least: float, most: float | None, where: str, kind: str = "INTEGER"
) -> Iterator[Problem]:
    """The member, if present, must be a number within the bounds."""
    if name not in holder:
        return
    value, place = holder[name], f"{where}/{name}"
    if not is_a(kind, value):
        yield schema(f"Expected value of type [{kind}]", place)
    elif value < least:
        yield schema(f"Minimum value is {least}", place)
    elif most is not None and value > most:
        yield schema(f"Maximum value is {most}", place)
