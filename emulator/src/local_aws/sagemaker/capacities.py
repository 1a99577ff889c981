"""UpdateEndpointWeightsAndCapacities: traffic weights, instance counts and concurrency of live variants."""

from __future__ import annotations

from typing import Any

from local_aws.core.operations import Request
from local_aws.sagemaker import endpoints, names
from local_aws.sagemaker.config_rules import require_provisioned_within_maximum
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.names import Backend, ValidationError
from local_aws.sagemaker.variants import Variant


def update_weights_and_capacities(backend: Backend, request: Request) -> dict[str, Any]:
    """Set the desired values at once. They become current when the endpoint is back in service.

    Raises
    ------
    ValidationError
        If the endpoint is missing, in progress or failed, a variant is missing or named twice, more
        than one capacity changes, or the change does not fit the variant's kind.
    """
    endpoint: Endpoint = names.find(backend, "endpoint", request["EndpointName"])
    endpoints.require_changeable(endpoint)
    changes = request["DesiredWeightsAndCapacities"]
    _validate(endpoint, changes)
    endpoints.scale(backend, endpoint, {change["VariantName"]: change for change in changes})
    return {"EndpointArn": endpoint.arn}


def _validate(endpoint: Endpoint, changes: list[dict[str, Any]]) -> None:
    named = [change["VariantName"] for change in changes]
    for name in named:
        if named.count(name) > 1:
            raise ValidationError(f'The variant name "{name}" was non-unique within the request.')
        if endpoint.variant(name) is None:
            raise ValidationError(
                f'The variant name(s) "{name}" is/are not present within endpoint configuration '
                f'"{endpoint.endpoint_config_name}".'
            )
    capacities = [change for change in changes if {"DesiredInstanceCount", "ServerlessUpdateConfig"} & set(change)]
    if len(capacities) > 1:
        raise ValidationError("The capacity of only one variant can be updated in a request.")
    for change in capacities:
        variant = endpoint.variant(change["VariantName"])
        assert variant is not None
        _validate_change(endpoint, variant, change)


def _validate_change(endpoint: Endpoint, variant: Variant, change: dict[str, Any]) -> None:
    if "DesiredInstanceCount" in change:
        if not variant.instance_count:
            raise ValidationError(f'DesiredInstanceCount cannot be set for the serverless variant "{variant.name}".')
        if change["DesiredInstanceCount"] == 0 and "AsyncInferenceConfig" not in endpoint.config.content:
            raise ValidationError(
                f'DesiredInstanceCount of variant "{variant.name}" must be at least 1: only asynchronous endpoints '
                "scale to zero."
            )
    if "ServerlessUpdateConfig" in change:
        if not variant.serverless:
            raise ValidationError(f'ServerlessUpdateConfig cannot be set for variant "{variant.name}" on instances.')
        require_provisioned_within_maximum({**variant.serverless["Desired"], **change["ServerlessUpdateConfig"]})


OPERATIONS = {"UpdateEndpointWeightsAndCapacities": update_weights_and_capacities}
