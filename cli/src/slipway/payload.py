"""Payloads: JSON or YAML, from a file or from standard input."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from slipway import yaml_of_json
from slipway.errors import CommandError, usage_error

STDIN = "-"
BYTE_ORDER_MARK = "\ufeff"  # editors on Windows write it


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
    text = text.removeprefix(BYTE_ORDER_MARK)
    is_json = name.endswith(".json") or text.lstrip().startswith("{")
    try:
        return _json(text) if is_json else yaml_of_json.load(text)
    except RecursionError as error:
        raise _unreadable(name, "JSON" if is_json else "YAML", "it is nested too deeply") from error
    except ValueError as error:
        raise _unreadable(name, "JSON" if is_json else "YAML", " ".join(str(error).split())) from error


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object; of a name that is given twice, one value would be lost."""
    counts = Counter(name for name, _ in pairs)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise ValueError(f"the name {json.dumps(twice[0])} is given twice")
    return dict(pairs)


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number in JSON")


def _text(path: str) -> str:
    try:
        return (sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()).decode()
    except OSError as error:
        raise usage_error("NotReadable", f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise usage_error("NotReadable", f"{path} is not text in UTF-8.", "Convert it.") from error


def _unreadable(name: str, language: str, reason: str) -> CommandError:
    return usage_error("NotReadable", f"{name} is not {language}: {reason}.", "Correct it.")
