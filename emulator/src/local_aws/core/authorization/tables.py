"""The tables in `tables/`: action, resources and derived permissions of each operation.

One file per service, read when a role first calls the service.
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
    """Further permissions of some operations whose parameters are those in `when`."""

    operations: tuple[str, ...]
    when: Mapping[str, Any]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, str]


@dataclass(frozen=True)
class Unscoped:
    """Operations that are authorized on ``*`` if their parameters are those in `when`."""

    operations: tuple[str, ...]
    when: Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Facts of the service authorization reference about one service.

    Attributes
    ----------
    resources : mapping of str to tuple of str
        Type of resource → templates of its names in policies.
    operations : mapping of str to tuple of str
        Operation → types of its resources; empty: ``*``.
    free : frozenset of str
        Operations that need no permission.
    not_modelled : frozenset of str
        Parameters that change the permission in a way that is not modelled.
    context, context_maps : mapping of str to str
        Condition key → template of its values; prefix of condition keys → map with the rest of the key.
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
    """The table of a service by its name in botocore, or None."""
    file = FOLDER / f"{service}.toml"
    return _table(tomllib.loads(file.read_text())) if file.exists() else None


def services() -> list[str]:
    """The services with a table."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


@cache
def operation(action: str) -> tuple[str, str] | None:
    """A service and its operation that need the permission, or None."""
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
    """Condition keys of all services in lower case: absent from calls that do not supply them."""
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
