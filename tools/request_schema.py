"""Generates the request's JSON Schema from SageMaker's own service model, so that the two always match.

`python -m tools.request_schema` writes functions/plan_deployment/request.schema.json. The camelCase fields are
described here; every PascalCase structure inside them comes from botocore, names, ranges and enums included.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session

from tools import component_fields, endpoint_test_field, model_fields, scaling_fields
from tools.guardrail_fields import SHORT_DEPLOYMENT
from tools.request_fields import FIELDS
from tools.sagemaker_members import MEMBERS, SHAPES

PATH = Path(__file__).resolve().parent.parent / "functions" / "plan_deployment" / "request.schema.json"
API_REFERENCE = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_{}.html"
SCALING_REFERENCE = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_{}.html"
ALARM_REFERENCE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_{}.html"
SCALAR_TYPES = {
    "string": "string",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
}
# The smallest and largest values of the type, used if the service model has no range.
RANGES: dict[str, dict[str, Any]] = {
    "integer": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"minimum": -3.4028234663852886e38, "maximum": 3.4028234663852886e38},
}
# Patterns of the service models that allow any text; the last is Java's "any printable character".
ANY_TEXT = {
    ".*",
    r"[\s\S]+",
    r"[\S\s]*",
    r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*",
}
# Set by the plan or by a field of its own.
NOT_FIELDS = {"EndpointConfigName", "ProductionVariants", "Tags"}
# A container made from a model package takes image and artifacts from the package.
FROM_PACKAGE = {
    "AdditionalModelDataSources",
    "Image",
    "ImageConfig",
    "ModelDataSource",
    "ModelDataUrl",
    "ModelPackageName",
}
ROLLS_BACK = {"properties": {"rollback": {"const": True}}, "required": ["rollback"]}
# Given by the source of the model and by its image.
FROM_SOURCE = {"Image", "Mode", "ModelDataUrl", "ModelPackageName"}
# Set by the plan, or without effect for a single container.
NOT_MODEL = {"ModelName", "Containers", "InferenceExecutionConfig", "Tags"}


class Definitions:
    """The `$defs` of the schema, filled as shapes are referred to.

    The prefix goes before the names of the shapes: services have different shapes of one name.
    """

    def __init__(self, prefix: str = "") -> None:
        self.found: dict[str, Any] = {}
        self._prefix = prefix
        self._limits: dict[str, Any] = {}

    def reference(self, shape: Any, **keywords: Any) -> dict[str, Any]:
        """A `$ref` to the shape's definition, with more keywords next to it."""
        if self._limits.setdefault(shape.name, shape.metadata) != shape.metadata:
            raise ValueError(f"two services have different shapes of the name {shape.name}")
        name = self._prefix + shape.name
        if name not in self.found:
            self.found[name] = {}
            definition = self._definition(shape) | SHAPES.get(name, {})
            if "enum" in definition and definition["enum"] is None:
                definition["examples"] = list(shape.metadata["enum"])
            self.found[name] = {keyword: value for keyword, value in definition.items() if value is not None}
        return {"$ref": f"#/$defs/{name}"} | keywords

    def structure(self, shape: Any, without: set[str] | frozenset[str] = frozenset()) -> dict[str, Any]:
        """An object with the shape's members except for those in `without`."""
        members = {
            name: self.reference(member, **MEMBERS.get(f"{shape.name}.{name}", {}))
            for name, member in shape.members.items()
            if name not in without
        }
        required = [name for name in shape.metadata.get("required", []) if name in members]
        return (
            {"type": "object", "properties": members}
            | ({"required": required} if required else {})
            | {"additionalProperties": False}
        )

    def _definition(self, shape: Any) -> dict[str, Any]:
        if shape.type_name == "structure":
            scaling = shape.name in _model("application-autoscaling").shape_names
            reference = SCALING_REFERENCE if scaling else API_REFERENCE
            link = (ALARM_REFERENCE if self._prefix else reference).format(shape.name)
            return {"title": shape.name, "description": f"As in {link}"} | self.structure(shape)
        if shape.type_name == "list":
            return {"type": "array", "items": self.reference(shape.member)} | _range(shape, "minItems", "maxItems")
        if shape.type_name == "map":
            return {
                "type": "object",
                "propertyNames": self.reference(shape.key),
                "additionalProperties": self.reference(shape.value),
            } | _range(shape, "minProperties", "maxProperties")
        return _scalar(shape)


def schema() -> dict[str, Any]:
    """The whole schema."""
    definitions = Definitions()
    config = _model("sagemaker").shape_for("CreateEndpointConfigInput")
    generated = {
        "productionVariants": definitions.reference(config.members["ProductionVariants"]),
        "targetTrackingScalingPolicyConfiguration": definitions.reference(
            _model("application-autoscaling").shape_for("TargetTrackingScalingPolicyConfiguration")
        ),
        "tags": definitions.reference(config.members["Tags"]),
        "endpointName": definitions.reference(_model("sagemaker").shape_for("EndpointName")),
        "model": _model_field(definitions),
        "test": endpoint_test_field.FIELD,
        "deploymentConfig": _deployment_field(definitions),
        "autoscaling": scaling_fields.FIELD,
        "schedule": scaling_fields.SCHEDULE,
        "alarms": {"items": definitions.reference(_model("sagemaker").shape_for("AlarmName"))},
    }
    for name, member in config.members.items():
        if name not in NOT_FIELDS:
            generated[name[0].lower() + name[1:]] = definitions.reference(member)
    models = _model_definitions(definitions) | {"RequestedComponent": _component_definition(definitions)}
    scaling = _scaling_definitions(definitions)
    if missing := generated.keys() - FIELDS.keys():
        raise KeyError(f"tools/request_fields.py does not describe {', '.join(sorted(missing))}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:slipway:deploy-endpoint:request",
        "title": "Request to deploy a SageMaker endpoint",
        "description": (
            "Fields are in camelCase. SageMaker's own structures keep their PascalCase and are passed on unchanged. "
            "Generated by tools/request_schema.py from botocore's service model: do not edit."
        ),
        "type": "object",
        "properties": {name: generated.get(name, {}) | field for name, field in FIELDS.items()},
        "required": ["endpointName"],
        "if": {"anyOf": [{"required": ["rollbackTo"]}, ROLLS_BACK]},
        "else": {"required": ["productionVariants"]},
        "additionalProperties": False,
        "$defs": dict(sorted((definitions.found | models | scaling | endpoint_test_field.DEFINITIONS).items())),
    }


def text() -> str:
    """The content of the schema file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _model_field(definitions: Definitions) -> dict[str, Any]:
    create_model = _model("sagemaker").shape_for("CreateModelInput")
    field = definitions.structure(create_model, NOT_MODEL | {"PrimaryContainer"})
    container = definitions.structure(create_model.members["PrimaryContainer"], FROM_PACKAGE)
    field["properties"]["PrimaryContainer"] = container | MEMBERS["CreateModelInput.PrimaryContainer"]
    return field


def _model_definitions(definitions: Definitions) -> dict[str, Any]:
    """Definitions of what a request's `models` have: Slipway's members beside those of CreateModel."""
    create_model = _model("sagemaker").shape_for("CreateModelInput")
    container = definitions.structure(create_model.members["PrimaryContainer"], FROM_SOURCE)
    container["properties"] = model_fields.CONTAINER | container["properties"]
    model = definitions.structure(create_model, NOT_MODEL | {"PrimaryContainer"})
    model["properties"] = model_fields.CONTAINER | model_fields.MODEL | container["properties"] | model["properties"]
    return {
        "RequestedContainer": container,
        "RequestedImage": model_fields.IMAGE,
        "RequestedModel": model,
        "RequestedPackage": model_fields.PACKAGE,
        "RequestedPackageVersion": model_fields.PACKAGE_VERSION,
    }


def _scaling_definitions(definitions: Definitions) -> dict[str, Any]:
    """Definitions of `autoscaling`; the alarm's are CloudWatch's own."""
    for name in ("StepScalingPolicyConfiguration", "SuspendedState"):
        definitions.reference(_model("application-autoscaling").shape_for(name))
    alarms = Definitions("CloudWatch")
    members = _model("cloudwatch").shape_for("PutMetricAlarmInput").members
    properties = {name: alarms.reference(members[name], **said) for name, said in scaling_fields.ALARM_MEMBERS.items()}
    alarm = {
        "title": "PutMetricAlarm",
        "description": f"As in {ALARM_REFERENCE.format('PutMetricAlarm')}",
        "type": "object",
        "properties": properties,
        "required": scaling_fields.ALARM_REQUIRED,
        "additionalProperties": False,
    }
    return scaling_fields.DEFINITIONS | alarms.found | {"ScalingAlarm": alarm}


def _deployment_field(definitions: Definitions) -> dict[str, Any]:
    """Both forms in one object: in a choice of two, every mistake is "not valid under any of the given schemas"."""
    field = definitions.structure(_model("sagemaker").shape_for("DeploymentConfig"))
    return field | {"properties": SHORT_DEPLOYMENT | field["properties"]}


def _component_definition(definitions: Definitions) -> dict[str, Any]:
    """Definition of an inference component: Slipway's members beside those of SageMaker."""
    create = _model("sagemaker").shape_for("CreateInferenceComponentInput").members
    update = _model("sagemaker").shape_for("UpdateInferenceComponentInput").members
    shapes = {
        "name": create["InferenceComponentName"],
        "variantName": create["VariantName"],
        "Specification": create["Specification"],
        "Specifications": create["Specifications"],
        "DeploymentConfig": update["DeploymentConfig"],
    }
    members = {name: definitions.reference(shape, **component_fields.MEMBERS[name]) for name, shape in shapes.items()}
    own = {"copyCount": component_fields.COPY_COUNT, "autoscaling": component_fields.AUTOSCALING}
    return {
        "description": "an inference component",
        "type": "object",
        "properties": members | own,
        "required": ["name"],
        "additionalProperties": False,
    }


def _scalar(shape: Any) -> dict[str, Any]:
    kind = SCALAR_TYPES[shape.type_name]
    definition: dict[str, Any] = {"type": kind} | RANGES.get(shape.type_name, {})
    if enum := shape.metadata.get("enum"):
        return definition | {"enum": list(enum)}
    pattern = shape.metadata.get("pattern", "")
    if pattern and pattern not in ANY_TEXT:
        definition["pattern"] = f"^(?:{pattern})$" if "|" in pattern else f"^{pattern}$"
    names = ("minLength", "maxLength") if kind == "string" else ("minimum", "maximum")
    return definition | _range(shape, *names)


def _range(shape: Any, low: str, high: str) -> dict[str, Any]:
    found = {low: shape.metadata.get("min"), high: shape.metadata.get("max")}
    return {name: value for name, value in found.items() if value or (value == 0 and name == "minimum")}


def _model(service: str) -> Any:
    return _SESSION.get_service_model(service)


_SESSION = botocore.session.get_session()

if __name__ == "__main__":
    PATH.write_text(text())
