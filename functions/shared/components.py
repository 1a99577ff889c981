"""Inference components in SageMaker: copies of a model, or adapters of such a base, on the instances of an endpoint."""

from collections.abc import Iterable

from botocore.exceptions import ClientError

from shared import endpoints
from shared.aws import Client, Json, code_of, what_aws_said
from shared.errors import RequestRefused

# The five of DescribeInferenceComponent (SageMaker API reference, InferenceComponentStatus).
IN_SERVICE, FAILED = "InService", "Failed"
CHANGING = frozenset({"Creating", "Updating", "Deleting"})
STATUSES = CHANGING | {IN_SERVICE, FAILED}


def describe(sagemaker: Client, name: str) -> Json | None:
    """Return DescribeInferenceComponent's answer; None if the component does not exist."""
    return endpoints.unless_missing(sagemaker.describe_inference_component, InferenceComponentName=name)


def of_endpoint(sagemaker: Client, endpoint_name: str) -> list[Json]:
    """Return DescribeInferenceComponent's answers of all components of the endpoint, which can be gone itself."""
    paginator = sagemaker.get_paginator("list_inference_components")
    pages = paginator.paginate(EndpointNameEquals=endpoint_name, PaginationConfig=endpoints.PAGES)
    names = [each["InferenceComponentName"] for page in pages for each in page["InferenceComponents"]]
    return [found for name in names if (found := describe(sagemaker, name)) is not None]


def delete(sagemaker: Client, name: str) -> bool:
    """Delete a component; return False if it is missing already, or if a change of it must end first.

    Raises
    ------
    RequestRefused
        If SageMaker refuses the deletion, such as that of the base of adapters.
    """
    try:
        sagemaker.delete_inference_component(InferenceComponentName=name)
    except ClientError as error:
        if is_gone(sagemaker, error, name) or is_not_now(error):
            return False
        if code_of(error) in endpoints.REFUSALS:
            raise RequestRefused(what_aws_said(error)) from error
        raise
    return True


def is_gone(sagemaker: Client, error: ClientError, name: str) -> bool:
    """Whether a call on a component was refused because it does not exist.

    The roles may only change what has Slipway's tag. A missing component has no tag, so IAM refuses first.
    """
    is_possible = code_of(error) == "AccessDeniedException" or endpoints.is_missing(error)
    return is_possible and describe(sagemaker, name) is None  # what is missing can be another resource, such as a model


def is_not_now(error: ClientError) -> bool:
    """Whether SageMaker refuses because a change of the component is in progress."""
    # "Cannot update inference component … while it is in state UPDATE_RC_IN_PROGRESS": stdapi-ai/stdapi.ai, issue 43.
    message = error.response["Error"].get("Message", "")
    return code_of(error) == "ValidationException" and "inference component" in message and "_IN_PROGRESS" in message


def base_of(body: Json) -> str | None:
    """Return the base of an adapter; None for any other component.

    Parameters
    ----------
    body : Json
        DescribeInferenceComponent's answer, or the request that creates or updates the component.
    """
    base: str | None = specifications_of(body)[0].get("BaseInferenceComponentName")
    return base


def specifications_of(body: Json) -> list[Json]:
    """Return the one specification, or one for each instance type; an empty one if the body has none."""
    return body.get("Specifications") or [body.get("Specification", {})]


def adapters_last(bodies: Iterable[Json]) -> list[Json]:
    """Return the components in the order of their creation: an adapter needs its base in service."""
    return sorted(bodies, key=lambda body: base_of(body) is not None)


def bases_last(bodies: Iterable[Json]) -> list[Json]:
    """Return the components in the order of their deletion: SageMaker keeps a base that has adapters."""
    return sorted(bodies, key=lambda body: base_of(body) is None)
