"""Template parameters: given values, defaults, constraints, and values from Parameter Store."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.template import Template

_STORED = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
_AWS_TYPES = re.compile(r"AWS::(EC2|Route53)::[\w:]+")
_HIDDEN = "****"

Declaration = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a stack.

    Attributes
    ----------
    text : str
        The given value; the name in Parameter Store if the type is one of its types.
    value : str or list of str
        Value of ``Ref``.
    resolved : str or None
        The value in Parameter Store; None for other types.
    """

    name: str
    text: str
    value: Any
    resolved: str | None
    no_echo: bool

    def described(self) -> dict[str, Any]:
        """The parameter as DescribeStacks returns it."""
        shown = {"ParameterKey": self.name, "ParameterValue": _HIDDEN if self.no_echo else self.text}
        return shown if self.resolved is None else {**shown, "ResolvedValue": self.resolved}


def resolve(
    template: Template,
    given: Sequence[Mapping[str, Any]],
    previous: Mapping[str, Parameter],
    stored: Callable[[str], str | None],
) -> dict[str, Parameter]:
    """The values of the template's parameters by name.

    Parameters
    ----------
    given : sequence of mapping
        ``Parameters`` of the API call.
    previous : mapping of str to Parameter
        Parameters of the existing stack, for ``UsePreviousValue``.
    stored : callable
        Returns the value of a name in Parameter Store, or None.

    Raises
    ------
    ValidationError
        If one is missing, not declared, or against its constraints.
    """
    declared = template.get("Parameters", {})
    unknown = [item["ParameterKey"] for item in given if item["ParameterKey"] not in declared]
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    texts = {name: declaration.get("Default") for name, declaration in declared.items()}
    for item in given:
        texts[item["ParameterKey"]] = _given(item, previous)
    missing = [name for name, text in texts.items() if text is None]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    return {name: _parameter(name, declaration, texts[name], stored) for name, declaration in declared.items()}


def _given(item: Mapping[str, Any], previous: Mapping[str, Parameter]) -> str | None:
    name = item["ParameterKey"]
    if not item.get("UsePreviousValue"):
        return item.get("ParameterValue")
    if "ParameterValue" in item:
        raise ValidationError(
            f"Invalid input for parameter key {name}. "
            "Cannot specify usePreviousValue as true and non empty value for a parameter"
        )
    return previous[name].text if name in previous else None


def _parameter(name: str, declaration: Declaration, given: Any, stored: Callable[[str], str | None]) -> Parameter:
    text = as_text(given)
    kind = declaration.get("Type")
    if not isinstance(kind, str):
        raise ValidationError(f"Template format error: Every Parameters object must contain a Type member ({name}).")
    no_echo = str(declaration.get("NoEcho", False)).lower() == "true"
    from_store = _STORED.fullmatch(kind)
    if from_store is None:
        _check(name, declaration, kind, text)
        return Parameter(name, text, _typed(name, kind, text), None, no_echo)
    resolved = stored(text)
    if resolved is None:
        raise ValidationError(f"Unable to fetch parameters [{text}] from parameter store for this account.")
    return Parameter(name, text, _typed(name, from_store[1], resolved), resolved, no_echo)


def as_text(given: Any) -> str:
    """A default or an allowed value of the template as text: ``true``, not Python's ``True``."""
    if isinstance(given, list):
        return ",".join(map(as_text, given))
    return str(given).lower() if isinstance(given, bool) else str(given)


def _typed(name: str, kind: str, text: str) -> Any:
    """`text` in the type's form: a list for lists, otherwise unchanged. CloudFormation keeps numbers as text, too."""
    if kind == "Number" and not _is_number(text):
        raise ValidationError(f"Parameter '{name}' must be a number")
    if kind in ("String", "Number", "AWS::SSM::Parameter::Name") or _AWS_TYPES.fullmatch(kind):
        return text
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        items = [item.strip() for item in text.split(",")] if text else [""]
        if kind == "List<Number>" and not all(map(_is_number, items)):
            raise ValidationError(f"Parameter '{name}' must be a list of numbers")
        return items
    raise ValidationError(f"Template format error: Unrecognized parameter type: {kind}")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*", text) is not None


def _check(name: str, declaration: Declaration, kind: str, text: str) -> None:
    values = [item.strip() for item in text.split(",")] if kind == "CommaDelimitedList" else [text]
    for value in values:
        fault = _violation(declaration, kind, value)
        if fault:
            described = declaration.get("ConstraintDescription")
            if described:
                fault = f"failed to satisfy constraint: {described}"
            raise ValidationError(f"Parameter '{name}' {fault}")


def _violation(declaration: Declaration, kind: str, value: str) -> str | None:
    allowed = declaration.get("AllowedValues")
    if allowed is not None and value not in map(as_text, allowed):
        return "must be one of AllowedValues"
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and re.fullmatch(pattern, value) is None:
        return f"must match pattern {pattern}"
    return _number_violation(declaration, value) if kind == "Number" else _length_violation(declaration, value)


def _length_violation(declaration: Declaration, value: str) -> str | None:
    if len(value) < int(declaration.get("MinLength", 0)):
        return f"must contain at least {declaration['MinLength']} characters"
    if "MaxLength" in declaration and len(value) > int(declaration["MaxLength"]):
        return f"must contain at most {declaration['MaxLength']} characters"
    return None


def _number_violation(declaration: Declaration, value: str) -> str | None:
    if not _is_number(value):
        return "must be a number"
    if "MinValue" in declaration and float(value) < float(declaration["MinValue"]):
        return f"must be a number not less than {declaration['MinValue']}"
    if "MaxValue" in declaration and float(value) > float(declaration["MaxValue"]):
        return f"must be a number not greater than {declaration['MaxValue']}"
    return None
