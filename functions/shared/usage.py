"""Who uses an endpoint config or a model: SageMaker refuses no deletion of what is in use, so it has to be looked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared import endpoints
from shared.aws import Client, Json
from shared.budget import UNLIMITED, Budget, OutOfTimeError

Moment = datetime | str
# The most that the List operations return at a time; the default is 10 (SageMaker API reference).
PAGES = {"PageSize": 100}
# Left for the deletions after the reading, and the answer.
READING_SECONDS = 20


def endpoints_on(
    sagemaker: Client, config_names: Iterable[str], since: Moment, without: str = "", budget: Budget = UNLIMITED
) -> dict[str, str]:
    """Names of endpoints that serve one of the configs, or are on their way to it, by the config's name.

    Parameters
    ----------
    since : datetime or str
        When the first of the configs was made, or could be used by somebody else: only endpoints changed later are
        looked at.
    without : str
        Name of an endpoint that does not count.

    Raises
    ------
    OutOfTimeError
        When the budget does not allow to read all of them.
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
    """Endpoint configs by the models that they name.

    Attributes
    ----------
    configs : dict of str to list of str
        Names of configs, by the model's name in lower case.
    since : Moment or None
        Configs created later than this were read; None: all that were asked for.
    """

    configs: dict[str, list[str]]
    since: datetime | None = None

    def knows(self, model: Json) -> bool:
        """Whether every config that can name the model was read: a config is created later than its models."""
        return self.since is None or bool(model["CreationTime"] > self.since)

    def of(self, model_name: str, without: Iterable[str] = ()) -> str | None:
        """Name of a config that names the model, and is none of `without`; None when there is none."""
        ignored = {name.lower() for name in without}
        return next((name for name in self.configs.get(model_name.lower(), []) if name.lower() not in ignored), None)


def model_users(
    sagemaker: Client, since: Moment, known: dict[str, Json] | None = None, budget: Budget = UNLIMITED
) -> ModelUsers:
    """The configs created since then, each read once, the newest first, until the time is up.

    Parameters
    ----------
    known : dict of str to Json
        DescribeEndpointConfig's answers that are there already.
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
    """Names of the models that a config's variants serve."""
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    pools = [pool for variant in variants for pool in variant.get("InstancePools", [])]
    named = {variant.get("ModelName") for variant in variants} | {pool.get("ModelNameOverride") for pool in pools}
    return {name for name in named if name}
