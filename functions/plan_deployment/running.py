"""What an endpoint runs, compared with what a request asks for.

Names alone do not tell: a model or a config can be deleted and created again under its name, and weights, counts and
concurrency of live variants change without another config.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from plan_deployment.hosts import by_name
from shared import endpoints, weights
from shared.aws import Client, Json
from shared.endpoints import CONTENT_TAG, EXECUTION_TAG, same_name
from shared.planning import names


@dataclass(frozen=True)
class Content:
    """What the endpoint is to run.

    Attributes
    ----------
    endpoint_name : str
        In the case of the endpoint's creation, if it exists.
    config : Json
        CreateEndpointConfig's body without name and tags.
    models : collection of Json
        DescribeModel's answers, of models that this execution does not create.
    is_forced : bool
        Whether it is deployed even if it runs already.
    """

    sagemaker: Client
    endpoint_name: str
    config: Json
    models: Collection[Json]
    is_forced: bool
    _described: dict[str, Json | None] = field(default_factory=dict)

    @property
    def weights(self) -> dict[str, float]:
        return weights.asked(self.config["ProductionVariants"])

    @property
    def hash(self) -> str:
        """Tells configs apart by their endpoint and their content, but for the weights of production variants."""
        return names.content_hash(self.endpoint_name, self.config)

    def described(self, config_name: str) -> Json | None:
        """DescribeEndpointConfig's answer, asked for once; None when there is no such config."""
        if config_name not in self._described:
            self._described[config_name] = endpoints.describe_config(self.sagemaker, config_name)
        return self._described[config_name]

    def runs_on(self, endpoint: Json) -> bool:
        """Whether the endpoint runs what is asked for, but for its weights.

        A model that is younger than the config was created again after the config, which only takes models that exist.
        Whether the endpoint was updated since is not known then, so it does not count as running.
        """
        config_name = endpoint["EndpointConfigName"]
        return self.is_content_of(config_name) and self._is_older(self.described(config_name) or endpoint)

    def is_content_of(self, config_name: str) -> bool:
        """Whether the config is this endpoint's and has this content, but for its weights.

        A config that Slipway did not create can have any content, whatever its name says. One that was deleted has the
        content that its name says.
        """
        is_named_so = same_name(config_name, names.config_name(self.endpoint_name, self.config))
        config = self.described(config_name)
        if config is None:
            return is_named_so
        tags = self._tags(config)
        return EXECUTION_TAG in tags and (is_named_so or tags.get(CONTENT_TAG) == self.hash)

    def new_config_name(self, live: str | None) -> str:
        """Name of the config to deploy: not the live one's, nor one that is taken for anything else.

        SageMaker does not document an update to the config that is live, and its end could not be told from no update.

        Parameters
        ----------
        live : str or None
            Name of the config that the endpoint runs, if it runs any.
        """
        name = names.config_name(self.endpoint_name, self.config)
        while same_name(name, live) or not self._can_use(name):
            name = names.config_name(self.endpoint_name, self.config, instead_of=name)
        return name

    def _can_use(self, config_name: str) -> bool:
        config = self.described(config_name)
        return config is None or (EXECUTION_TAG in self._tags(config) and self._is_older(config))

    def _is_older(self, thing: Json) -> bool:
        """Whether no model was created after the thing."""
        return all(model["CreationTime"] <= thing["CreationTime"] for model in self.models)

    def _tags(self, config: Json) -> dict[str, str]:
        return endpoints.tags_of(self.sagemaker, config["EndpointConfigArn"])


def drained(content: Content, endpoint: Json) -> Iterator[str]:
    """Warnings of variants without traffic that get some again."""
    live = weights.live(endpoint)
    for name, weight in content.weights.items():
        if live.get(name) == 0 and weight > 0:
            before = f"Variant {name} had weight 0 before this deployment"
            yield f"{before}, which sends traffic to it again: weight {weight:g}."


def differences(content: Content, endpoint: Json, scaled: Collection[str]) -> Iterator[str]:
    """What of the live variants is not as asked, and is preserved.

    Parameters
    ----------
    scaled : collection of str
        Names of variants whose size is up to their scaling.
    """
    for name, live in by_name(endpoint.get("ProductionVariants", [])).items():
        variant = by_name(content.config["ProductionVariants"]).get(name, {})
        if name not in scaled:
            yield from _count(endpoint["EndpointName"], name, variant, live)
            yield from _concurrency(name, variant.get("ServerlessConfig", {}), live.get("CurrentServerlessConfig", {}))
    shadows, live_shadows = (
        by_name(each.get("ShadowProductionVariants", [])).values() for each in (content.config, endpoint)
    )
    if weights.differ(weights.asked(shadows), weights.live({"ProductionVariants": [*live_shadows]})):
        yield 'The weight of the shadow variant is not as asked. To deploy it anew, add "force": true.'


def _count(endpoint_name: str, name: str, variant: Json, live: Json) -> Iterator[str]:
    wanted, found = variant.get("InitialInstanceCount"), live.get("CurrentInstanceCount")
    if "ManagedInstanceScaling" not in variant and wanted is not None and found is not None and wanted != found:
        yield (
            f"Variant {name} has {found} instances and InitialInstanceCount is {wanted}: live counts are preserved. To "
            f"change it: aws sagemaker update-endpoint-weights-and-capacities --endpoint-name {endpoint_name} "
            f"--desired-weights-and-capacities VariantName={name},DesiredInstanceCount={wanted}"
        )


def _concurrency(name: str, wanted: Json, live: Json) -> Iterator[str]:
    for member in ("MaxConcurrency", "ProvisionedConcurrency"):
        if live and wanted.get(member) != live.get(member):
            yield (
                f"Variant {name} has {member} {live.get(member, 'unset')}, not {wanted.get(member, 'unset')} as asked. "
                'To deploy it anew, add "force": true.'
            )
