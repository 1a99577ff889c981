"""YAML with only what JSON has: its types, names that are text, each name once."""

from __future__ import annotations

import math
from typing import Any

MERGE = "tag:yaml.org,2002:merge"
TIMESTAMP = "tag:yaml.org,2002:timestamp"


def load(text: str) -> Any:
    """Return the document in the text.

    Raises
    ------
    ValueError
        If it is not YAML, or has something that JSON does not have.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """A date stays text."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                name = str(key.value)
                if name in seen and key.tag != MERGE:
                    problem = f'the name "{name}" is given twice'
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(name)
            return super().construct_mapping(node, deep)

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        document = yaml.load(text, Loader)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    _check(document, ())
    return document


def _check(value: Any, inside: tuple[int, ...]) -> None:
    if id(value) in inside:
        raise ValueError("an alias contains itself")
    if isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(name, str):
                raise ValueError(f"the name {name} is not text: put it in quotes")
            _check(each, (*inside, id(value)))
    elif isinstance(value, list):
        for each in value:
            _check(each, (*inside, id(value)))
    elif not (value is None or isinstance(value, str | int | float)) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise ValueError(f"{value!r} is not a value that JSON has")
