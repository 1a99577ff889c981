"""The JSON Schema of the request."""

from pathlib import Path

from shared.planning.validation import read

SCHEMA = read(Path(__file__).with_name("request.schema.json"))
