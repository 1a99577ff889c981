"""A state machine as a graph: its states, transitions and loops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Definition = dict[str, Any]
OTHERWISE = "otherwise"
ANY = "States.ALL"


@dataclass(frozen=True)
class Edge:
    """A transition between two states; `label` is the condition of a Choice or the caught error."""

    source: str
    target: str
    label: str = ""
    caught: bool = False


def is_function(resource: str) -> bool:
    """Whether a task calls a function and waits for its response or for its task token."""
    return ":lambda:invoke" in resource


def branches(state: Definition) -> list[Definition]:
    """State machines inside a Parallel or Map state; empty for other states."""
    inner = [*state.get("Branches", [])]
    if processor := state.get("ItemProcessor"):
        inner.append(processor)
    return inner


def states(machine: Definition) -> Iterator[tuple[str, Definition]]:
    """Every state by name; states of an inner machine follow the state that contains them."""
    for name, state in machine["States"].items():
        yield name, state
        for inner in branches(state):
            yield from states(inner)


def edges(machine: Definition) -> Iterator[Edge]:
    """Every transition between two states of `machine` itself, without inner machines."""
    for name, state in machine["States"].items():
        for choice in state.get("Choices", []):
            yield Edge(name, choice["Next"], label=str(choice.get("Condition", "")))
        if "Default" in state:
            yield Edge(name, state["Default"], label=OTHERWISE)
        if "Next" in state:
            yield Edge(name, state["Next"])
        for target in dict.fromkeys(catcher["Next"] for catcher in state.get("Catch", [])):
            errors = [e for catcher in state["Catch"] if catcher["Next"] == target for e in catcher["ErrorEquals"]]
            yield Edge(name, target, label=errors[0] if len(errors) == 1 and errors != [ANY] else "", caught=True)


def only_checks_again(states: Mapping[str, Definition], name: str, error: str) -> bool:
    """Whether the error leads back to the same state: no event arrived, so it checks again."""
    catchers = states.get(name, {}).get("Catch", [])
    return any(error in each["ErrorEquals"] and each["Next"] == name for each in catchers)


def loops(machine: Definition) -> dict[str, frozenset[str]]:
    """States of the loop of each state that can reach itself."""
    found: dict[str, frozenset[str]] = {}
    following: dict[str, set[str]] = {name: set() for name in machine["States"]}
    for edge in edges(machine):
        following[edge.source].add(edge.target)
    reachable = {name: _reachable(name, following) for name in following}
    for name, reached in reachable.items():
        if name in reached:
            found[name] = frozenset(other for other in reached if name in reachable[other])
    for state in machine["States"].values():
        for inner in branches(state):
            found |= loops(inner)
    return found


def _reachable(start: str, following: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(following[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(following[name])
    return reached
