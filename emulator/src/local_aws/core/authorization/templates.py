"""Expansion of the tables' templates: `arn:…:endpoint/{EndpointName|lower}` with the parameters of a call.

``{A}`` is a parameter, ``{A.B}`` a member of it, ``{A.@keys}`` the keys of a map; ``{A,B}`` the first given of
several; ``{A=x}`` has a default; ``{A|f}`` applies a function of `filters`. A list has one result per element. A
value that is an ARN replaces the text before it, because most parameters accept a name or an ARN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any

from local_aws.core.authorization.filters import FILTERS, Scope

_FIELD = re.compile(r"\{([\w.@,-]+)(?:=([^|}]*))?((?:\|\w+)*)\}")


def expand(template: str, parameters: dict[str, Any], scope: Scope, missing: str | None = None) -> list[str]:
    """The results of the template, one for each combination of its fields' values.

    `missing` replaces a field without a value. If it is None, such a template has no result.
    """
    literals, fields = _parsed(template)
    choices = [_values(field, parameters, scope) or ([] if missing is None else [missing]) for field in fields]
    return list(dict.fromkeys(_joined(literals, values) for values in product(*choices)))


def lookup(path: str, parameters: Any) -> list[Any]:
    """The values at a path such as ``Targets.RoleArn``, through lists, in order, without missing ones."""
    return [value for value in _walk(path.split("."), parameters) if value is not None]


@lru_cache(maxsize=2048)
def _parsed(template: str) -> tuple[tuple[str, ...], tuple[tuple[str, str | None, tuple[str, ...]], ...]]:
    """The texts around the fields, and the fields: paths, default, filters."""
    pieces = _FIELD.split(template)
    fields = zip(pieces[1::4], pieces[2::4], pieces[3::4], strict=True)
    return tuple(pieces[0::4]), tuple(
        (path, default, tuple(filters.split("|")[1:])) for path, default, filters in fields
    )


def _values(field: tuple[str, str | None, tuple[str, ...]], parameters: dict[str, Any], scope: Scope) -> list[str]:
    paths, default, filters = field
    if paths in ("partition", "region", "account"):
        return [getattr(scope, paths)]
    for path in paths.split(","):
        found = list(_walk(path.split("."), parameters))
        if any(each is not None for each in found):
            break
    else:
        found = [None]
    given = [default if each is None else each for each in found]
    texts = [each if isinstance(each, bytes) else _text(each) for each in given if each is not None]
    for name in filters:
        texts = [each for each in (FILTERS[name](text, scope) for text in texts) if each is not None]
    return [str(each) for each in texts]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _walk(path: list[str], value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _walk(path, each)
    elif not path:
        yield value
    elif path[0] == "@keys":
        yield from value or {}
    else:
        yield from _walk(path[1:], value.get(path[0]) if isinstance(value, dict) else None)


def _joined(literals: tuple[str, ...], values: tuple[str, ...]) -> str:
    text = literals[0]
    for value, literal in zip(values, literals[1:], strict=True):
        text = (value if value.startswith("arn:") else text + value) + literal
    return text
