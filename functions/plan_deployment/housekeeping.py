"""What goes when a deployment has succeeded: old configs of the endpoint, and the models that were made for them."""

from collections.abc import Iterable, Iterator
from itertools import islice

from plan_deployment import names
from plan_deployment.services import Services
from shared import endpoints, records, usage
from shared.aws import Client, Json
from shared.endpoints import ENDPOINT_TAG, EXECUTION_TAG

# How far back is looked for the deployments that are kept. What is older than that and still there was in use.
MOST_RECORDS = 100
# In one go; the next deployment goes on.
MOST_CONFIGS = 20


def nothing() -> Json:
    """The plan's `old` where everything stays."""
    return {"configs": [], "models": []}


def old(
    endpoint_name: str,
    in_use: Iterable[str],
    model_names: Iterable[str],
    kept: int,
    table_name: str,
    services: Services,
) -> Json:
    """The plan's `old`: ``configs`` and ``models`` of deployments that are kept no longer.

    Only what Slipway made for this endpoint, as the tags prove. Whether somebody else uses it is looked at when it is
    to go.

    Parameters
    ----------
    in_use : iterable of str
        Names of the configs that the endpoint serves and is to serve.
    model_names : iterable of str
        Models that it is to serve.
    kept : int
        Of how many deployments configs are kept, that which is planned among them.
    """
    sagemaker = services.sagemaker
    listed = list(_made_for(sagemaker, endpoint_name))
    needed = list(dict.fromkeys(in_use))
    if len({*listed, *needed}) <= kept:
        return nothing()
    deployed = _deployed(services.dynamodb, table_name, endpoint_name)
    # Where too few deployments are on record, what was made last counts as deployed last.
    newest = list(dict.fromkeys([*needed, *(name for name in deployed if name in listed), *listed]))
    last = max(kept, len(needed))
    gone = [name for name in newest[last:][:MOST_CONFIGS] if _is_made_for(sagemaker, name, endpoint_name)]
    if not gone:
        return nothing()
    unnamed = _named_by(sagemaker, gone) - _named_by(sagemaker, newest[:last]) - set(model_names)
    return {"configs": gone, "models": sorted(name for name in unnamed if _is_ours(sagemaker, name))}


def _made_for(sagemaker: Client, endpoint_name: str) -> Iterator[str]:
    """Configs whose names could be the endpoint's, the newest first."""
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(
        NameContains=names.config_prefix(endpoint_name), SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        found = (config["EndpointConfigName"] for config in page["EndpointConfigs"])
        yield from (name for name in found if names.is_config_name(endpoint_name, name))


def _deployed(dynamodb: Client, table_name: str, endpoint_name: str) -> list[str]:
    """Configs of the endpoint's deployments, the newest first."""
    found = islice(records.newest_first(dynamodb, table_name, endpoint_name), MOST_RECORDS)
    return [record.config_name for record in found if record.is_deployed and record.config_name]


def _is_made_for(sagemaker: Client, config_name: str, endpoint_name: str) -> bool:
    config = endpoints.describe_config(sagemaker, config_name)
    tags = endpoints.tags_of(sagemaker, config["EndpointConfigArn"]) if config else {}
    return EXECUTION_TAG in tags and tags.get(ENDPOINT_TAG, "").lower() == endpoint_name.lower()


def _named_by(sagemaker: Client, config_names: Iterable[str]) -> set[str]:
    """The models that the configs name."""
    configs = (endpoints.describe_config(sagemaker, name) for name in config_names)
    return {model for config in configs if config for model in usage.models_of(config)}


def _is_ours(sagemaker: Client, model_name: str) -> bool:
    model = endpoints.describe_model(sagemaker, model_name)
    return model is not None and EXECUTION_TAG in endpoints.tags_of(sagemaker, model["ModelArn"])
