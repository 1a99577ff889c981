"""Checks of one state: its fields by type and query language, its values, its resource."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from local_aws.core.errors import NotModelledError
from local_aws.stepfunctions import jsonata, resources
from local_aws.stepfunctions.definition import expressions, fields, handlers, paths
from local_aws.stepfunctions.definition.problem import Problem, in_range, one_of, required, schema, typed, unsupported
from local_aws.stepfunctions.definition.variables import Variables
from local_aws.stepfunctions.languages import moment

State = dict[str, Any]


def state_problems(
    state: State, where: str, language: str, machine_language: str, variables: Variables
) -> Iterator[Problem]:
    """Problems of the state without those of its branches."""
    kind = state.get("Type")
    yield from required(state, ("Type",), where)
    yield from one_of(state, "Type", fields.KINDS, where)
    yield from one_of(state, "QueryLanguage", fields.LANGUAGES, where)
    if kind not in fields.KINDS:
        return
    yield from _field_problems(state, kind, where, language, machine_language)
    for names in fields.REQUIRED.get(kind, ()):
        yield from required(state, names, where)
    yield from _transition_problems(state, kind, where)
    for name, type_name in fields.TYPES.items():
        yield from typed(state, name, type_name, where)
    for name, (least, most) in fields.NUMBERS.items():
        if not (language == "JSONata" and jsonata.is_expression(state.get(name))):
            yield from in_range(state, name, least, most, where)
    if kind in _KINDS:
        yield from _KINDS[kind](state, where, language)
    yield from _either_or_problems(state, where)
    yield from handlers.problems(state, where, language)
    if language == "JSONata":
        yield from expressions.problems(state, where, variables)
    else:
        yield from paths.problems(state, where)


def express_problems(state: State, where: str) -> Iterator[Problem]:
    """Features that an Express state machine does not support."""
    resource = state.get("Resource")
    pattern = re.search(r"\.(waitForTaskToken|sync(:2)?)$", resource) if isinstance(resource, str) else None
    if pattern:
        message = f"Express state machine does not support '{pattern[0]}' service integration "
        yield schema(message, f"{where}/Resource")


def _field_problems(state: State, kind: str, where: str, language: str, machine_language: str) -> Iterator[Problem]:
    if kind == "Map" and (distributed := fields.DISTRIBUTED.intersection(state)):
        raise NotModelledError(f"a distributed Map: {', '.join(sorted(distributed))} at {where}")
    is_downgraded = machine_language == "JSONata" and state.get("QueryLanguage") == "JSONPath"
    if is_downgraded:
        yield schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", where)
    (other,) = set(fields.LANGUAGES) - {language}
    misplaced = {name for name in state if name in fields.ONLY_IN[other]}
    for name in () if is_downgraded else state:
        if name in misplaced:
            message = (
                f"The QueryLanguage is set to '{language}', but field '{name}' is only supported for the '{other}'"
            )
            yield schema(f"{message} QueryLanguage", where)
    yield from unsupported(state, fields.STATES[language][kind] | misplaced, where)


def _transition_problems(state: State, kind: str, where: str) -> Iterator[Problem]:
    if kind in fields.ENDS_BY_ITSELF:
        return
    if "Next" in state and "End" in state:
        yield schema("A state has either 'Next' or 'End', not both", where)
    elif "Next" not in state and state.get("End") is not True:
        yield schema("The field 'Next' is required but was missing, for the state is no 'End'", where)


def _task_problems(state: State, where: str, language: str) -> Iterator[Problem]:
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        yield schema("'HeartbeatSeconds' must be less than 'TimeoutSeconds'", f"{where}/HeartbeatSeconds")
    if "Credentials" in state:
        credentials = state["Credentials"]
        is_named = isinstance(credentials, dict) and credentials.keys() & {"RoleArn", "RoleArn.$"}
        if not is_named and not jsonata.is_expression(credentials):
            yield schema("The field 'RoleArn' is required but was missing", f"{where}/Credentials")
    if not isinstance(state.get("Resource"), str):
        return
    try:
        found = resources.parse(state["Resource"])
    except resources.NotIntegratedError as error:
        yield schema(str(error), f"{where}/Resource")
        return
    field = "Arguments" if language == "JSONata" else "Parameters"
    if isinstance(given := state.get(field), dict) and not found.function_arn:
        for said, place in found.problems(given, skip=resources.is_known_at_run_time):
            yield schema(said, f"{where}/{field}/{place}".removesuffix("/"))


def _choice_problems(state: State, where: str, language: str) -> Iterator[Problem]:
    rules = state.get("Choices")
    if rules == []:
        yield schema("At least one choice rule is required", f"{where}/Choices")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        place = f"{where}/Choices[{index}]"
        if not isinstance(rule, dict):
            yield schema("Expected value of type [OBJECT]", place)
            continue
        yield from required(rule, ("Next",), place)
        yield from typed(rule, "Next", "STRING", place)
        if language == "JSONPath":
            yield from paths.rule_problems(rule, place)
            continue
        yield from unsupported(rule, fields.RULE, place)
        yield from required(rule, ("Condition",), place)
        condition = rule.get("Condition", True)
        if not isinstance(condition, bool) and not jsonata.is_expression(condition):
            yield schema("The field 'Condition' must be a JSONata expression", f"{place}/Condition")


def _wait_problems(state: State, where: str, language: str) -> Iterator[Problem]:
    if len([name for name in fields.WAITS if name in state]) != 1:
        yield schema(f"A Wait state has exactly one of the fields {', '.join(fields.WAITS)}", where)
    timestamp = state.get("Timestamp")
    if timestamp is None or (language == "JSONata" and jsonata.is_expression(timestamp)):
        return
    try:
        moment(timestamp)
    except (TypeError, ValueError):
        yield schema("Value must be a valid ISO 8601 timestamp", f"{where}/Timestamp")


def _parallel_problems(state: State, where: str, _: str) -> Iterator[Problem]:
    if state.get("Branches") == []:
        yield schema("At least one branch is required", f"{where}/Branches")


def _map_problems(state: State, where: str, _: str) -> Iterator[Problem]:
    if "ItemProcessor" in state and "Iterator" in state:
        yield schema("A Map state has either 'ItemProcessor' or 'Iterator', not both", where)
    if isinstance(items := state.get("Items"), dict):
        raise NotModelledError(f"a Map over the members of an object: {where}/Items = {items}")


def _either_or_problems(state: State, where: str) -> Iterator[Problem]:
    for name in fields.EITHER_OR:
        if name in state and f"{name}Path" in state:
            yield schema(f"A state has either '{name}' or '{name}Path', not both", f"{where}/{name}")


_KINDS = {
    "Choice": _choice_problems,
    "Map": _map_problems,
    "Parallel": _parallel_problems,
    "Task": _task_problems,
    "Wait": _wait_problems,
}
