"""The events that SageMaker puts on the default bus.

SageMaker developer guide, automating-sagemaker-with-eventbridge: the detail's members, the statuses
in upper case (``IN_SERVICE``), times of endpoints and models in milliseconds since the epoch, of
model packages in ISO 8601.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from local_aws import events

SOURCE = "aws.sagemaker"

Endpoint = Any
Model = Any
ModelPackage = Any


def endpoint_changed(endpoint: Endpoint) -> None:
    """Tell that the endpoint has another status."""
    detail = _of_endpoint(endpoint)
    if endpoint.failure_reason:
        detail["FailureReason"] = endpoint.failure_reason
    _emit("SageMaker Endpoint State Change", endpoint.arn, detail)


def deployment_changed(endpoint: Endpoint) -> None:
    """Tell that the deployment that the endpoint is going through has come to another stage."""
    detail = {**_of_endpoint(endpoint), "PendingDeploymentSummary": endpoint.pending.in_events()}
    _emit("SageMaker Endpoint Deployment State Change", endpoint.arn, detail)


def _of_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "EndpointName": endpoint.endpoint_name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.endpoint_config_name,
        "ProductionVariants": [variant.in_events() for variant in endpoint.variants],
        "EndpointStatus": upper_case(endpoint.endpoint_status),
        "CreationTime": milliseconds(endpoint.creation_time),
        "LastModifiedTime": milliseconds(endpoint.last_modified_time),
        "Tags": as_map(endpoint.tags),
    }


def model_changed(model: Model) -> None:
    """Tell that the model was created or deleted."""
    containers = {
        member: model.request[member] for member in ("PrimaryContainer", "Containers") if member in model.request
    }
    detail = {
        "ModelName": model.model_name,
        **containers,
        "ExecutionRoleArn": model.request.get("ExecutionRoleArn"),
        "CreationTime": milliseconds(model.creation_time),
        "ModelArn": model.arn,
        "Tags": as_map(model.tags),
    }
    _emit("SageMaker Model State Change", model.arn, detail)


def package_created(package: ModelPackage) -> None:
    """Announce each status of a new model package: every event repeats its approval status."""
    for status in ("Pending", "InProgress", "Completed"):
        package_changed(package, [], status)


def package_changed(package: ModelPackage, updated_fields: list[str], status: str = "Completed") -> None:
    """Announce that a model package has another status (no `updated_fields`) or was edited."""
    detail = {
        **{name: value for name, value in package.describe().items() if name in _IN_PACKAGE_EVENTS},
        "ModelPackageStatus": status,
        "CreationTime": iso(package.creation_time),
        "LastModifiedTime": iso(package.last_modified_time),
    }
    if updated_fields:
        detail["UpdatedModelPackageFields"] = updated_fields
    _emit("SageMaker Model Package State Change", package.arn, detail)


_IN_PACKAGE_EVENTS = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "MetadataProperties",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "ModelLifeCycle",
)


def upper_case(status: str) -> str:
    """``InService`` → ``IN_SERVICE``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", status).upper()


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return int(moment.timestamp() * 1000)


def iso(moment: datetime) -> str:
    """``2021-02-24T17:00:14Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_map(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags as events carry them."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def _emit(detail_type: str, arn: str, detail: dict[str, Any]) -> None:
    events.emit(SOURCE, detail_type, arn, detail)
