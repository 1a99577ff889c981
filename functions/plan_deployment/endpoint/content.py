"""The content of an endpoint: whether it already runs the requested config.

Names are not enough: a model or a config can be deleted and created again under its name, and weights, counts and
concurrency of live variants change without another config.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from shared import endpoints, weights
from shared.aws import Client, Json
from shared.endpoints import CONTENT_TAG, EXECUTION_TAG, same_name
from shared.planning import names


@dataclass(frozen=True)
class Content:
    """The content that the endpoint is to run.

    Attributes
    ----------
    endpoint_name : str
        If the endpoint exists, spelled as when it was created.
    config : Json
        CreateEndpointConfig's body without name and tags.
    models : collection of Json
        DescribeModel's answers for the config's models, as far as they exist.
    creates_model : bool
        Whether one of the models must be created, so that every existing config is older than the model.
    is_forced : bool
        Whether the content is deployed even if the endpoint already runs it.
    """

    sagemaker: Client
    endpoint_name: str
    config: Json
    models: Collection[Json]
    creates_model: bool
    is_forced: bool
    _described: dict[str, Json | None] = field(default_factory=dict)

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the production variants, by the variant's name."""
        return weights.initial(self.config["ProductionVariants"])

    @property
    def hash(self) -> str:
        """Hash of the endpoint's name and the config without the weights of its production variants."""
        return names.content_hash(self.endpoint_name, self.config)

    def described(self, config_name: str) -> Json | None:
        """Return DescribeEndpointConfig's answer, read once; None if there is no such config."""
        if config_name not in self._described:
            self._described[config_name] = endpoints.describe_config(self.sagemaker, config_name)
        return self._described[config_name]

    def runs_on(self, endpoint: Json) -> bool:
        """Whether the endpoint runs this content, except for its weights.

        A config needs its models, so a model that is younger than the config was created again. The endpoint may still
        run the old model, so the answer is False.
        """
        config_name = endpoint["EndpointConfigName"]
        return self.is_content_of(config_name) and self._is_younger(self.described(config_name) or endpoint)

    def is_content_of(self, config_name: str) -> bool:
        """Whether the config belongs to this endpoint and has this content, except for the weights.

        A config that Slipway did not create can have any content, whatever its name. A deleted config has the content
        that its name says.
        """
        has_its_name = same_name(config_name, names.config_name(self.endpoint_name, self.config))
        config = self.described(config_name)
        if config is None:
            return has_its_name
        tags = self._tags(config)
        return EXECUTION_TAG in tags and (has_its_name or tags.get(CONTENT_TAG) == self.hash)

    def new_config_name(self, live: str | None) -> str:
        """Return the name of the config to deploy: not the live config's, and not that of a config with other content.

        SageMaker does not document an update to the live config, and its outcome would look like no update.

        Parameters
        ----------
        live : str or None
            Name of the config that the endpoint runs.
        """
        name = names.config_name(self.endpoint_name, self.config)
        while same_name(name, live) or not self._can_use(name):
            name = names.config_name(self.endpoint_name, self.config, instead_of=name)
        return name

    def _can_use(self, config_name: str) -> bool:
        config = self.described(config_name)
        return config is None or (EXECUTION_TAG in self._tags(config) and self._is_younger(config))

    def _is_younger(self, resource: Json) -> bool:
        """Whether the config or endpoint is younger than all of its models."""
        return not self.creates_model and all(
            model["CreationTime"] <= resource["CreationTime"] for model in self.models
        )

    def _tags(self, config: Json) -> dict[str, str]:
        return endpoints.tags_of(self.sagemaker, config["EndpointConfigArn"])
