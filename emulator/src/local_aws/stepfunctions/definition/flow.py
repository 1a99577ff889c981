"""Checks of transitions: each target exists, each state is reachable, the machine can end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local_aws.stepfunctions.definition.problem import Problem

States = dict[str, Any]


def flow_problems(start: str, states: States, where: str) -> Iterator[Problem]:
    """Problems of the machine, branch or processor at `where`."""
    targets = [(start, f"{where}/StartAt")]
    for name, state in states.items():
        targets += _targets(state, f"{where}/States/{name}")
    for target, place in targets:
        if target not in states:
            yield Problem("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", place)
    is_inner = bool(where)
    if not is_inner and not any(_ends(state) for state in states.values()):
        yield Problem("MISSING_END_STATE", "Workflow has no terminal state", None)
        return
    reached = _reachable(start, states)
    for name in states:
        if name not in reached:
            place = f"{where}/States/{name}"
            yield Problem("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', place)


def _targets(state: Any, where: str) -> list[tuple[str, str]]:
    if not isinstance(state, dict):
        return []
    holders = [(state, where)]
    for field in ("Choices", "Catch"):
        rules = state.get(field)
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict):
                holders.append((rule, f"{where}/{field}[{index}]"))
    return [
        (holder[field], f"{place}/{field}")
        for holder, place in holders
        for field in ("Next", "Default")
        if isinstance(holder.get(field), str)
    ]


def _reachable(start: str, states: States) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in states and name not in reached:
            reached.add(name)
            waiting += [target for target, _ in _targets(states[name], "")]
    return reached


def _ends(state: Any) -> bool:
    return isinstance(state, dict) and (state.get("Type") in ("Succeed", "Fail") or state.get("End") is True)
