"""The query languages: how a state reads its input and fields, and transforms its result."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Protocol

from local_aws.stepfunctions import choices, jsonata, jsonpath
from local_aws.stepfunctions.errors import QueryEvaluationError, RuntimeStateError, StateError
from local_aws.stepfunctions.history import text
from local_aws.stepfunctions.jsonpath import Data
from local_aws.stepfunctions.scope import Scope, sized

State = dict[str, Any]

# The result of a state without one: Choice, Wait, Succeed, a Pass that only passes its input on.
NO_RESULT = object()
LONGEST_WAIT_SECONDS = 99_999_999
_INPUT = "{% $states.input %}"  # the items of a JSONata Map state without Items


class Language(Protocol):
    """Operations of a state that depend on the query language.

    `raw` is the state's input, `effective` the input of its work. `holder` is the state, or the choice rule or catcher
    in its place, at `place` in the state (``Choices[0]/``).
    """

    def effective(self, state: State, raw: Any, scope: Scope) -> Any: ...
    def arguments(self, state: State, effective: Any, scope: Scope) -> Any: ...
    def item(self, state: State, item: Any, effective: Any, scope: Scope) -> Any: ...
    def field(self, state: State, name: str, effective: Any, scope: Scope) -> Any: ...
    def items(self, state: State, effective: Any, scope: Scope) -> list[Any]: ...
    def role_arn(self, state: State, effective: Any, scope: Scope) -> str | None: ...
    def complete(self, holder: State, place: str, *, raw: Any, effective: Any, result: Any, scope: Scope) -> Any: ...
    def caught(self, catcher: State, place: str, *, raw: Any, error: StateError, scope: Scope) -> Any: ...
    def chosen(self, state: State, effective: Any, scope: Scope) -> tuple[State, str] | None: ...


class JSONata:
    """`Arguments`, `Output`, `Assign`, `Condition` and other fields can be expressions."""

    def effective(self, state: State, raw: Any, scope: Scope) -> Any:
        return raw

    def arguments(self, state: State, effective: Any, scope: Scope) -> Any:
        return self._fill(state, "Arguments", scope, input=effective) if "Arguments" in state else effective

    def item(self, state: State, item: Any, effective: Any, scope: Scope) -> Any:
        return self._fill(state, "ItemSelector", scope, input=effective) if "ItemSelector" in state else item

    def field(self, state: State, name: str, effective: Any, scope: Scope) -> Any:
        if name not in state:
            return None
        value = self._fill(state, name, scope, input=effective)
        expected = _unexpected(name, value)
        if expected and jsonata.is_expression(state[name]):
            raise _unexpected_result(state[name], name, value, expected)
        return value

    def items(self, state: State, effective: Any, scope: Scope) -> list[Any]:
        items = self.field(state, "Items", effective, scope) if "Items" in state else effective
        if not isinstance(items, list):
            raise _unexpected_result(state.get("Items", _INPUT), "Items", items, "array")
        return items

    def role_arn(self, state: State, effective: Any, scope: Scope) -> str | None:
        if "Credentials" not in state:
            return None
        return str(self._fill(state, "Credentials", scope, input=effective)["RoleArn"])

    def complete(self, holder: State, place: str, *, raw: Any, effective: Any, result: Any, scope: Scope) -> Any:
        states = {"input": effective} | ({} if result is NO_RESULT else {"result": result})
        return self._finish(holder, place, scope, effective if result is NO_RESULT else result, states)

    def caught(self, catcher: State, place: str, *, raw: Any, error: StateError, scope: Scope) -> Any:
        return self._finish(catcher, place, scope, error.output, {"input": raw, "errorOutput": error.output})

    def chosen(self, state: State, effective: Any, scope: Scope) -> tuple[State, str] | None:
        for index, rule in enumerate(state["Choices"]):
            place = f"Choices[{index}]/"
            holds = self._fill(rule, "Condition", scope, place, input=effective)
            if not isinstance(holds, bool):
                raise _unexpected_result(rule["Condition"], f"{place}Condition", holds, "boolean")
            if holds:
                return rule, place
        return None

    def _finish(self, holder: State, place: str, scope: Scope, output: Any, states: dict[str, Any]) -> Any:
        """Evaluate Output and Assign in parallel, both with the values before the assignment."""
        if "Output" in holder:
            output = self._fill(holder, "Output", scope, place, **states)
        if "Assign" in holder:
            assigned = self._fill(holder, "Assign", scope, place, **states)
            sized(assigned, "Assign")
            scope.assign(assigned)
        return output

    @staticmethod
    def _fill(holder: State, name: str, scope: Scope, place: str = "", **states: Any) -> Any:
        bindings = {**scope.outer, **scope.own, "states": {**states, "context": scope.context}}
        return jsonata.fill(holder[name], bindings, place + name)


class JSONPath:
    """`InputPath`, `Parameters`, `ResultSelector`, `ResultPath`, `OutputPath`."""

    def effective(self, state: State, raw: Any, scope: Scope) -> Any:
        return self._path(state, "InputPath", raw, scope)

    def arguments(self, state: State, effective: Any, scope: Scope) -> Any:
        return jsonpath.fill(state["Parameters"], _data(effective, scope)) if "Parameters" in state else effective

    def item(self, state: State, item: Any, effective: Any, scope: Scope) -> Any:
        selector = state.get("ItemSelector", state.get("Parameters"))
        return item if selector is None else jsonpath.fill(selector, _data(effective, scope))

    def field(self, state: State, name: str, effective: Any, scope: Scope) -> Any:
        path = f"{name}Path"
        if path not in state:
            return state.get(name)
        value = jsonpath.value_of(state[path], _data(effective, scope), path)
        if name == "MaxConcurrency" and isinstance(value, str) and value.isdecimal():
            value = int(value)  # recorded on AWS
        if expected := _unexpected(name, value):
            raise RuntimeStateError(
                f"The {path} parameter does not reference a valid value: {value!r}; expected {expected}"
            )
        return value

    def items(self, state: State, effective: Any, scope: Scope) -> list[Any]:
        items = self.field(state, "Items", effective, scope) if "ItemsPath" in state else effective
        if not isinstance(items, list):
            raise RuntimeStateError(f"The items of a Map state are a list; these are {text(items)}.")
        return items

    def role_arn(self, state: State, effective: Any, scope: Scope) -> str | None:
        if "Credentials" not in state:
            return None
        return str(jsonpath.fill(state["Credentials"], _data(effective, scope))["RoleArn"])

    def complete(self, holder: State, place: str, *, raw: Any, effective: Any, result: Any, scope: Scope) -> Any:
        data = _data(effective if result is NO_RESULT else result, scope)
        if result is NO_RESULT:
            output = effective
        else:
            selected = jsonpath.fill(holder["ResultSelector"], data) if "ResultSelector" in holder else result
            output = jsonpath.place(holder.get("ResultPath", "$"), selected, raw)
        assigned = jsonpath.fill(holder.get("Assign", {}), data)
        sized(assigned, "Assign")
        output = self._path(holder, "OutputPath", output, scope)
        scope.assign(assigned)
        return output

    def caught(self, catcher: State, place: str, *, raw: Any, error: StateError, scope: Scope) -> Any:
        scope.assign(jsonpath.fill(catcher.get("Assign", {}), _data(error.output, scope)))
        return jsonpath.place(catcher.get("ResultPath", "$"), error.output, raw)

    def chosen(self, state: State, effective: Any, scope: Scope) -> tuple[State, str] | None:
        data = _data(effective, scope)
        for index, rule in enumerate(state["Choices"]):
            if choices.holds(rule, data):
                kept = {field: state[field] for field in ("OutputPath",) if field in state}
                return {**rule, **kept}, f"Choices[{index}]/"
        return None

    @staticmethod
    def _path(state: State, field: str, value: Any, scope: Scope) -> Any:
        path = state.get(field, "$")
        return {} if path is None else jsonpath.select(path, _data(value, scope), field)


def moment(value: str) -> datetime:
    """The time that a Wait state waits for.

    Raises
    ------
    ValueError
        If it is not an ISO 8601 timestamp with a time zone.
    """
    instant = datetime.fromisoformat(value)
    if "T" not in value or instant.tzinfo is None:
        raise ValueError(f"{value!r} is no timestamp like 2026-08-18T17:33:00Z")
    return instant


def _data(root: Any, scope: Scope) -> Data:
    return Data(root, scope.context, scope.variables)


def _unexpected(name: str, value: Any) -> str | None:
    """The type that the field expects, if the value has another."""
    if name in ("Seconds", "MaxConcurrency"):
        return None if _is_whole(value, 0) else "number"
    if name in ("TimeoutSeconds", "HeartbeatSeconds"):
        return None if _is_whole(value, 1) else "number"
    if name in ("Error", "Cause"):
        return None if isinstance(value, str) else "string"
    if name == "Items":
        return None if isinstance(value, list) else "array"
    return None if _is_timestamp(value) else "string"


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LONGEST_WAIT_SECONDS


def _is_timestamp(value: Any) -> bool:
    try:
        moment(value)
    except (TypeError, ValueError):
        return False
    return True


def _unexpected_result(expression: str, field: str, value: Any, expected: str) -> QueryEvaluationError:
    source = jsonata.source_of(expression) if jsonata.is_expression(expression) else expression
    cause = (
        f"The JSONata expression '{source}' specified for the field '{field}' returned an unexpected result type. "
        f"Expected '{expected}', but was '{_kind(value)}' for value: {json.dumps(value)}"
    )
    return QueryEvaluationError(cause, field)


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


LANGUAGES: dict[str, Language] = {"JSONata": JSONata(), "JSONPath": JSONPath()}
