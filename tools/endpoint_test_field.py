"""The request's field `test`: golden requests, and the answers that are expected to them."""

from __future__ import annotations

from typing import Any

DEFINITIONS: dict[str, dict[str, Any]] = {
    "TestBodyLocation": {
        "description": "an S3 URI, such as s3://bucket/golden.json",
        "type": "string",
        "pattern": r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$",
        "maxLength": 1024,
    },
    "TestHeader": {
        "description": "printable ASCII characters, at most 1024",
        "type": "string",
        "pattern": "^[ -~]+$",
        "maxLength": 1024,
    },
    "TestName": {
        "description": "letters, digits, spaces and . _ - between letters or digits, at most 63 characters",
        "type": "string",
        "pattern": r"^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,61}[A-Za-z0-9])?$",
    },
    "TestPointer": {
        "description": "a JSON pointer (RFC 6901), such as /predictions/0, or empty for the whole answer",
        "type": "string",
        "pattern": r"^(?:/(?:[^/~]|~[01])*)*$",
    },
}
HEADER = {"$ref": "#/$defs/TestHeader"}
MOST_ENTRIES = 50


def _by_pointer(description: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "propertyNames": {"$ref": "#/$defs/TestPointer"},
        "additionalProperties": values,
        "minProperties": 1,
        "maxProperties": MOST_ENTRIES,
    }


EXPECT: dict[str, Any] = {
    "description": "Expectations of the answer. All of them must hold.",
    "type": "object",
    "properties": {
        "status": {
            "description": "HTTP status of the container's answer, also of an error that the container reports.",
            "type": "integer",
            "minimum": 100,
            "maximum": 599,
            "default": 200,
        },
        "equals": _by_pointer("Values by JSON pointer. An answer in CSV is a list of rows, each a list of values.", {}),
        "within": _by_pointer(
            "Numbers by JSON pointer, each with its tolerance.",
            {
                "type": "array",
                "prefixItems": [{"type": "number"}, {"type": "number", "minimum": 0}],
                "minItems": 2,
                "maxItems": 2,
            },
        ),
        "schema": {"description": "JSON Schema (2020-12) that the answer matches.", "type": "object"},
        "rows": _by_pointer(
            "Number of entries of a list, or of the rows of an answer in CSV, by JSON pointer.",
            {"type": "integer", "minimum": 0},
        ),
        "noNaN": {
            "description": "Whether NaN and infinite numbers in an answer in JSON or CSV fail the test.",
            "type": "boolean",
            "default": True,
        },
        "latencyMilliseconds": {
            "description": (
                "Maximum latency of the answer as the function measures it, with the network, after a first request "
                "that is not measured. Not for asynchronous endpoints."
            ),
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 60000,
        },
    },
    "additionalProperties": False,
}

FIELD: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": 20,
    "items": {
        "type": "object",
        "properties": {
            "name": {
                "$ref": "#/$defs/TestName",
                "description": "Name of the test, for messages.",
            },
            "body": {
                "description": (
                    "Body of the request: a text, which is sent as it is, or any other value, which is sent as JSON. "
                    "The bodies of all tests together have at most 128 KiB."
                ),
            },
            "bodyLocation": {
                "$ref": "#/$defs/TestBodyLocation",
                "description": (
                    "S3 URI of the body, instead of body, for a large one. The stack's parameter ArtifactBuckets "
                    "names the bucket."
                ),
            },
            "contentType": HEADER | {"description": "Content type of the body.", "default": "application/json"},
            "accept": HEADER | {"description": "Content type that is asked for. Default: the container's."},
            "targetModel": {
                "description": "Model of a multi-model container that answers: its key below the prefix.",
                "type": "string",
                "pattern": "^.+$",
                "maxLength": 1024,
            },
            "targetContainerHostname": {
                "description": "Hostname of the container that answers, if the mode of the model is direct.",
                "$ref": "#/$defs/ContainerHostname",
            },
            "variants": {
                "description": "Production variants that are tested. Default: all.",
                "type": "array",
                "items": {"$ref": "#/$defs/VariantName"},
                "minItems": 1,
                "maxItems": 10,
            },
            "inferenceComponents": {
                "description": "Inference components that are tested. Default: all, adapters included.",
                "type": "array",
                "items": {"$ref": "#/$defs/InferenceComponentName"},
                "minItems": 1,
            },
            "expect": EXPECT,
        },
        "required": ["name"],
        "additionalProperties": False,
    },
}
