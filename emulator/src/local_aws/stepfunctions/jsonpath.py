"""JSONPath states: paths into input and context, payload templates, reference paths, intrinsic functions.

Step Functions developer guide, "Processing input and output" and "Intrinsics for JSONPath states". Values at paths
are never changed: new values are copies.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonpath_ng.exceptions import JsonPathLexerError, JsonPathParserError
from jsonpath_ng.ext.parser import parse

from local_aws.stepfunctions.errors import InterpreterError, RuntimeStateError
from local_aws.stepfunctions.history import text

_INTRINSIC = re.compile(r"States\.(\w+)\((.*)\)\s*$", re.DOTALL)
_QUOTED = r"'(?:[^'\\]|\\.)*'"
_REFERENCE = re.compile(rf"\.([^\W\d][\w-]*)|\[({_QUOTED})\]|\[(\d+)\]")
_SINGLE = re.compile(rf"\$(\.[\w-]+|\[{_QUOTED}\]|\[-?\d+\])*")
_DOT_BEFORE_BRACKET = re.compile(rf"({_QUOTED})|(?<!\.)\.\[")
_LITERAL = re.compile(rf"\[{_QUOTED}\]|({_QUOTED})", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MAY_BE_ESCAPED = "'{}\\"  # Amazon States Language, "Reserved characters in intrinsic functions"
_VARIABLE = re.compile(r"\$([^\W\d]\w*)(.*)", re.DOTALL)


class PathError(RuntimeStateError):
    """A path is invalid or has no value."""


@dataclass(frozen=True)
class Data:
    """Roots of paths: ``$`` the data, ``$$`` the context object, ``$name`` a variable."""

    root: Any
    context: dict[str, Any]
    variables: dict[str, Any]


def select(path: str, data: Data, field: str) -> Any:
    """The value at `path` in `field`; a list if the path can match several.

    Raises
    ------
    PathError
        If there is no value.
    """
    if path.startswith("$$"):
        root, inner = data.context, path[1:]
    elif variable := _VARIABLE.fullmatch(path):
        if variable[1] not in data.variables:
            raise PathError(f"The variable '${variable[1]}' referenced by '{path}' is not defined.")
        root, inner = data.variables[variable[1]], "$" + variable[2]
    else:
        root, inner = data.root, path
    if inner == "$":
        return root
    found = [match.value for match in _parsed(inner).find(root)]
    if not _SINGLE.fullmatch(inner):
        return found
    if not found:
        what = f"The JSONPath '{path}' specified for the field '{field}'"
        raise PathError(f"{what} could not be found in the input '{text(root)}'")
    return found[0]


def is_path(value: str) -> bool:
    """Whether it is a path into the data, the context or a variable."""
    variable = _VARIABLE.fullmatch(value)
    inner = "$" + variable[2] if variable else value.replace("$$", "$", 1)
    if not inner.startswith("$"):
        return False
    try:
        _parsed(inner)
    except PathError:
        return False
    return True


def is_intrinsic(value: str) -> bool:
    """Whether it calls an existing intrinsic function, with valid escapes."""
    call = _INTRINSIC.match(value)
    if call is None or call[1] not in _INTRINSICS:
        return False
    escaped = [each for literal in _LITERAL.findall(call[2]) for each in _ESCAPE.findall(literal)]
    return all(each in _MAY_BE_ESCAPED for each in escaped)


def exists(path: str, data: Data) -> bool:
    """Whether `path` has a value."""
    try:
        return select(path, data, "Variable") != [] or bool(_SINGLE.fullmatch(path))
    except PathError:
        return False


def fill(template: Any, data: Data) -> Any:
    """A payload template with each ``"key.$"`` replaced by the value of its path or intrinsic function."""
    if isinstance(template, dict):
        return dict(_entry(key, value, data) for key, value in template.items())
    return [fill(item, data) for item in template] if isinstance(template, list) else template


def value_of(expression: str, data: Data, field: str) -> Any:
    """The value of a path or an intrinsic function in `field`.

    Raises
    ------
    PathError
        If a path has no value.
    InterpreterError
        `States.IntrinsicFailure`.
    """
    call = _INTRINSIC.match(expression)
    if not call:
        return select(expression, data, field)
    if call[1] not in _INTRINSICS:
        raise PathError(f"The function 'States.{call[1]}' is not an intrinsic function.")
    arguments = [_argument(argument, data, field) for argument in _split(call[2])]
    try:
        return _INTRINSICS[call[1]](*arguments)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"The function '{expression}' had the following error: {error}"
        raise InterpreterError("States.IntrinsicFailure", what) from error


def place(path: str | None, value: Any, into: Any) -> Any:
    """`into` with `value` at the reference path; without a path the value is discarded.

    Raises
    ------
    InterpreterError
        `States.ResultPathMatchFailure`.
    """
    if path is None:
        return into
    steps = [int(index) if index else name or _unquoted(quoted) for name, quoted, index in _REFERENCE.findall(path)]
    try:
        return _with(into, steps, value)
    except (LookupError, TypeError) as error:
        what = f"Unable to apply ReferencePath {path} to input {text(into)}"
        raise InterpreterError("States.ResultPathMatchFailure", what) from error


def _entry(key: str, value: Any, data: Data) -> tuple[str, Any]:
    return (key[:-2], value_of(value, data, key)) if key.endswith(".$") else (key, fill(value, data))


def _with(into: Any, steps: list[int | str], value: Any) -> Any:
    """A copy of `into` along the changed path."""
    if not steps:
        return value
    step, *further = steps
    if isinstance(step, int):
        if not isinstance(into, list):
            raise TypeError(f"{step} is an index, and this is no list")
        return [*into[:step], _with(into[step], further, value), *into[step + 1 :]]
    if not isinstance(into, dict):
        raise TypeError(f"{step} is a member, and this is no object")
    return {**into, step: _with(into.get(step, {}), further, value)}


@cache
def _parsed(path: str) -> Any:
    try:
        return parse(_DOT_BEFORE_BRACKET.sub(lambda found: found[1] or "[", path))  # AWS accepts `$.[?(@.n < 1)]`, too
    except (JsonPathLexerError, JsonPathParserError) as error:
        raise PathError(f"Invalid path '{path}': {error}") from error


def _split(written: str) -> list[str]:
    """Arguments of an intrinsic function, split at commas outside quotes and parentheses."""
    arguments, depth, quoted, current = [], 0, False, ""
    escaped = False
    for character in written:
        if character == "'" and not escaped:
            quoted = not quoted
        if not quoted:
            depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not quoted and depth == 0:
            arguments.append(current.strip())
            current = ""
        else:
            current += character
        escaped = character == "\\" and not escaped
    return [*arguments, current.strip()] if current.strip() else arguments


def _argument(written: str, data: Data, field: str) -> Any:
    if written.startswith("'"):
        return _unquoted(written)
    if written.startswith(("$", "States.")):
        return value_of(written, data, field)
    try:
        return json.loads(written)
    except json.JSONDecodeError as error:
        raise PathError(f"Invalid argument '{written}' of an intrinsic function.") from error


def _unquoted(literal: str) -> str:
    return _ESCAPE.sub(r"\1", literal[1:-1])


def _format(template: str, *values: Any) -> str:
    texts = [_java_text(value) for value in values]
    if template.count("{}") != len(texts):
        raise ValueError(f"'{template}' takes {template.count('{}')} values, not {len(texts)}")
    pieces = template.split("{}")
    return "".join(piece + text for piece, text in zip(pieces, [*texts, ""], strict=True))


def _java_text(value: Any) -> str:
    """A value as Java's text, which `States.Format` inserts (recorded on AWS)."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java_text, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def _whole(number: float) -> int:
    """The nearest integer, halves up: rounding of the mathematical functions (recorded on AWS)."""
    return math.floor(number + 0.5)


def _json_merge(first: dict[str, Any], second: dict[str, Any], deep: bool) -> dict[str, Any]:
    if deep:
        raise ValueError("only shallow merging is supported: the third argument is false")
    return {**first, **second}


def _array_range(first: int, last: int, step: int) -> list[int]:
    return list(range(first, last + (1 if step > 0 else -1), step))


def _string_split(text: str, characters: str) -> list[str]:
    return [part for part in re.split(f"[{re.escape(characters)}]", text) if part]


_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_INTRINSICS: dict[str, Callable[..., Any]] = {
    "Format": _format,
    "StringToJson": lambda text: json.loads(text) if text else None,
    "JsonToString": lambda value: json.dumps(value, separators=(",", ":")),
    "Array": lambda *values: list(values),
    "ArrayPartition": lambda items, size: [items[start : start + size] for start in range(0, len(items), size)],
    "ArrayContains": lambda items, value: value in items,
    "ArrayRange": _array_range,
    "ArrayGetItem": lambda items, index: items[index],
    "ArrayLength": len,
    "ArrayUnique": lambda items: [item for index, item in enumerate(items) if item not in items[:index]],
    "Base64Encode": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64Decode": lambda text: base64.b64decode(text).decode(),
    "Hash": lambda value, name: hashlib.new(
        _HASHES[name], (value if isinstance(value, str) else json.dumps(value)).encode(), usedforsecurity=False
    ).hexdigest(),
    "JsonMerge": _json_merge,
    "MathRandom": lambda first, last, seed=None: random.Random(seed).randrange(_whole(first), _whole(last)),
    "MathAdd": lambda first, second: _whole(first) + _whole(second),
    "StringSplit": _string_split,
    "UUID": lambda: str(uuid.uuid4()),
}
