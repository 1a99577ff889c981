"""The situation of a deployment: the request, the existing resources, and the action that follows from both."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plan_deployment.endpoint.action import Action, action_for, has_failed
from plan_deployment.endpoint.content import Content
from plan_deployment.environment import Services
from plan_deployment.models.existing import existing_models, require_suitable
from plan_deployment.source.source import Source
from plan_deployment.variants import hosts_components
from shared import endpoints
from shared.aws import Client, Json
from shared.usage import models_of

if TYPE_CHECKING:
    from plan_deployment.components.live import LiveComponents


@dataclass(frozen=True)
class Situation:
    """The request and the existing resources, on which every decision depends.

    Attributes
    ----------
    models : dict of str to Json
        DescribeModel's answers for the models in the request, by the model's name.
    created_models : list of Json
        CreateModel's bodies without tags, of the source's models that do not exist yet.
    found : Json or None
        DescribeEndpoint's answer; None if there is no endpoint.
    config_name : str
        The config that the endpoint is to run.
    components : LiveComponents or None
        The endpoint's inference components; None if the request has none.
    """

    source: Source
    content: Content
    models: dict[str, Json]
    created_models: list[Json]
    found: Json | None
    action: Action
    config_name: str
    components: "LiveComponents | None" = None

    @property
    def endpoint_name(self) -> str:
        """Name of the endpoint; if it exists, spelled as when it was created."""
        return self.content.endpoint_name

    @property
    def config(self) -> Json:
        """CreateEndpointConfig's body without name and tags."""
        return self.content.config

    @property
    def failed(self) -> Json | None:
        """The endpoint if its creation failed, so that it must be replaced."""
        return self.found if self.found and has_failed(self.found) else None

    @property
    def live(self) -> Json | None:
        """The endpoint unless it must be replaced."""
        return None if self.failed else self.found

    @property
    def updated(self) -> Json | None:
        """The endpoint if the deployment updates it."""
        return self.live if self.action == "update" else None

    @property
    def what_changes(self) -> tuple[str, str]:
        """What another user or tool is changing, while the action is "wait": a sentence, and a command that shows it.

        The command is empty if the endpoint itself is changing.
        """
        changing = self.components.changing if self.components else None
        if changing and self.found and self.found["EndpointStatus"] == endpoints.IN_SERVICE:
            name, status = changing["InferenceComponentName"], changing["InferenceComponentStatus"]
            command = f"aws sagemaker describe-inference-component --inference-component-name {name}"
            return f"Inference component {name} of endpoint {self.endpoint_name} is {status}.", command
        return endpoints.what_changes(self.found or {}), ""

    @property
    def changed(self) -> Json | None:
        """The endpoint if the deployment updates it, or changes its weights."""
        return self.live if self.action in ("update", "shift") else None


def situation_of(source: Source, services: Services) -> Situation:
    """Return the situation of a deployment, as SageMaker describes it now.

    Raises
    ------
    ModelNotFound, InvalidRequest
        If models do not exist, or cannot run on the instances of their variants.
    EndpointNotUpdatable
        If SageMaker accepts no update in the current status of the endpoint.
    """
    request, sagemaker = source.request, services.sagemaker
    made = {model["ModelName"]: model for model in source.models}
    named = existing_models(sagemaker, [name for name in source.model_names if name not in made])
    require_suitable(source.config, named | made)
    own = {name: endpoints.describe_model(sagemaker, name) for name in made}
    created = [model for name, model in made.items() if own[name] is None]
    found = endpoints.describe_endpoint(sagemaker, request.endpoint_name)
    live = None if found and has_failed(found) else found
    of_config = models_of(source.config)
    described = {**named, **{name: model for name, model in own.items() if model}}
    content = Content(
        sagemaker,
        str(live["EndpointName"]) if live else request.endpoint_name,
        source.config,
        models=[model for name, model in described.items() if name in of_config],
        creates_model=any(model["ModelName"] in of_config for model in created),
        is_forced=request.is_forced,
    )
    action = action_for(found, content)
    components = _components(source, sagemaker, content, live)
    if components and components.changing and action in ("update", "shift", "none"):
        action = "wait"
    elif components:
        components.require_possible(source.components, source.config)
    return Situation(
        source=source,
        content=content,
        models=named,
        created_models=created,
        found=found,
        action=action,
        config_name=_config_name(action, live, content),
        components=components,
    )


def _components(source: Source, sagemaker: Client, content: Content, live: Json | None) -> "LiveComponents | None":
    """Return the endpoint's inference components; None if it has models of its variants, now and as requested."""
    config = content.described(live["EndpointConfigName"]) if live else None
    if not source.components and (config is None or not hosts_components(config)):
        return None
    # Imported on demand: most endpoints have none, and a cold start is CPU-bound.
    from plan_deployment.components.live import live_components, require_same_host

    if config:
        require_same_host(content.endpoint_name, config, has_components=bool(source.components))
    return live_components(sagemaker, content.endpoint_name, source.components, is_new=live is None)


def _config_name(action: Action, live: Json | None, content: Content) -> str:
    """Return the config that the endpoint runs or changes to, or the name of a new one."""
    current: str | None = live.get("EndpointConfigName") if live else None
    if live and current and action in ("none", "shift", "join", "wait"):
        return endpoints.pending_config(live) or current
    return content.new_config_name(current)
