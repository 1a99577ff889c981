"""Checks of a machine with its branches and processors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local_aws.core.errors import NotModelledError
from local_aws.stepfunctions.definition import fields, states, variables
from local_aws.stepfunctions.definition.flow import flow_problems
from local_aws.stepfunctions.definition.problem import Problem, in_range, is_a, one_of, required, schema, typed
from local_aws.stepfunctions.definition.problem import unsupported as unsupported_fields
from local_aws.stepfunctions.definition.variables import Variables

LONGEST_NAME = 80


class Checker:
    """One check of one definition."""

    def __init__(self, *, is_express: bool) -> None:
        self._is_express = is_express
        self._names: set[str] = set()
        self._language = "JSONPath"

    def check(self, machine: Any) -> Iterator[Problem]:
        """All problems of the machine."""
        if isinstance(machine, dict):
            self._language = language_of(machine, "JSONPath")
            yield from one_of(machine, "QueryLanguage", fields.LANGUAGES, "")
            yield from in_range(machine, "TimeoutSeconds", 1, fields.LONGEST_SECONDS, "")
            yield from typed(machine, "Version", "STRING", "")
        yield from self._machine_problems(machine, "", fields.MACHINE, None)

    def _machine_problems(
        self, machine: Any, where: str, allowed: frozenset[str], outer: Variables | None
    ) -> Iterator[Problem]:
        if not isinstance(machine, dict):
            yield schema("Expected value of type [OBJECT]", where)
            return
        yield from unsupported_fields(machine, allowed, where)
        yield from required(machine, ("StartAt",), where)
        yield from required(machine, ("States",), where)
        yield from typed(machine, "StartAt", "STRING", where)
        yield from typed(machine, "States", "OBJECT", where)
        found = machine.get("States")
        if not isinstance(found, dict) or not is_a("STRING", machine.get("StartAt")):
            return
        if not found:
            yield schema("At least one state is required", f"{where}/States")
            return
        own = variables.of_states(found, outer)
        yield from variables.name_problems(found, own, f"{where}/States")
        for name, state in found.items():
            place = f"{where}/States/{name}"
            yield from self._state_problems(name, state, place, own)
            around = variables.of_states(found, outer, but_catchers_of=state)
            for inner_place, inner, fields_of_inner in _inner_machines(state, place):
                yield from self._machine_problems(inner, inner_place, fields_of_inner, around)
        yield from flow_problems(machine["StartAt"], found, where)

    def _state_problems(self, name: str, state: Any, where: str, own: Variables) -> Iterator[Problem]:
        if not isinstance(state, dict):
            yield schema("Expected value of type [OBJECT]", where)
            return
        if not 0 < len(name) <= LONGEST_NAME:
            yield Problem("INVALID_STATE_NAME", f"A state's name has 1 to {LONGEST_NAME} characters", where)
        if name in self._names:
            yield Problem("DUPLICATE_STATE_NAME", f"The state name '{name}' is used more than once", where)
        self._names.add(name)
        yield from states.state_problems(state, where, language_of(state, self._language), self._language, own)
        if self._is_express:
            yield from states.express_problems(state, where)


def language_of(holder: dict[str, Any], otherwise: str) -> str:
    """JSONPath for exactly this word; without a language that of the surrounding machine; otherwise JSONata."""
    if "QueryLanguage" not in holder:
        return otherwise
    return "JSONPath" if holder["QueryLanguage"] == "JSONPath" else "JSONata"


def _inner_machines(state: Any, where: str) -> Iterator[tuple[str, Any, frozenset[str]]]:
    if not isinstance(state, dict):
        return
    branches = state.get("Branches")
    for index, branch in enumerate(branches if isinstance(branches, list) else []):
        yield f"{where}/Branches[{index}]", branch, fields.BRANCH
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(processor := state.get(field), dict):
            config = processor.get("ProcessorConfig", {})
            if isinstance(config, dict) and config.get("Mode", "INLINE") != "INLINE":
                raise NotModelledError(f"a distributed Map: {where}")
            yield f"{where}/{field}", processor, fields.PROCESSOR
