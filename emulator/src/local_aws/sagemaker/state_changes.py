"""Events that SageMaker puts on the default bus.

SageMaker developer guide, automating-sagemaker-with-eventbridge: the members of the detail and the statuses
in upper case (``IN_SERVICE``). Endpoints and models have times in milliseconds since the epoch, model
packages in ISO 8601.
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
    """Emit the endpoint's new status."""
    detail = _of_endpoint(endpoint)
    if endpoint.failure_reason:
        detail["FailureReason"] = endpoint.failure_reason
    _emit("SageMaker Endpoint State Change", endpoint.arn, detail)


def deployment_changed(endpoint: Endpoint) -> None:
    """Emit the new stage of the endpoint's deployment."""
    detail = {**_of_endpoint(endpoint), "PendingDeploymentSummary": endpoint.pending.event_detail()}
    _emit("SageMaker Endpoint Deployment State Change", endpoint.arn, detail)


def _of_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "EndpointName": endpoint.endpoint_name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.endpoint_config_name,
        "ProductionVariants": [variant.event_detail() for variant in endpoint.variants],
        "EndpointStatus": upper_case(endpoint.endpoint_status),
        "CreationTime": milliseconds(endpoint.creation_time),
        "LastModifiedTime": milliseconds(endpoint.last_modified_time),
        "Tags": as_map(endpoint.tags),
    }


def model_changed(model: Model) -> None:
    """Emit that the model was created or deleted."""
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
    """Emit each status of a new model package. Every event repeats its approval status."""
    for status in ("Pending", "InProgress", "Completed"):
        package_changed(package, [], status)


def package_changed(package: ModelPackage, updated_fields: list[str], status: str = "Completed") -> None:
    """Emit that a model package has another status (no `updated_fields`) or was edited."""
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
    """Tags in the form that events carry."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def _emit(detail_type: str, arn: str, detail: dict[str, Any]) -> None:
    events.emit(SOURCE, detail_type, arn, detail)
