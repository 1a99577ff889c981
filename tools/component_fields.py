"""The request's field `inferenceComponents`; tools/request_schema.py adds SageMaker's own structures."""

from __future__ import annotations

from typing import Any

FIELD: dict[str, Any] = {
    "title": "Inference components",
    "description": (
        "Inference components of the endpoint, each a model with its copies on the instances of a variant. The "
        "variants then name no model."
    ),
    "type": "array",
    "items": {"$ref": "#/$defs/RequestedComponent"},
    "minItems": 1,
    "examples": [
        [
            {
                "name": "llm-a",
                "variantName": "AllTraffic",
                "copyCount": 1,
                "Specification": {
                    "ModelName": "llm",
                    "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
                },
            }
        ]
    ],
}
# Slipway's members of a component that are not SageMaker's structures.
COPY_COUNT: dict[str, Any] = {
    "description": (
        "Copies of the component at its creation. SageMaker creates no component with 0 copies: scaling removes them."
    ),
    "type": "integer",
    "minimum": 1,
    "maximum": 2147483647,
    "default": 1,
    "examples": [1],
}
