"""Users of endpoint configs and models: SageMaker would delete a resource that is in use."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared import endpoints
from shared.aws import Client, Json
from shared.time_budget import UNLIMITED, Budget, OutOfTimeError

Moment = datetime | str
# The List operations return at most 100 items, 10 by default (SageMaker API reference).
PAGES = {"PageSize": 100}
# Time for the deletions after the reading, and for the answer.
READING_SECONDS = 20


def endpoints_on(
    sagemaker: Client, config_names: Iterable[str], since: Moment, without: str = "", budget: Budget = UNLIMITED
) -> dict[str, str]:
    """Return the endpoints that have one of the configs, or are updated to it, by the config's name.

    Parameters
    ----------
    since : datetime or str
        When the first of the configs was created, or could first be used: only endpoints that changed later are read.
    without : str
        Name of an endpoint that does not count.

    Raises
    ------
    OutOfTimeError
        If there is no time to read all of them.
    """
    wanted = {name.lower(): name for name in config_names}
    pages = sagemaker.get_paginator("list_endpoints").paginate(LastModifiedTimeAfter=since, PaginationConfig=PAGES)
    names = [each["EndpointName"] for page in pages for each in page["Endpoints"]]
    found: dict[str, str] = {}
    for name in names:
        if endpoints.same_name(name, without):
            continue
        if not budget.allows(READING_SECONDS):
            raise OutOfTimeError
        endpoint = endpoints.describe_endpoint(sagemaker, name) or {}
        on = filter(None, (endpoint.get("EndpointConfigName"), endpoints.pending_config(endpoint)))
        found |= {wanted[used.lower()]: name for used in on if used.lower() in wanted}
    return found


@dataclass(frozen=True)
class ModelUsers:
    """Endpoint configs by the models that they use.

    Attributes
    ----------
    configs : dict of str to list of str
        Names of configs, by the model's name in lower case.
    since : Moment or None
        Only configs created later were read; None if all were.
    """

    configs: dict[str, list[str]]
    since: datetime | None = None

    def knows(self, model: Json) -> bool:
        """Whether every config that can use the model was read: a config is created after its models."""
        return self.since is None or bool(model["CreationTime"] > self.since)

    def of(self, model_name: str, without: Iterable[str] = ()) -> str | None:
        """Return a config that uses the model, except those in `without`; None if there is none."""
        ignored = {name.lower() for name in without}
        return next((name for name in self.configs.get(model_name.lower(), []) if name.lower() not in ignored), None)


def model_users(
    sagemaker: Client, since: Moment, known: dict[str, Json] | None = None, budget: Budget = UNLIMITED
) -> ModelUsers:
    """Read the configs created since then, each once and the newest first, until the time is up.

    Parameters
    ----------
    known : dict of str to Json
        Answers of DescribeEndpointConfig that were read already.
    """
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(
        CreationTimeAfter=since, SortBy="CreationTime", SortOrder="Descending", PaginationConfig=PAGES
    )
    configs: dict[str, list[str]] = {}
    for summary in (summary for page in pages for summary in page["EndpointConfigs"]):
        if not budget.allows(READING_SECONDS):
            return ModelUsers(configs, summary["CreationTime"])
        name = summary["EndpointConfigName"]
        config = (known or {}).get(name) or endpoints.describe_config(sagemaker, name)
        for model in models_of(config) if config else ():
            configs.setdefault(model.lower(), []).append(name)
    return ModelUsers(configs)


def models_of(config: Json) -> set[str]:
    """Names of the models of a config's variants."""
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    pools = [pool for variant in variants for pool in variant.get("InstancePools", [])]
    named = {variant.get("ModelName") for variant in variants} | {pool.get("ModelNameOverride") for pool in pools}
    return {name for name in named if name}
