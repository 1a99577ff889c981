"""Existing inference components of a plan."""

from dataclasses import dataclass, field

from shared import components, endpoints
from shared.aws import Client, Json
from shared.component_content import has, is_same
from shared.plan import COMPONENTS, DeploymentPlan, Step, steps_of

NAME, COMPONENT = "InferenceComponentName", "inference component"
CREATE, UPDATE, DELETE = "CreateInferenceComponent", "UpdateInferenceComponent", "DeleteInferenceComponent"
# SageMaker's reads are eventually consistent (API reference, CreateEndpoint): a component can look for a moment as if
# the last call of the deployment had not been made.
STALE_SECONDS = 60


@dataclass(frozen=True)
class FoundComponents:
    """Existing inference components.

    Attributes
    ----------
    by_name : dict of str to Json
        DescribeInferenceComponent's answers by the name in lower case: of the components of the plan's steps, and of
        all others on its endpoint. A component that is Failed has its ``Tags``, too.
    ours : frozenset of str
        Names, in lower case, of those that this execution created, as the tags prove.
    has_host : bool
        Whether the endpoint exists and is not being deleted.
    is_fresh : bool
        Whether the last call of the deployment can be so recent that SageMaker does not show its effect yet.
    """

    by_name: dict[str, Json] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    has_host: bool = True
    is_fresh: bool = False

    def of(self, step: Step) -> Json | None:
        """Return the component of the step; None if it does not exist."""
        return self.by_name.get(step["request"][NAME].lower())

    def is_ours(self, step: Step) -> bool:
        """Whether this execution created the component of the step."""
        return step["request"][NAME].lower() in self.ours

    @property
    def created(self) -> list[Json]:
        """The components that this execution created."""
        return [each for name, each in self.by_name.items() if name in self.ours]

    @property
    def others(self) -> list[Json]:
        """The components that it did not create."""
        return [each for name, each in self.by_name.items() if name not in self.ours]

    def changed_by(self, plan: DeploymentPlan) -> list[str]:
        """Names of components that the rollback deletes or restores."""
        return [step["request"][NAME] for step in steps_of(plan, COMPONENTS) if self._is_in_effect(step)]

    def _is_in_effect(self, step: Step) -> bool:
        found = self.of(step)
        if found is None or step["operation"] == CREATE:
            return found is not None and self.is_ours(step)
        return step["operation"] == UPDATE and is_update_of(found, step)


def is_update_of(found: Json, step: Step) -> bool:
    """Whether a component is as the step updates it, and not as before, or changes now."""
    if found["InferenceComponentStatus"] != components.IN_SERVICE:
        return True
    return has(found, step["request"]) and not is_same(found, step["undo"][0]["request"])


def survey_components(
    plan: DeploymentPlan, endpoint: Json | None, seconds: float, sagemaker: Client
) -> FoundComponents:
    """Read the components of the plan's endpoint, and those of its steps.

    Parameters
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer.
    seconds : float
        Seconds since the rollback began.
    """
    # A plan of the version before this field has none.
    if not plan.get("components"):
        return FoundComponents()
    steps = steps_of(plan, COMPONENTS)
    found = {each[NAME].lower(): each for each in components.of_endpoint(sagemaker, plan["endpointName"])}
    for name in (step["request"][NAME] for step in steps):
        component = found.get(name.lower()) or components.describe(sagemaker, name)
        found |= {name.lower(): component} if component else {}
    created = [step["request"][NAME].lower() for step in steps if step["operation"] == CREATE]
    return FoundComponents(
        {name: _with_tags(each, sagemaker) for name, each in found.items()},
        frozenset(name for name in created if name in found and _is_created_here(found[name], plan, sagemaker)),
        has_host=endpoint is not None and endpoint["EndpointStatus"] != "Deleting",
        is_fresh=seconds < STALE_SECONDS and _is_reached(plan, endpoint),
    )


def _is_reached(plan: DeploymentPlan, endpoint: Json | None) -> bool:
    """Whether the deployment can have changed components: it does so when the endpoint is in service on its config."""
    return (
        endpoint is not None
        and endpoint["EndpointStatus"] == endpoints.IN_SERVICE
        and endpoints.pending_config(endpoint) is None
        and endpoints.same_name(endpoint["EndpointConfigName"], plan["endpointConfigName"])
    )


def _is_created_here(component: Json, plan: DeploymentPlan, sagemaker: Client) -> bool:
    return endpoints.is_created_by(sagemaker, component["InferenceComponentArn"], plan["executionArn"])


def _with_tags(component: Json, sagemaker: Client) -> Json:
    if component["InferenceComponentStatus"] != components.FAILED:
        return component
    tags = endpoints.tags_of(sagemaker, component["InferenceComponentArn"])
    return component | {"Tags": [{"Key": key, "Value": tags[key]} for key in tags if not key.startswith("aws:")]}
