"""Variables: their names and scopes.

Step Functions developer guide, "Passing data between states with variables".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local_aws.stepfunctions.definition.problem import Problem, schema

LONGEST_NAME = 80
_NAME = re.compile(r"[^\W\d_]\w*")


@dataclass(frozen=True)
class Variables:
    """Variables that the states of a machine, branch or processor assign, and those of the outer ones."""

    own: frozenset[str]
    outer: frozenset[str]

    def __contains__(self, name: str) -> bool:
        return name in self.own or name in self.outer


def of_states(states: dict[str, Any], outer: Variables | None, *, but_catchers_of: Any = None) -> Variables:
    """The variables of the states, within those of the outer machine.

    A branch can also assign variables of the catchers of its own Parallel or Map state (recorded on AWS): they are
    excluded for the state `but_catchers_of`.
    """
    own = frozenset(
        name
        for state in states.values()
        for place, names in _assignments(state, "")
        if not (state is but_catchers_of and place.startswith("/Catch"))
        for name in names
    )
    return Variables(own, outer.own | outer.outer if outer else frozenset())


def name_problems(states: dict[str, Any], variables: Variables, where: str) -> Iterator[Problem]:
    """Problems of variable names."""
    for state_name, state in states.items():
        for place, names in _assignments(state, f"{where}/{state_name}"):
            for name in names:
                if name == "states":
                    yield schema("'states' is reserved", f"{place}/{name}")
                elif not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
                    yield schema(f"'{name}' is not a valid variable name", f"{place}/{name}")
                elif name in variables.outer:
                    message = f"The variable name '{name}' was already defined in an outer scope"
                    yield Problem("DUPLICATE_VARIABLE_NAME", message, f"{place}/{name}")


def _assignments(state: Any, where: str) -> Iterator[tuple[str, list[str]]]:
    if not isinstance(state, dict):
        return
    holders = [(state, where)]
    for field in ("Choices", "Catch"):
        rules = state.get(field)
        entries = rules if isinstance(rules, list) else []
        holders += [(rule, f"{where}/{field}[{index}]") for index, rule in enumerate(entries)]
    for holder, place in holders:
        if isinstance(holder, dict) and isinstance(assigned := holder.get("Assign"), dict):
            yield f"{place}/Assign", [name.removesuffix(".$") for name in assigned]
