"""Who uses an endpoint config or a model: SageMaker refuses no deletion of what is in use, so it has to be looked."""

from collections.abc import Iterable
from datetime import datetime

from shared import endpoints
from shared.aws import Client, Json

Moment = datetime | str


def endpoints_on(sagemaker: Client, config_names: Iterable[str], since: Moment, without: str = "") -> dict[str, str]:
    """Names of endpoints that serve one of the configs, or are on their way to it, by the config's name.

    Parameters
    ----------
    since : datetime or str
        When the first of the configs was made, or could be used by somebody else: only endpoints changed later are
        looked at.
    without : str
        Name of an endpoint that does not count.
    """
    wanted = {name.lower(): name for name in config_names}
    pages = sagemaker.get_paginator("list_endpoints").paginate(LastModifiedTimeAfter=since)
    names = [each["EndpointName"] for page in pages for each in page["Endpoints"]]
    found: dict[str, str] = {}
    for name in names:
        if endpoints.same_name(name, without):
            continue
        endpoint = endpoints.describe_endpoint(sagemaker, name) or {}
        on = filter(None, (endpoint.get("EndpointConfigName"), endpoints.pending_config(endpoint)))
        found |= {wanted[used.lower()]: name for used in on if used.lower() in wanted}
    return found


def config_with(sagemaker: Client, model_name: str, since: Moment, without: str = "") -> str | None:
    """Name of an endpoint config, made later than `since`, that names the model; None when none does."""
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(CreationTimeAfter=since)
    names = [each["EndpointConfigName"] for page in pages for each in page["EndpointConfigs"]]
    for name in names:
        config = None if endpoints.same_name(name, without) else endpoints.describe_config(sagemaker, name)
        if config and any(endpoints.same_name(model_name, used) for used in models_of(config)):
            return str(name)
    return None


def models_of(config: Json) -> set[str]:
    """Names of the models that a config's variants serve."""
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    pools = [pool for variant in variants for pool in variant.get("InstancePools", [])]
    named = {variant.get("ModelName") for variant in variants} | {pool.get("ModelNameOverride") for pool in pools}
    return {name for name in named if name}
