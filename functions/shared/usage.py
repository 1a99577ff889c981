"""Users of endpoint configs and models: SageMaker would delete a resource that is in use."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from shared import components, endpoints
from shared.aws import Client, Json
from shared.time_budget import UNLIMITED, Budget, OutOfTimeError

Moment = datetime | str
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
    pages = sagemaker.get_paginator("list_endpoints").paginate(
        LastModifiedTimeAfter=since, PaginationConfig=endpoints.PAGES
    )
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
class User:
    """A user of a model.

    Attributes
    ----------
    what : str
        Kind and name, such as ``endpoint config churn-1``.
    """

    what: str
    reason: str = "uses it"

    def __str__(self) -> str:
        return f"{self.what} {self.reason}"


@dataclass(frozen=True)
class ModelUsers:
    """Endpoint configs and inference components by the models that they use.

    Attributes
    ----------
    users : dict of str to list of User
        By the model's name in lower case.
    updating : list of User
        Components that are being updated, perhaps to another model: SageMaker does not say to which.
    since : Moment or None
        Only configs created later were read; None if all were.
    """

    users: dict[str, list[User]] = field(default_factory=dict)
    updating: list[User] = field(default_factory=list)
    since: datetime | None = None

    def knows(self, model: Json) -> bool:
        """Whether every config that can use the model was read: a config is created after its models."""
        return self.since is None or bool(model["CreationTime"] > self.since)

    def of(self, model_name: str, without: Iterable[str] = ()) -> User | None:
        """Return a user of the model, except those in `without`; None if there is none.

        Parameters
        ----------
        without : iterable of str
            Kinds and names, as in `User`.
        """
        ignored = {what.lower() for what in without}
        users = [*self.users.get(model_name.lower(), []), *self.updating]
        return next((user for user in users if user.what.lower() not in ignored), None)


def model_users(
    sagemaker: Client, since: Moment, known: dict[str, Json] | None = None, budget: Budget = UNLIMITED
) -> ModelUsers:
    """Read the components that changed since then, and the configs created since then, the newest first.

    Each is read once. If there is no time for all configs, the older ones are not read.

    Parameters
    ----------
    known : dict of str to Json
        Answers of DescribeEndpointConfig that were read already.

    Raises
    ------
    OutOfTimeError
        If there is no time to read all components.
    """
    users: dict[str, list[User]] = {}
    updating: list[User] = []
    for component in _changed_components(sagemaker, since, budget):
        what = f"inference component {component['InferenceComponentName']}"
        _add(users, models_of_component(component), what)
        if component["InferenceComponentStatus"] == "Updating":
            updating.append(User(what, "is being updated and may use it"))
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(
        CreationTimeAfter=since, SortBy="CreationTime", SortOrder="Descending", PaginationConfig=endpoints.PAGES
    )
    for summary in (summary for page in pages for summary in page["EndpointConfigs"]):
        if not budget.allows(READING_SECONDS):
            return ModelUsers(users, updating, summary["CreationTime"])
        name = summary["EndpointConfigName"]
        config = (known or {}).get(name) or endpoints.describe_config(sagemaker, name)
        _add(users, models_of(config) if config else set(), f"endpoint config {name}")
    return ModelUsers(users, updating)


def _changed_components(sagemaker: Client, since: Moment, budget: Budget) -> Iterator[Json]:
    """Yield the components that changed since then: an update can give an older component a newer model."""
    pages = sagemaker.get_paginator("list_inference_components").paginate(
        LastModifiedTimeAfter=since, PaginationConfig=endpoints.PAGES
    )
    for summary in (summary for page in pages for summary in page["InferenceComponents"]):
        if not budget.allows(READING_SECONDS):
            raise OutOfTimeError
        if component := components.describe(sagemaker, summary["InferenceComponentName"]):
            yield component


def _add(users: dict[str, list[User]], models: set[str], what: str) -> None:
    for model in models:
        users.setdefault(model.lower(), []).append(User(what))


def models_of_component(component: Json) -> set[str]:
    """Names of the models of a component, one for each of its specifications."""
    named = {each.get("ModelName") for each in components.specifications_of(component)}
    return {name for name in named if name}


def models_of(config: Json) -> set[str]:
    """Names of the models of a config's variants."""
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    pools = [pool for variant in variants for pool in variant.get("InstancePools", [])]
    named = {variant.get("ModelName") for variant in variants} | {pool.get("ModelNameOverride") for pool in pools}
    return {name for name in named if name}
