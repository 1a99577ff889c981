"""The request's field `inferenceComponents`; tools/request_schema.py adds SageMaker's own structures."""

from __future__ import annotations

from typing import Any

EXAMPLE: dict[str, Any] = {
    "name": "llm-a",
    "variantName": "AllTraffic",
    "copyCount": 1,
    "Specification": {"ModelName": "llm", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}},
    "autoscaling": {"preset": "to-zero", "maxCapacity": 3},
}
FIELD: dict[str, Any] = {
    "title": "Inference components",
    "description": (
        "All inference components of the endpoint: each is a model with its copies on the instances of a variant, or "
        "an adapter of such a component. The variants then name no model. Components that an earlier request named "
        "and this one does not are deleted. See docs/components.md."
    ),
    "type": "array",
    "items": {"$ref": "#/$defs/RequestedComponent"},
    "minItems": 1,
    "examples": [[EXAMPLE]],
}
# Slipway's members of a component.
COPY_COUNT: dict[str, Any] = {
    "description": (
        "Number of copies. Default: that of the live component; for a new one 1, or the minimum of its scaling. If the "
        "component is scaled, only a new one gets this number. SageMaker creates no component without a copy."
    ),
    "type": "integer",
    "minimum": 1,
    "maximum": 2147483647,
    "examples": [1],
}
AUTOSCALING: dict[str, Any] = {
    "$ref": "#/$defs/Autoscaling",
    "description": "How the number of copies scales; not for an adapter.",
}
# Beside the references to SageMaker's structures.
MEMBERS: dict[str, dict[str, Any]] = {
    "name": {
        "description": "Name of the component, which no other component in the account and Region has.",
        "minLength": 1,
        "examples": ["llm-a"],
    },
    "variantName": {
        "description": (
            "Variant whose instances run the copies. Default: the only variant; an adapter is on that of its base."
        ),
        "examples": ["AllTraffic"],
    },
    "Specification": {
        "description": (
            "What a copy runs and needs. ModelName can be a key of models; in a profile, a specification without "
            "ModelName and Container gets the approved model. BaseInferenceComponentName makes it an adapter."
        ),
    },
    "Specifications": {
        "description": "In place of Specification, one for each instance type of the variant.",
    },
    "DeploymentConfig": {
        "description": "How an update replaces the copies: batch by batch, with alarms that roll it back.",
    },
}
