"""What is wrong with a state machine's definition: everything at once, each with where it stands.

Amazon States Language specification (states-language.net) and the Step Functions developer guide. What a state may
say is data: fields by type and query language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.stepfunctions import integrations, jsonata

LONGEST_DEFINITION_BYTES = 1024 * 1024
LONGEST_NAME = 80

_MACHINE = frozenset(["Comment", "StartAt", "States", "QueryLanguage"])
_TOP = _MACHINE | frozenset(("TimeoutSeconds", "Version"))
_PROCESSOR = _MACHINE | frozenset(("ProcessorConfig",))
_ANY = frozenset(["Type", "Comment", "QueryLanguage"])
_FLOW = frozenset(("Next", "End"))
_HANDLED = frozenset(("Retry", "Catch"))
_RETRIER = frozenset(
    ["ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"]
)


def _fields(names: str, *more: frozenset[str]) -> frozenset[str]:
    return _ANY.union(names.split(), *more)


_IN_OUT = "InputPath OutputPath"
_STATES: dict[str, dict[str, frozenset[str]]] = {
    "JSONata": {
        "Pass": _fields("Assign Output", _FLOW),
        "Task": _fields(
            "Resource Arguments Assign Output TimeoutSeconds HeartbeatSeconds Credentials", _FLOW, _HANDLED
        ),
        "Choice": _fields("Choices Default Assign Output"),
        "Wait": _fields("Seconds Timestamp Assign Output", _FLOW),
        "Succeed": _fields("Output"),
        "Fail": _fields("Error Cause"),
        "Parallel": _fields("Branches Arguments Assign Output", _FLOW, _HANDLED),
        "Map": _fields("Items ItemSelector ItemProcessor MaxConcurrency Assign Output", _FLOW, _HANDLED),
    },
    "JSONPath": {
        "Pass": _fields(f"{_IN_OUT} Parameters Result ResultPath Assign", _FLOW),
        "Task": _fields(
            f"{_IN_OUT} Resource Parameters ResultSelector ResultPath Assign Credentials "
            "TimeoutSeconds TimeoutSecondsPath HeartbeatSeconds HeartbeatSecondsPath",
            _FLOW,
            _HANDLED,
        ),
        "Choice": _fields(f"{_IN_OUT} Choices Default Assign"),
        "Wait": _fields(f"{_IN_OUT} Seconds Timestamp SecondsPath TimestampPath Assign", _FLOW),
        "Succeed": _fields(_IN_OUT),
        "Fail": _fields("Error Cause ErrorPath CausePath"),
        "Parallel": _fields(f"{_IN_OUT} Branches Parameters ResultSelector ResultPath Assign", _FLOW, _HANDLED),
        "Map": _fields(
            f"{_IN_OUT} ItemsPath ItemSelector Parameters ItemProcessor Iterator MaxConcurrency MaxConcurrencyPath "
            "ResultSelector ResultPath Assign",
            _FLOW,
            _HANDLED,
        ),
    },
}
_CATCHER = {
    "JSONata": frozenset(["ErrorEquals", "Next", "Assign", "Output", "Comment"]),
    "JSONPath": frozenset(["ErrorEquals", "Next", "Assign", "ResultPath", "Comment"]),
}
_REQUIRED = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}
_ENDS_BY_ITSELF = ("Choice", "Succeed", "Fail")
_NUMBERS = {"TimeoutSeconds": (1, 99_999_999), "HeartbeatSeconds": (1, 99_999_999), "MaxConcurrency": (0, None)}
_RETRIER_NUMBERS = {"IntervalSeconds": (1, None), "MaxAttempts": (0, 99_999_999), "MaxDelaySeconds": (1, 31_622_400)}
_VARIABLE = re.compile(r"[^\W\d]\w*")
_STATES_ROOT = re.compile(r"\$states\.(\w+)")


@dataclass(frozen=True)
class Problem:
    """Something that Step Functions refuses: a diagnostic code, a message, and the JSON pointer of the place."""

    code: str
    message: str
    location: str


def problems(text: str) -> list[Problem]:
    """Everything that is wrong with the definition; empty when it would be accepted."""
    if len(text.encode()) > LONGEST_DEFINITION_BYTES:
        return [Problem("INVALID_DEFINITION", "The definition exceeds 1 MB", "/")]
    try:
        machine = json.loads(text)
    except json.JSONDecodeError as error:
        return [Problem("INVALID_JSON_DESCRIPTION", f"The definition is not valid JSON: {error}", "/")]
    if not isinstance(machine, dict):
        return [Problem("SCHEMA_VALIDATION_FAILED", "The definition must be a JSON object", "/")]
    return list(_Checker(machine).check())


class _Checker:
    def __init__(self, machine: dict[str, Any]) -> None:
        self._machine = machine
        self._names: dict[str, str] = {}

    def check(self) -> Iterator[Problem]:
        yield from self._machine_problems(self._machine, "", _TOP, "JSONPath")
        yield from _number(self._machine, "TimeoutSeconds", "", 1, 99_999_999)

    def _machine_problems(self, machine: Any, where: str, allowed: frozenset[str], language: str) -> Iterator[Problem]:
        if not isinstance(machine, dict):
            yield _schema("Expected a JSON object", where)
            return
        yield from _unknown(machine, allowed, where)
        own = machine.get("QueryLanguage", language)
        if own not in _STATES or (where and language == "JSONata" and own == "JSONPath"):
            yield _schema(f"QueryLanguage '{own}' is not allowed here", f"{where}/QueryLanguage")
            return
        states = machine.get("States")
        if not isinstance(states, dict) or not states:
            yield _schema("The field 'States' must be an object with at least one state", f"{where}/States")
            return
        yield from self._flow_problems(machine, states, where)
        for name, state in states.items():
            yield from self._state_problems(name, state, f"{where}/States/{name}", own)

    def _flow_problems(self, machine: dict[str, Any], states: dict[str, Any], where: str) -> Iterator[Problem]:
        start = machine.get("StartAt")
        targets = [(start, f"{where}/StartAt")]
        for name, state in states.items():
            if isinstance(state, dict):
                targets += _targets(state, f"{where}/States/{name}")
        for target, place in targets:
            if target not in states:
                yield Problem("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", place)
        reached = _reachable(start, states)
        for name in states:
            if name not in reached:
                yield Problem("UNREACHABLE_STATE", f"The state '{name}' is not reachable", f"{where}/States/{name}")
        if reached and not any(_ends(states[name]) for name in reached):
            yield _schema("No terminal state is reachable", f"{where}/States")

    def _state_problems(self, name: str, state: Any, where: str, around: str) -> Iterator[Problem]:
        if not isinstance(state, dict):
            yield _schema("A state must be a JSON object", where)
            return
        if len(name) > LONGEST_NAME:
            yield _schema(f"The state name exceeds {LONGEST_NAME} characters", where)
        if name in self._names:
            yield Problem("DUPLICATE_STATE_NAME", f"The state name '{name}' is used twice", where)
        self._names[name] = where
        language, kind = state.get("QueryLanguage", around), state.get("Type")
        if language not in _STATES or (around == "JSONata" and language == "JSONPath"):
            yield _schema(f"QueryLanguage '{language}' is not allowed here", f"{where}/QueryLanguage")
            return
        if kind not in _STATES[language]:
            yield _schema(f"The state type '{kind}' is not one of {', '.join(_STATES[language])}", f"{where}/Type")
            return
        yield from _unknown(state, _STATES[language][kind], where)
        yield from _required(state, kind, where)
        yield from _kind_problems(state, kind, where, language)
        yield from _handling_problems(state, where, language)
        yield from _template_problems(state, where, language)
        for place, inner, allowed in _inner_machines(state, where):
            yield from self._machine_problems(inner, place, allowed, language)


def _schema(message: str, where: str) -> Problem:
    return Problem("SCHEMA_VALIDATION_FAILED", message, where or "/")


def _unknown(value: dict[str, Any], allowed: frozenset[str], where: str) -> Iterator[Problem]:
    for name in value:
        if name not in allowed:
            yield _schema(f"Field '{name}' is not supported here", f"{where}/{name}")


def _required(state: dict[str, Any], kind: str, where: str) -> Iterator[Problem]:
    for name in _REQUIRED.get(kind, ()):
        if not state.get(name):
            yield _schema(f"The field '{name}' is required", where)
    if kind not in _ENDS_BY_ITSELF and ("Next" in state) == (state.get("End") is True):
        yield _schema("A state has either 'Next' or 'End': true", where)


def _kind_problems(state: dict[str, Any], kind: str, where: str, language: str) -> Iterator[Problem]:
    for name, (least, most) in _NUMBERS.items():
        yield from _number(state, name, where, least, most)
    if kind == "Task" and isinstance(state.get("Resource"), str):
        yield from _resource_problems(state, where)
    if kind == "Wait":
        given = [name for name in ("Seconds", "Timestamp", "SecondsPath", "TimestampPath") if name in state]
        if len(given) != 1:
            yield _schema("A Wait state has exactly one of 'Seconds' and 'Timestamp'", where)
    if kind == "Map" and not isinstance(state.get("ItemProcessor", state.get("Iterator")), dict):
        yield _schema("The field 'ItemProcessor' is required", where)
    if kind == "Choice":
        for index, rule in enumerate(state.get("Choices") or []):
            yield from _rule_problems(rule, f"{where}/Choices/{index}", language)
    for both in ("Error", "Cause", "TimeoutSeconds", "HeartbeatSeconds"):
        if both in state and f"{both}Path" in state:
            yield _schema(f"A state has either '{both}' or '{both}Path'", where)


def _rule_problems(rule: Any, where: str, language: str) -> Iterator[Problem]:
    if not isinstance(rule, dict) or "Next" not in rule:
        yield _schema("A choice rule has a 'Next'", where)
    elif language == "JSONata":
        yield from _unknown(rule, frozenset(["Condition", "Next", "Assign", "Output", "Comment"]), where)
        if not jsonata.is_expression(rule.get("Condition")) and not isinstance(rule.get("Condition"), bool):
            yield _schema("The field 'Condition' must be a JSONata expression", f"{where}/Condition")
    elif "Condition" in rule or "Output" in rule:
        yield _schema("A JSONPath choice rule has no 'Condition' and no 'Output'", where)


def _resource_problems(state: dict[str, Any], where: str) -> Iterator[Problem]:
    try:
        found = integrations.parse(state["Resource"])
    except integrations.NotIntegratedError as error:
        yield _schema(str(error), f"{where}/Resource")
        return
    given = state.get("Arguments", state.get("Parameters"))
    if isinstance(given, dict):
        names = {name.removesuffix(".$") for name in given}
        for name in sorted(integrations.unsupported_parameters(found, names)):
            yield _schema(f'The field "{name}" is not supported by Step Functions', f"{where}/Arguments/{name}")


def _handling_problems(state: dict[str, Any], where: str, language: str) -> Iterator[Problem]:
    for field, allowed in (("Retry", _RETRIER), ("Catch", _CATCHER[language])):
        rules = state.get(field, [])
        if not isinstance(rules, list):
            yield _schema(f"The field '{field}' must be a list", f"{where}/{field}")
            continue
        for index, rule in enumerate(rules):
            place = f"{where}/{field}/{index}"
            if not isinstance(rule, dict):
                yield _schema("Expected a JSON object", place)
                continue
            yield from _unknown(rule, allowed, place)
            yield from _error_equals_problems(rule, place, is_last=index == len(rules) - 1)
            for name, (least, most) in _RETRIER_NUMBERS.items():
                yield from _number(rule, name, place, least, most)
            if rule.get("JitterStrategy", "NONE") not in ("NONE", "FULL"):
                yield _schema("JitterStrategy is 'FULL' or 'NONE'", f"{place}/JitterStrategy")
            if isinstance(rate := rule.get("BackoffRate", 2), bool) or not isinstance(rate, (int, float)) or rate < 1:
                yield _schema("BackoffRate must be a number of at least 1", f"{place}/BackoffRate")


def _error_equals_problems(rule: dict[str, Any], where: str, *, is_last: bool) -> Iterator[Problem]:
    names = rule.get("ErrorEquals")
    place = f"{where}/ErrorEquals"
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        yield _schema("ErrorEquals must be a list of error names", place)
    elif "States.ALL" in names and (len(names) > 1 or not is_last):
        yield _schema("'States.ALL' must stand alone and last", place)


def _template_problems(state: dict[str, Any], where: str, language: str) -> Iterator[Problem]:
    inner = {"Branches", "ItemProcessor", "Iterator"}
    for field, value in state.items():
        if field in inner:
            continue
        for place, text in _texts(value, f"{where}/{field}"):
            if language == "JSONata":
                yield from _expression_problems(text, place, field)
    for place, assigned in _assignments(state, where):
        for name in assigned if isinstance(assigned, dict) else ():
            bare = name.removesuffix(".$")
            if bare == "states" or not _VARIABLE.fullmatch(bare) or len(bare) > LONGEST_NAME:
                yield _schema(f"'{bare}' is not allowed as a variable name", f"{place}/{name}")


def _expression_problems(text: str, where: str, field: str) -> Iterator[Problem]:
    stripped = text.strip()
    if stripped.startswith("{%") and stripped.endswith("%}") and not jsonata.is_expression(text):
        yield _schema("A JSONata expression begins with '{%' and ends with '%}', without blanks around", where)
    if not jsonata.is_expression(text):
        return
    if fault := jsonata.check_syntax(text):
        yield Problem("INVALID_JSONATA_EXPRESSION", f"Invalid JSONata expression: {fault}", where)
    for root in _STATES_ROOT.findall(text):
        if root not in ("input", "context", "result", "errorOutput"):
            yield _schema(f"$states has no member '{root}'", where)
        elif root == "errorOutput" and field != "Catch":
            yield _schema("$states.errorOutput is available in a Catch only", where)
        elif root == "result" and field not in ("Output", "Assign"):
            yield _schema("$states.result is available in Output and Assign only", where)


def _assignments(state: dict[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    if "Assign" in state:
        yield f"{where}/Assign", state["Assign"]
    for field in ("Choices", "Catch"):
        for index, rule in enumerate(state.get(field) or []):
            if isinstance(rule, dict) and "Assign" in rule:
                yield f"{where}/{field}/{index}/Assign", rule["Assign"]


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _texts(member, f"{where}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{where}/{index}")


def _number(holder: dict[str, Any], name: str, where: str, least: int, most: int | None) -> Iterator[Problem]:
    value = holder.get(name)
    if value is None or jsonata.is_expression(value):
        return
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or value < least or (most is not None and value > most):
        bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"
        yield _schema(f"'{name}' must be a whole number {bounds}", f"{where}/{name}")


def _targets(state: dict[str, Any], where: str) -> list[tuple[Any, str]]:
    found = [(state[field], f"{where}/{field}") for field in ("Next", "Default") if field in state]
    for field in ("Choices", "Catch"):
        for index, rule in enumerate(state.get(field) or []):
            if isinstance(rule, dict) and "Next" in rule:
                found.append((rule["Next"], f"{where}/{field}/{index}/Next"))
    return found


def _reachable(start: Any, states: dict[str, Any]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in states and name not in reached and isinstance(states[name], dict):
            reached.add(name)
            waiting += [target for target, _ in _targets(states[name], "")]
    return reached


def _ends(state: dict[str, Any]) -> bool:
    return state.get("Type") in ("Succeed", "Fail") or state.get("End") is True


def _inner_machines(state: dict[str, Any], where: str) -> Iterator[tuple[str, Any, frozenset[str]]]:
    branches = state.get("Branches")
    for index, branch in enumerate(branches if isinstance(branches, list) else []):
        yield f"{where}/Branches/{index}", branch, _MACHINE
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(processor := state.get(field), dict):
            yield f"{where}/{field}", processor, _PROCESSOR
            if (processor.get("ProcessorConfig") or {}).get("Mode", "INLINE") != "INLINE":
                yield f"{where}/{field}/ProcessorConfig", None, _PROCESSOR
