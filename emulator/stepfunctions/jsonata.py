"""JSONata as Step Functions has it: 2.0.6 without `$eval`, with `$partition $range $hash $random $uuid $parse`.

Variables are bound, never pasted into the source. An expression that gives nothing is an error (Step Functions
developer guide, "Transforming data with JSONata").
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils

from emulator.clock import clock
from emulator.stepfunctions.errors import QueryEvaluationError

_NULL = Utils.NULL_VALUE
_OPEN, _CLOSE = "{%", "%}"
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_LARGEST_EXACT_INTEGER = 2**53

_compiled = threading.local()  # an expression keeps the state of its evaluation, so each thread has its own


def is_expression(value: Any) -> bool:
    """Whether a field's value is a JSONata expression: it begins with ``{%`` and ends with ``%}``, exactly."""
    return isinstance(value, str) and value.startswith(_OPEN) and value.endswith(_CLOSE)


def check_syntax(value: str) -> str | None:
    """What is wrong with the expression's syntax; None when nothing is."""
    try:
        Jsonata(_source(value))
    except JException as error:
        return str(error)
    return None


def evaluate_template(template: Any, bindings: dict[str, Any]) -> Any:
    """`template` with every expression in it replaced by its value.

    Raises
    ------
    QueryEvaluationError
        When an expression fails or gives nothing.
    """
    if isinstance(template, dict):
        return {key: evaluate_template(value, bindings) for key, value in template.items()}
    if isinstance(template, list):
        return [evaluate_template(value, bindings) for value in template]
    return evaluate(template, bindings) if is_expression(template) else template


def evaluate(value: str, bindings: dict[str, Any]) -> Any:
    """Value of the expression ``{% … %}``; `bindings` are its variables by name, without ``$``.

    Raises
    ------
    QueryEvaluationError
        When the expression fails, gives nothing, or gives what is no JSON.
    """
    source = _source(value)
    try:
        expression = _expression(source)
        Jsonata.CURRENT.jsonata = expression
        result = expression.evaluate(None, {name: _encode(bound) for name, bound in bindings.items()})
    except (
        JException,
        ArithmeticError,
        AttributeError,
        IndexError,
        KeyError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        # The engine is a port that lets Python's own errors through where the reference has JSONata's.
        raise QueryEvaluationError(
            f"The JSONata expression '{source}' threw an error during evaluation. {type(error).__name__}: {error}"
        ) from error
    if result is None:
        raise QueryEvaluationError(f"The JSONata expression '{source}' returned nothing (undefined).")
    return _decode(result, source)


def _source(value: str) -> str:
    return value.removeprefix(_OPEN).removesuffix(_CLOSE).strip()


def _expression(source: str) -> Jsonata:
    cache: dict[str, Jsonata] = _compiled.__dict__.setdefault("expressions", {})
    if source not in cache:
        expression = Jsonata(source)
        expression.set_output_convert_nulls(False)
        for name, function in _FUNCTIONS.items():
            expression.register_lambda(name, function)
        cache[source] = expression
    return cache[source]


def _encode(value: Any) -> Any:
    """The value as the engine takes it, which tells null from undefined."""
    if value is None:
        return _NULL
    if isinstance(value, dict):
        return {key: _encode(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    return value


def _decode(value: Any, source: str) -> Any:
    if value is _NULL:
        return None
    if isinstance(value, dict):
        return {key: _decode(member, source) for key, member in value.items()}
    if isinstance(value, list):
        # By index: the engine's list of a range does not iterate over its last item.
        return [_decode(value[index], source) for index in range(len(value))]
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT_INTEGER:
        return int(value)
    if isinstance(value, (str, int, float)):
        return value
    raise QueryEvaluationError(f"The JSONata expression '{source}' returned an unsupported result type.")


def _partition(items: list[Any], size: float) -> list[list[Any]]:
    return [items[start : start + int(size)] for start in range(0, len(items), int(size))]


def _range(first: float, last: float, step: float) -> list[int]:
    return list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))


def _hash(text: str, algorithm: str) -> str:
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _random(seed: float | None = None) -> float:
    return random.Random(seed).random()


def _parse(text: str) -> Any:
    return _encode(json.loads(text))


def _count(items: Any = None) -> int:
    """As in the reference; the engine's own counts null as nothing."""
    return 0 if items is None else len(items) if isinstance(items, list) else 1


def _eval(*_: Any) -> Any:
    raise ValueError("$eval is not supported by Step Functions")


def _now(*_: Any) -> str:
    return datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _millis(*_: Any) -> int:
    return round(clock.now() * 1000)


_FUNCTIONS: dict[str, Any] = {
    "count": _count,
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": _parse,
    "eval": _eval,
    "now": _now,
    "millis": _millis,
}
