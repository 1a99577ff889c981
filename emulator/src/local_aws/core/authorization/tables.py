"""The tables in `tables/`: for each operation its action, its resources and the permissions that it derives.

One file for each service, read when a role first calls it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Derived:
    """Permissions that some operations need beyond their own, when the parameters `when` are as said."""

    operations: tuple[str, ...]
    when: Mapping[str, Any]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, str]


@dataclass(frozen=True)
class Unscoped:
    """Operations that are authorised on ``*``, whatever they name, when the parameters `when` are as said."""

    operations: tuple[str, ...]
    when: Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """What the service authorization reference says of one service.

    Attributes
    ----------
    resources : mapping of str to tuple of str
        Type of resource → templates of the names that policies may use for it.
    operations : mapping of str to tuple of str
        Operation → the types of resources that it is authorised on; none: ``*``.
    free : frozenset of str
        Operations that need no permission.
    not_modelled : frozenset of str
        Parameters that change which permission is needed in a way that is not modelled.
    context, context_maps : mapping of str to str
        Condition key → template of its values; prefix of condition keys → the map that has the rest of the key.
    """

    prefix: str
    resources: Mapping[str, tuple[str, ...]]
    operations: Mapping[str, tuple[str, ...]]
    actions: Mapping[str, str]
    free: frozenset[str]
    not_modelled: frozenset[str]
    context: Mapping[str, str]
    context_maps: Mapping[str, str]
    derived: tuple[Derived, ...]
    unscoped: tuple[Unscoped, ...]
    known: frozenset[str]

    def action(self, operation: str) -> str:
        return self.actions.get(operation, f"{self.prefix}:{operation}")


@cache
def table(service: str) -> Table | None:
    """The table of a service by its name in botocore; None where there is none."""
    file = FOLDER / f"{service}.toml"
    return _table(tomllib.loads(file.read_text())) if file.exists() else None


def services() -> list[str]:
    """The services that have a table."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


@cache
def operation(action: str) -> tuple[str, str] | None:
    """A service and its operation that needs the permission; None where no table knows one."""
    prefix, name = action.split(":", 1)
    for service in services():
        known = table(service)
        if known is None or known.prefix != prefix:
            continue
        named = [each for each in known.operations if known.action(each) == action]
        if named:
            return service, name if name in named else named[0]
    return None


@cache
def known_keys() -> frozenset[str]:
    """Condition keys of every service, in lower case: absent from a call where it does not supply them."""
    tables = [each for each in map(table, services()) if each]
    keys = {key for each in tables for key in (*each.context, *each.known)}
    keys |= {key for each in tables for derived in each.derived for key in derived.context}
    return frozenset(key.lower() for key in keys)


def _table(data: dict[str, Any]) -> Table:
    return Table(
        prefix=data["prefix"],
        resources={name: _tuple(templates) for name, templates in data["resources"].items()},
        operations={name: tuple(types) for name, types in data["operations"].items()},
        actions=data.get("actions", {}),
        free=frozenset(data.get("free", ())),
        not_modelled=frozenset(data.get("not_modelled", ())),
        context=data.get("context", {}),
        context_maps=data.get("context_maps", {}),
        derived=tuple(_derived(each) for each in data.get("derived", ())),
        unscoped=tuple(Unscoped(tuple(each["operations"]), each["when"]) for each in data.get("unscoped", ())),
        known=frozenset(data.get("known", {}).get("keys", ())),
    )


def _derived(data: dict[str, Any]) -> Derived:
    return Derived(
        operations=tuple(data["operations"]),
        when=data.get("when", {}),
        actions=tuple(data["actions"]),
        resources=tuple(data["resources"]),
        context=data.get("context", {}),
    )


def _tuple(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
