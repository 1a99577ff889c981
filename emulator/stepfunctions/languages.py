"""The two query languages: how a state reads its input and its fields, and what it makes of a result."""

from __future__ import annotations

from typing import Any, Protocol

from emulator.stepfunctions import choices, jsonata, jsonpath
from emulator.stepfunctions.errors import QueryEvaluationError, StateError
from emulator.stepfunctions.jsonpath import Data
from emulator.stepfunctions.scope import Scope

State = dict[str, Any]
_ABSENT = object()


class Language(Protocol):
    """What a state asks of its query language. `raw` is the state's input, `effective` what its work begins with."""

    def effective(self, state: State, raw: Any, scope: Scope) -> Any: ...
    def arguments(self, state: State, effective: Any, scope: Scope) -> Any: ...
    def field(self, state: State, name: str, effective: Any, scope: Scope) -> Any: ...
    def complete(self, state: State, raw: Any, effective: Any, result: Any, scope: Scope) -> Any: ...
    def caught(self, catcher: State, raw: Any, error: StateError, scope: Scope) -> Any: ...
    def chosen(self, state: State, effective: Any, scope: Scope) -> State | None: ...


class JSONata:
    """`Arguments`, `Output`, `Assign`, `Condition` and any other field may hold expressions."""

    def effective(self, state: State, raw: Any, scope: Scope) -> Any:
        return raw

    def arguments(self, state: State, effective: Any, scope: Scope) -> Any:
        return self._evaluate(state["Arguments"], scope, input=effective) if "Arguments" in state else effective

    def field(self, state: State, name: str, effective: Any, scope: Scope) -> Any:
        return self._evaluate(state[name], scope, input=effective) if name in state else None

    def complete(self, state: State, raw: Any, effective: Any, result: Any, scope: Scope) -> Any:
        states = {"input": effective} | ({} if result is _ABSENT else {"result": result})
        return self._finish(state, scope, effective if result is _ABSENT else result, states)

    def caught(self, catcher: State, raw: Any, error: StateError, scope: Scope) -> Any:
        return self._finish(catcher, scope, error.output, {"input": raw, "errorOutput": error.output})

    def chosen(self, state: State, effective: Any, scope: Scope) -> State | None:
        for rule in state["Choices"]:
            holds = self._evaluate(rule["Condition"], scope, input=effective)
            if not isinstance(holds, bool):
                raise QueryEvaluationError(
                    f"The JSONata expression '{rule['Condition']}' for the field 'Condition' "
                    f"returned an unexpected result type. Expected 'boolean'."
                )
            if holds:
                return dict(rule)
        return None

    def _finish(self, holder: State, scope: Scope, output: Any, states: dict[str, Any]) -> Any:
        """Output and Assign are evaluated side by side, both from the values before the assignment."""
        if "Output" in holder:
            output = self._evaluate(holder["Output"], scope, **states)
        assigned = self._evaluate(holder.get("Assign", {}), scope, **states)
        scope.own.update(assigned)
        return output

    @staticmethod
    def _evaluate(template: Any, scope: Scope, **states: Any) -> Any:
        bindings = {**scope.variables, "states": {**states, "context": scope.context}}
        return jsonata.evaluate_template(template, bindings)


class JSONPath:
    """`InputPath`, `Parameters`, `ResultSelector`, `ResultPath`, `OutputPath`."""

    def effective(self, state: State, raw: Any, scope: Scope) -> Any:
        return self._path(state, "InputPath", raw, scope)

    def arguments(self, state: State, effective: Any, scope: Scope) -> Any:
        return jsonpath.fill(state["Parameters"], _data(effective, scope)) if "Parameters" in state else effective

    def field(self, state: State, name: str, effective: Any, scope: Scope) -> Any:
        if f"{name}Path" in state:
            return jsonpath.value_of(state[f"{name}Path"], _data(effective, scope))
        return state.get(name)

    def complete(self, state: State, raw: Any, effective: Any, result: Any, scope: Scope) -> Any:
        if result is _ABSENT:
            output = effective
        else:
            if "ResultSelector" in state:
                result = jsonpath.fill(state["ResultSelector"], _data(result, scope))
            output = jsonpath.place(state.get("ResultPath", "$"), result, raw)
        assigned = jsonpath.fill(state.get("Assign", {}), _data(effective if result is _ABSENT else result, scope))
        output = self._path(state, "OutputPath", output, scope)
        scope.own.update(assigned)
        return output

    def caught(self, catcher: State, raw: Any, error: StateError, scope: Scope) -> Any:
        scope.own.update(jsonpath.fill(catcher.get("Assign", {}), _data(error.output, scope)))
        return jsonpath.place(catcher.get("ResultPath", "$"), error.output, raw)

    def chosen(self, state: State, effective: Any, scope: Scope) -> State | None:
        data = _data(effective, scope)
        return next((dict(rule) for rule in state["Choices"] if choices.holds(rule, data)), None)

    @staticmethod
    def _path(state: State, field: str, value: Any, scope: Scope) -> Any:
        path = state.get(field, "$")
        return {} if path is None else jsonpath.select(path, _data(value, scope))


def absent_result() -> Any:
    """The result of a state that has none: Choice, Wait, Succeed, a Pass that only hands on."""
    return _ABSENT


def _data(root: Any, scope: Scope) -> Data:
    return Data(root, scope.context, scope.variables)


LANGUAGES: dict[str, Language] = {"JSONata": JSONata(), "JSONPath": JSONPath()}
