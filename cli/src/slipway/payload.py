"""Payloads: JSON or YAML, from a file or from standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from slipway.errors import CommandError, usage_error

STDIN = "-"
TIMESTAMP = "tag:yaml.org,2002:timestamp"


def read(path: str) -> Any:
    """Return the document in the file, or in standard input if `path` is ``-``.

    Raises
    ------
    CommandError
        If it cannot be read, or is neither JSON nor YAML.
    """
    return parse(_text(path), path)


def read_request(path: str) -> dict[str, Any]:
    """Return the request in the file.

    Raises
    ------
    CommandError
        As `read`; or if the document is not a request.
    """
    document = read(path)
    if not isinstance(document, dict):
        raise usage_error(
            "NotARequest", f"{path} is not a request.", "Give an object with the fields of docs/request.md."
        )
    if "detail-type" in document:
        remedy = "Approve the model package instead: slipway approve PACKAGE."
        raise usage_error("NotARequest", f"{path} is an event, not a request.", remedy)
    return document


def parse(text: str, name: str) -> Any:
    """Return the document in the text; `name` is its file's, for the message of an error."""
    if name.endswith(".json") or text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise _unreadable(name, "JSON", str(error)) from error
    return _yaml(text, name)


def _yaml(text: str, name: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Only the types that JSON has: a date stays text."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        return yaml.load(text, Loader)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        raise _unreadable(name, "YAML", " ".join(str(error).split())) from error


def _text(path: str) -> str:
    if path == STDIN:
        return sys.stdin.read()
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise usage_error("NotReadable", f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise usage_error("NotReadable", f"{path} is not text in UTF-8.", "Convert it.") from error


def _unreadable(name: str, language: str, reason: str) -> CommandError:
    return usage_error("NotReadable", f"{name} is not {language}: {reason}.", "Correct it.")
