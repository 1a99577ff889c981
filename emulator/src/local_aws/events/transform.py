"""Payload of a target: the whole event, a part of it, a constant, or a rendered template.

EventBridge user guide, "Amazon EventBridge input transformation".
"""

from __future__ import annotations

import json
import re
from typing import Any

from local_aws.core.clock import clock

Event = dict[str, Any]
Target = dict[str, Any]

_MISSING: Any = object()
_PREDEFINED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
)
_STEP = re.compile(r"\.([\w/-]+|\*)|\[(\d+|\*)\]")
_PATH = re.compile(r"\$(\.([\w/-]+|\*)|\[(\d+|\*)\])*")
# The end of a string, an escaped character in it, or a placeholder
_TEMPLATE_TOKEN = re.compile(r'\\.|"|<([\w.-]+)>', re.DOTALL)


class UndeliverableError(ValueError):
    """The payload of the event cannot be sent."""


def is_path(text: str) -> bool:
    """Whether `text` is JSONPath that EventBridge accepts: dots, indexes and wildcards, no quoted names."""
    return _PATH.fullmatch(text) is not None


def payload(target: Target, event: Event, rule_arn: str) -> str:
    """The text that the rule's `target` is called with."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_value_at(target["InputPath"], event))
    if "InputTransformer" in target:
        return _render(target["InputTransformer"], event, rule_arn)
    return json.dumps(event)


def _value_at(path: str, event: Event) -> Any:
    """The value at `path`, or None."""
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


def _render(transformer: dict[str, Any], event: Event, rule_arn: str) -> str:
    """The template with its placeholders replaced.

    A value is inserted as JSON outside quotes and as text within them. A variable whose path is not in the event
    is an empty text.

    Raises
    ------
    UndeliverableError
        If a JSON template renders to invalid JSON, as an object within quotes does (recording, 2024).
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
        value = variables[token[1]]
        if is_quoted:
            return json.dumps(value)[1:-1] if isinstance(value, str) else _as_text(value)
        return json.dumps(value) if is_json else _as_text(value)

    filled = _TEMPLATE_TOKEN.sub(replace, template)
    if template.lstrip()[:1] in ("{", "[") and not _is_json(filled):
        raise UndeliverableError(f"the InputTemplate comes to what is not JSON: {filled}")
    return filled


def _as_text(value: Any) -> str:
    """A value within a text. The members of a list have no quotes."""
    if isinstance(value, list):
        return f"[{','.join(map(_as_text, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def unknown_placeholders(transformer: dict[str, Any]) -> list[str]:
    """Placeholders of the template without a value."""
    named = [token[1] for token in _TEMPLATE_TOKEN.finditer(transformer.get("InputTemplate", "")) if token[1]]
    known = {*transformer.get("InputPathsMap", {}), *_PREDEFINED}
    return [name for name in named if name not in known]


def _predefined(event: Event, rule_arn: str) -> dict[str, Any]:
    envelope = {name: value for name, value in event.items() if name not in ("detail", "detail-type")}
    envelope["detailType"] = event["detail-type"]  # this spelling is from a recording of 2024
    ingested = clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ")
    values = (rule_arn, rule_arn.rsplit("/", 1)[-1], ingested, envelope, event)
    return dict(zip(_PREDEFINED, values, strict=True))
