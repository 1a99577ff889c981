"""The JSON Schema of the request, and its defaults."""

from pathlib import Path
from typing import Any

from shared.aws import Json
from shared.planning.validation import read

SCHEMA = read(Path(__file__).parents[1] / "request.schema.json")


def given_or_default(request: Json, field: str) -> Any:
    """Return the field of a valid request, or its default."""
    return request.get(field, SCHEMA["properties"][field]["default"])
