"""Validation of a request against its JSON Schema, with every fault at once."""

import json
import math
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from shared.aws import Json
from shared.planning.faults import MISSING, Fault, pointer_to

VALUE_CHARACTERS = 60
ALTERNATIVES = 8
ARTICLES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
}
# Environment variables can hold secrets: no message repeats them.
SECRET_MEMBERS = frozenset({"Environment"})


def read(path: Path) -> Json:
    """Return the JSON Schema in the file."""
    schema: Json = json.loads(path.read_text(encoding="utf-8"))
    return schema


def _pattern(validator: Any, pattern: str, instance: Any, schema: Json) -> Iterator[ValidationError]:
    """Unlike jsonschema's own, do not match a line break at the end."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError("does not match")


def _required(validator: Any, required: list[str], instance: Any, schema: Json) -> Iterator[ValidationError]:
    """Unlike jsonschema's own, yield errors with the path of what is missing."""
    if isinstance(instance, dict):
        for name in required:
            if name not in instance:
                yield ValidationError(MISSING, path=[name])


def _additional(validator: Any, allowed: Any, instance: Any, schema: Json) -> Iterator[ValidationError]:
    """Unlike jsonschema's own, yield an error with its path for each unknown member."""
    if allowed is not False:
        yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, allowed, instance, schema)
    elif isinstance(instance, dict):
        for name in instance:
            if name not in schema["properties"]:
                yield ValidationError("is unknown", path=[name])


def _is_number(checker: Any, instance: Any) -> bool:
    """Unlike jsonschema's own, refuse NaN and Infinity, which Python's JSON parser accepts."""
    return Draft202012Validator.TYPE_CHECKER.is_type(instance, "number") and math.isfinite(instance)


KEYWORDS = {"pattern": _pattern, "required": _required, "additionalProperties": _additional}
TYPES = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number)
Validator = extend(Draft202012Validator, KEYWORDS, type_checker=TYPES)  # type: ignore[no-untyped-call]  # its own gap


def schema_faults(document: Any, schema: Json) -> list[Fault]:
    """Return every fault of the document; none if it is valid."""
    return [_fault_of(error, schema) for error in Validator(schema).iter_errors(document)]


def sound(document: Any, faults: list[Fault]) -> Json:
    """Return a copy of the document in which every faulty value is None, for the rules across fields.

    The schema allows null nowhere, so None cannot be a valid value.
    """
    return _sound(document, "", {fault.pointer for fault in faults}) or {}


def _sound(value: Any, pointer: str, faulty: set[str]) -> Any:
    if pointer in faulty:
        return None
    if isinstance(value, dict):
        return {name: _sound(member, pointer + pointer_to([name]), faulty) for name, member in value.items()}
    if isinstance(value, list):
        return [_sound(item, f"{pointer}/{index}", faulty) for index, item in enumerate(value)]
    return value


def _fault_of(error: Any, schema: Json) -> Fault:
    pointer = pointer_to(list(error.absolute_path))
    name = error.absolute_path[-1] if error.absolute_path else ""
    if error.validator == "required":
        return Fault(pointer, MISSING, _request_for(error.schema.get("properties", schema["properties"])[name]))
    if error.validator == "additionalProperties":
        return Fault(pointer, "is unknown here", _instead_of(str(name), list(error.schema["properties"])))
    if error.validator == "enum":
        return Fault(pointer, _problem(error), _instead_of(str(error.instance), error.validator_value))
    if error.validator == "pattern" and "examples" in error.schema:
        return Fault(pointer, _problem(error), _instead_of(str(error.instance), error.schema["examples"]))
    return Fault(pointer, _problem(error), "Correct it")


def _request_for(member: Json) -> str:
    """Return the remedy for a missing member, with the first sentence of its description."""
    description = str(member.get("description", "")).split(". ")[0].rstrip(".")
    return f"Give it: {description}" if description else "Add it"


def _problem(error: Any) -> str:
    return f"expected {_expected(error)}, got {_shown(error)}"


def _expected(error: Any) -> str:
    keyword, value = error.validator, error.validator_value
    if keyword == "type":
        return " or ".join(ARTICLES[each] for each in ([value] if isinstance(value, str) else value))
    if keyword == "enum":
        return _listed(value) if len(value) <= ALTERNATIVES else "a value that AWS knows"
    if keyword == "pattern":
        return str(error.schema.get("description") or f"text like {value}")
    return BOUNDS[keyword].format(value)


def _shown(error: Any) -> str:
    """Return the wrong value if it is short and not a secret, otherwise its kind."""
    value = error.instance
    if isinstance(value, list):
        return f"{len(value)} entries" if error.validator.endswith("Items") else "a list"
    if isinstance(value, dict):
        return f"{len(value)} entries" if error.validator.endswith("Properties") else "an object"
    if SECRET_MEMBERS.intersection(error.absolute_path):
        return "something else"
    if error.validator in ("minLength", "maxLength"):
        return f"{len(value)}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_CHARACTERS else text[:VALUE_CHARACTERS] + "…"


def _instead_of(value: str, known: list[str]) -> str:
    """Return the remedy: the most similar known value, or all of them if there are few."""
    by_lower_case = {name.lower(): name for name in known}
    prefixed = [name for name in by_lower_case if name.endswith("." + value.lower())]
    close = prefixed if len(prefixed) == 1 else get_close_matches(value.lower(), by_lower_case, n=1, cutoff=0.7)
    if close:
        return f"Did you mean {json.dumps(by_lower_case[close[0]])}?"
    return f"Use {_listed(known)}" if len(known) <= ALTERNATIVES else "docs/request.md lists all fields"


def _listed(values: list[Any]) -> str:
    texts = [json.dumps(value) for value in values]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " or " + texts[-1]
