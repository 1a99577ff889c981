"""The answer of an endpoint, and what is in it."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

JSON_LINES = ("application/jsonlines", "application/x-jsonlines", "application/json-lines", "application/x-ndjson")
CSV = "text/csv"
csv.field_size_limit(8 * 1024 * 1024)  # more than an answer has; 128 KiB by default


@dataclass(frozen=True)
class Answer:
    """The answer to a test.

    Attributes
    ----------
    status : int
        HTTP status that the container gave.
    latency_milliseconds : float or None
        None for an asynchronous request, which waits in a queue.
    """

    status: int
    content_type: str
    body: bytes
    latency_milliseconds: float | None = None


class _Nothing:
    """What is at a JSON pointer that leads nowhere."""


NOTHING: Final = _Nothing()


class UnreadableError(Exception):
    """The body is not of its content type.

    Attributes
    ----------
    expected : str
        What the content type says.
    """

    def __init__(self, expected: str, problem: str) -> None:
        super().__init__(problem)
        self.expected = expected


def content(answer: Answer) -> Any:
    """Return the body as a JSON value: of CSV a list of rows, of JSON lines a list, of another text the text itself.

    Raises
    ------
    UnreadableError
        If the content type says JSON or CSV, and the body is something else.
    """
    kind = answer.content_type.partition(";")[0].strip().lower()
    text = answer.body.decode("utf-8-sig", errors="replace")
    if kind == CSV:
        return _rows(text)
    try:
        if kind in JSON_LINES:
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        # Containers also give JSON another type, such as text/html, which is the default of Flask.
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if "json" in kind:
            raise UnreadableError("JSON", f"the body is not JSON: {error}") from error
        return text


def at(document: Any, pointer: str) -> Any:
    """Return what the JSON pointer (RFC 6901) leads to; NOTHING if there is nothing."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return NOTHING
    return document


def numbers(document: Any, pointer: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a document that have a fraction, each with its JSON pointer: whole numbers are finite."""
    if isinstance(document, float):
        yield pointer, document
    if not isinstance(document, dict | list):
        return
    for name, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield from numbers(value, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")


def _rows(text: str) -> list[list[float | str]]:
    try:
        return [[_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline="")) if row]
    except csv.Error as error:
        raise UnreadableError("CSV", f"the body is not CSV: {error}") from error


def _cell(text: str) -> float | str:
    """Return the number in a cell, or its text; Python also reads 1_000 as a number."""
    try:
        return text if "_" in text else float(text)
    except ValueError:
        return text
