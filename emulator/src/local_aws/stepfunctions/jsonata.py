"""JSONata of Step Functions: 2.0.6 without `$eval`, with `$partition $range $hash $random $uuid $parse`.

Variables are bound, never pasted into the source. An undefined result is an error (Step Functions developer guide,
"Transforming data with JSONata").
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

import jlens

from local_aws.core.clock import clock
from local_aws.stepfunctions.errors import QueryEvaluationError

_OPEN, _CLOSE = "{%", "%}"
# AWS's limit is one second. Here fifty executions can share two cores, so it is longer.
LONGEST_EVALUATION_SECONDS = 5.0
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
# Python's errors for invalid arguments of the functions below.
_FUNCTION_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def is_expression(value: Any) -> bool:
    """Whether a field's value is a JSONata expression: it starts with ``{%`` and ends with ``%}``, exactly."""
    return isinstance(value, str) and value.startswith(_OPEN) and value.endswith(_CLOSE)


def source_of(value: str) -> str:
    """The expression without its delimiters."""
    return value[len(_OPEN) : -len(_CLOSE)].strip()


@lru_cache(maxsize=4096)
def compiled(source: str) -> jlens.Expression:
    """The compiled expression, which any thread can evaluate.

    Raises
    ------
    jlens.JlensError
        If its syntax is invalid.
    """
    expression = jlens.Expression(source)
    for name, function in FUNCTIONS.items():
        expression.register_function(name, function)
    return expression


def fill(template: Any, bindings: dict[str, Any], field: str) -> Any:
    """The value of a state's `field` with every expression in `template` replaced by its value.

    Raises
    ------
    QueryEvaluationError
        If an expression fails or is undefined; it has the position: ``Arguments/Payload/ids[0]``.
    """
    if isinstance(template, str):
        return evaluate(template, bindings, field) if is_expression(template) else template
    if isinstance(template, dict):
        return {key: fill(value, bindings, f"{field}/{key}") for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, bindings, f"{field}[{index}]") for index, value in enumerate(template)]
    return template


def evaluate(value: str, bindings: dict[str, Any], field: str = "Output") -> Any:
    """Value of the expression ``{% … %}``; `bindings` are its variables by name, without ``$``.

    Raises
    ------
    QueryEvaluationError
        If the expression fails, takes too long, or is undefined.
    """
    source = source_of(value)
    try:
        result = compiled(source).evaluate_json(
            None, bindings, timeout=LONGEST_EVALUATION_SECONDS, now=clock.now() * 1000
        )
    except jlens.JlensError as error:
        raise _failed(source, field, f"{error.code}: {error}") from error
    except _FUNCTION_ERRORS as error:
        raise _failed(source, field, str(error)) from error
    if result is None:
        cause = f"The JSONata expression '{source}' specified for the field '{field}' returned nothing (undefined)."
        raise QueryEvaluationError(cause, field)
    return json.loads(result)


def _failed(source: str, field: str, why: str) -> QueryEvaluationError:
    cause = (
        f"The JSONata expression '{source}' specified for the field '{field}' threw an error during evaluation. {why}"
    )
    return QueryEvaluationError(cause, field)


def _partition(items: list[Any] | None = None, size: float | None = None) -> list[list[Any]] | None:
    step = int(size or 0)
    if not items or step < 1:
        return None
    return [items[start : start + step] for start in range(0, len(items), step)]


def _range(first: float | None = None, last: float | None = None, step: float | None = None) -> Any:
    """Undefined if `step` does not lead from `first` to `last`; a number if there is only one."""
    if first is None or last is None or not int(step or 0):
        return None
    stride = int(step or 0)
    found = list(range(int(first), int(last) + (1 if stride > 0 else -1), stride))
    return found if len(found) > 1 else next(iter(found), None)


def _hash(text: str | None = None, algorithm: str | None = None) -> str | None:
    if text is None or algorithm is None:
        return None
    if algorithm not in _HASHES:
        raise ValueError(f"$hash: the algorithm '{algorithm}' is none of {', '.join(_HASHES)}")
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _random(seed: float | None = None) -> float:
    return random.Random(seed).random()


def _parse(text: str | None = None) -> Any:
    return None if text is None else json.loads(text)


def _eval(*_: Any) -> NoReturn:
    raise TypeError("T1006: Attempted to invoke a non-function")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": _parse,
    "eval": _eval,
}
