"""What a target gets of an event: all of it, a part, something constant, or a template filled in.

EventBridge user guide, "Amazon EventBridge input transformation".
"""

from __future__ import annotations

import json
import re
from typing import Any

from emulator.clock import clock

Event = dict[str, Any]
Target = dict[str, Any]

_MISSING: Any = object()
_STEP = re.compile(r"\.([\w/-]+|\*)|\[(\d+|\*)\]")
_PATH = re.compile(r"\$(\.([\w/-]+|\*)|\[(\d+|\*)\])*")
# A string that ends, a character that is escaped in it, or a placeholder
_TEMPLATE_TOKEN = re.compile(r'\\.|"|<([\w.-]+)>', re.DOTALL)


def is_path(text: str) -> bool:
    """Whether `text` is JSONPath as EventBridge takes it: dots, indexes and wildcards, no quoted names."""
    return _PATH.fullmatch(text) is not None


def payload(target: Target, event: Event, rule_arn: str) -> str:
    """The text that `target` of the rule is called with."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_found(target["InputPath"], event))
    if "InputTransformer" in target:
        return _filled(target["InputTransformer"], event, rule_arn)
    return json.dumps(event)


def _found(path: str, event: Event) -> Any:
    """The value at `path`; None where there is none."""
    value = _value(path, event)
    return None if value is _MISSING else value


def _value(path: str, event: Event) -> Any:
    values, is_many = [event], False
    for step in _STEP.finditer(path):
        is_many = is_many or "*" in step[0]
        values = [inner for value in values for inner in _inner(value, step[1] or step[2])]
    if is_many:
        return values
    return values[0] if values else _MISSING


def _inner(value: Any, step: str) -> list[Any]:
    if step == "*":
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if isinstance(value, dict):
        return [value[step]] if step in value else []
    if isinstance(value, list) and step.isdecimal():
        return value[int(step) : int(step) + 1]
    return []


def _filled(transformer: dict[str, Any], event: Event, rule_arn: str) -> str:
    """The template with its placeholders replaced.

    Outside of quotes a value is inserted as JSON, within them as text. A variable whose path is not
    in the event is an empty text.
    """
    template = transformer["InputTemplate"]
    variables = _predefined(event, rule_arn)
    for name, path in transformer.get("InputPathsMap", {}).items():
        value = _value(path, event)
        variables[name] = "" if value is _MISSING else value
    is_json = template.lstrip()[:1] in ("{", "[", "<")
    is_quoted = False

    def replace(token: re.Match[str]) -> str:
        nonlocal is_quoted
        if token[1] is None:
            is_quoted = is_quoted != (token[0] == '"')
            return token[0]
        value = variables.get(token[1], _MISSING)
        if value is _MISSING:
            return token[0]
        if is_quoted:
            return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]
        return value if isinstance(value, str) and not is_json else json.dumps(value)

    return _TEMPLATE_TOKEN.sub(replace, template)


def _predefined(event: Event, rule_arn: str) -> dict[str, Any]:
    return {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rsplit("/", 1)[-1],
        "aws.events.event.ingestion-time": clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
