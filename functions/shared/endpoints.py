"""Endpoints, endpoint configs and models in SageMaker, and their creators.

SageMaker has no error code for a missing resource: it raises ValidationException, and only the text distinguishes it
from other faults. A resource counts as missing only if the text says that it does not exist.
"""

from collections.abc import Callable

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of, what_aws_said
from shared.errors import RequestRefused, ServiceUnavailable
from shared.tags import execution_value

# The List operations return at most 100 items, 10 by default (SageMaker API reference).
PAGES = {"PageSize": 100}
EXECUTION_TAG = "slipway:execution"
# Tag of a config with the endpoint that it was created for, because names are shortened.
ENDPOINT_TAG = "slipway:endpoint"
# Of a config, a hash of its content without weights, which change without another config.
CONTENT_TAG = "slipway:content"

# The nine of DescribeEndpoint (SageMaker API reference, DescribeEndpoint).
IN_SERVICE = "InService"
CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
STUCK = frozenset({"Failed", "OutOfService", "UpdateRollbackFailed"})
STATUSES = CHANGING | STUCK | {IN_SERVICE}
# Codes of a final refusal: ValidationException, which SageMaker does not model, and those of botocore's model.
REFUSALS = frozenset({"ValidationException", "ConflictException", "ResourceInUse", "ResourceNotFound"})


def same_name(one: str | None, other: str | None) -> bool:
    """Whether both name the same resource: SageMaker ignores case (API reference, CreateEndpoint)."""
    return one == other or (one is not None and other is not None and one.lower() == other.lower())


def is_missing(error: ClientError) -> bool:
    """Whether SageMaker says that the resource does not exist, not that something else is wrong with the call."""
    return code_of(error) == "ValidationException" and "Could not find" in error.response["Error"].get("Message", "")


def is_in_progress(error: ClientError) -> bool:
    """Whether SageMaker refuses because the endpoint is being created, updated or deleted."""
    message = error.response["Error"].get("Message", "")
    return code_of(error) == "ValidationException" and "Cannot update in-progress" in message


def describe_endpoint(sagemaker: Client, name: str) -> Json | None:
    """Return DescribeEndpoint's answer; None if the endpoint does not exist."""
    return unless_missing(sagemaker.describe_endpoint, EndpointName=name)


def describe_config(sagemaker: Client, name: str) -> Json | None:
    """Return DescribeEndpointConfig's answer; None if the config does not exist."""
    return unless_missing(sagemaker.describe_endpoint_config, EndpointConfigName=name)


def describe_model(sagemaker: Client, name: str) -> Json | None:
    """Return DescribeModel's answer; None if the model does not exist."""
    return unless_missing(sagemaker.describe_model, ModelName=name)


def pending_config(endpoint: Json) -> str | None:
    """Return the config that the endpoint is being updated to; None if no deployment is pending."""
    summary = endpoint.get("PendingDeploymentSummary")
    return str(summary["EndpointConfigName"]) if summary else None


def what_changes(endpoint: Json) -> str:
    """Return a sentence on what a changing endpoint is doing."""
    pending = pending_config(endpoint)
    towards = f" towards config {pending}" if pending else ""
    return f"Endpoint {endpoint['EndpointName']} is {endpoint['EndpointStatus']}{towards}."


def delete(sagemaker: Client, **named: str) -> bool:
    """Delete a resource; return False if it is missing already, or an endpoint that is changing.

    Raises
    ------
    RequestRefused
        If SageMaker refuses the deletion, such as that of an endpoint with inference components.
    """
    ((member, _),) = named.items()
    operation, _ = _OPERATIONS[member]
    try:
        getattr(sagemaker, operation)(**named)
    except ClientError as error:
        if is_gone(sagemaker, error, **named) or is_in_progress(error):
            return False
        if code_of(error) in REFUSALS:
            raise RequestRefused(what_aws_said(error)) from error
        raise
    return True


def is_created_by(sagemaker: Client, arn: str, execution_arn: str) -> bool:
    """Whether the resource's tag names the execution as the one that created it."""
    return tags_of(sagemaker, arn).get(EXECUTION_TAG) == execution_value(execution_arn)


def is_gone(sagemaker: Client, error: ClientError, **named: str) -> bool:
    """Whether a deletion was refused because there is nothing to delete.

    The roles may only delete what has Slipway's tag. A missing resource has no tag, so IAM refuses first.
    """
    if code_of(error) != "AccessDeniedException":
        return is_missing(error)
    ((member, name),) = named.items()
    _, describe = _OPERATIONS[member]
    return describe(sagemaker, name) is None


def tags_of(sagemaker: Client, arn: str) -> dict[str, str]:
    """The tags of an endpoint, a config or a model."""
    pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def unless_missing(describe: Client, **name: str) -> Json | None:
    """Return the answer of a Describe operation; None if the resource does not exist."""
    try:
        answer: Json = describe(**name)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    # botocore turns a malformed answer into an empty one, which would mean a resource that uses nothing.
    if not answer.keys() - {"ResponseMetadata"}:
        raise ServiceUnavailable(f"SageMaker's answer about {', '.join(name.values())} is malformed.")
    return answer


# The operation that deletes a resource and the function that describes it, by the member that names it.
_OPERATIONS: dict[str, tuple[str, Callable[[Client, str], Json | None]]] = {
    "EndpointName": ("delete_endpoint", describe_endpoint),
    "EndpointConfigName": ("delete_endpoint_config", describe_config),
    "ModelName": ("delete_model", describe_model),
}
