"""Resources that Slipway created for an endpoint, as their tags prove."""

from collections.abc import Iterable, Iterator

from shared import components, endpoints, usage
from shared.aws import Client, Json
from shared.endpoints import ENDPOINT_TAG, EXECUTION_TAG
from shared.errors import EndpointNotOwned
from shared.planning import names


def require_deletable(sagemaker: Client, endpoint: Json) -> None:
    """Check that the roles of the stack may delete the endpoint: they may only delete what has Slipway's tag.

    Raises
    ------
    EndpointNotOwned
        If it has no such tag.
    """
    if EXECUTION_TAG not in endpoints.tags_of(sagemaker, endpoint["EndpointArn"]):
        name = endpoint["EndpointName"]
        raise EndpointNotOwned(
            f"Slipway did not create endpoint {name}, and the stack may only delete what has the tag {EXECUTION_TAG}. "
            f"To let Slipway delete the endpoint: aws sagemaker add-tags --resource-arn {endpoint['EndpointArn']} "
            f"--tags Key={EXECUTION_TAG},Value=adopted. "
            f"To delete it yourself: aws sagemaker delete-endpoint --endpoint-name {name}"
        )


def require_deletable_components(sagemaker: Client, found: Iterable[Json]) -> None:
    """Check the same for the inference components of an endpoint.

    Parameters
    ----------
    found : iterable of Json
        DescribeInferenceComponent's answers.

    Raises
    ------
    EndpointNotOwned
        If one has no such tag; the message names all of them.
    """
    external = external_components(sagemaker, found)
    if external:
        listed = ", ".join(each["InferenceComponentName"] for each in external)
        adopt = "; ".join(
            f"aws sagemaker add-tags --resource-arn {each['InferenceComponentArn']} "
            f"--tags Key={EXECUTION_TAG},Value=adopted"
            for each in external
        )
        delete = "; ".join(
            f"aws sagemaker delete-inference-component --inference-component-name {each['InferenceComponentName']}"
            for each in external
        )
        raise EndpointNotOwned(
            f"Endpoint {external[0]['EndpointName']} has inference components that Slipway did not create: {listed}. "
            "SageMaker would keep them without the endpoint, and the stack may only delete what has the tag "
            f"{EXECUTION_TAG}. To let Slipway delete them: {adopt}. To delete them yourself: {delete}"
        )


def external_components(sagemaker: Client, found: Iterable[Json]) -> list[Json]:
    """Return those of the components that Slipway did not create and that are not being deleted already."""
    return [
        each
        for each in components.bases_last(found)
        if each["InferenceComponentStatus"] != "Deleting"
        and EXECUTION_TAG not in endpoints.tags_of(sagemaker, each["InferenceComponentArn"])
    ]


def listed_configs(sagemaker: Client, endpoint_name: str) -> Iterator[str]:
    """Yield the configs whose names can be the endpoint's, the newest first."""
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(
        NameContains=names.config_prefix(endpoint_name),
        SortBy="CreationTime",
        SortOrder="Descending",
        PaginationConfig=endpoints.PAGES,
    )
    for page in pages:
        found = (config["EndpointConfigName"] for config in page["EndpointConfigs"])
        yield from (name for name in found if names.is_config_name(endpoint_name, name))


def described(sagemaker: Client, config_names: Iterable[str]) -> Iterator[Json]:
    """Yield DescribeEndpointConfig's answers for the configs that exist."""
    return filter(None, (endpoints.describe_config(sagemaker, name) for name in config_names))


def configs_of(sagemaker: Client, config_names: Iterable[str], endpoint_name: str) -> Iterator[Json]:
    """Yield the same for the configs that Slipway created for this endpoint."""
    for config in described(sagemaker, config_names):
        tags = endpoints.tags_of(sagemaker, config["EndpointConfigArn"])
        if EXECUTION_TAG in tags and tags.get(ENDPOINT_TAG, "").lower() == endpoint_name.lower():
            yield config


def models_named_by(configs: Iterable[Json]) -> set[str]:
    """Return the names of the configs' models."""
    return {model for config in configs for model in usage.models_of(config)}


def owned_models(sagemaker: Client, model_names: Iterable[str]) -> list[str]:
    """Return those of the models that Slipway created."""
    return sorted(name for name in model_names if _is_owned(sagemaker, name))


def _is_owned(sagemaker: Client, model_name: str) -> bool:
    model = endpoints.describe_model(sagemaker, model_name)
    return model is not None and EXECUTION_TAG in endpoints.tags_of(sagemaker, model["ModelArn"])
