"""The steps for the inference components of an endpoint, each with its undo.

Bases are created first, and updates follow one after the other, because each needs room for a batch of new copies.
Deletions are last, so that a failed creation or update interrupts nothing.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from plan_deployment.components.live import LiveComponents
from plan_deployment.components.result import ComponentPlan
from plan_deployment.request.components import Component
from plan_deployment.situation import Situation
from shared import endpoints
from shared.aws import Client, Json
from shared.component_content import content_hash, content_of, is_same
from shared.components import adapters_last, base_of, bases_last
from shared.plan import PlannedComponent, Step
from shared.planning import calls

ALARMS = "AutoRollbackConfiguration"


@dataclass(frozen=True)
class Change:
    """A requested component, and what the plan does with it.

    Attributes
    ----------
    found : Json or None
        DescribeInferenceComponent's answer; None if the component is new.
    is_scaled : bool
        Whether scaling sets the number of its copies.
    is_new_content : bool
        Whether the live component is updated to the requested content.
    initial : int
        Copies of a new component.
    """

    component: Component
    name: str
    found: Json | None
    is_scaled: bool
    is_new_content: bool
    initial: int

    @property
    def copies(self) -> int | None:
        """The number of copies that the plan wants; None if it takes any."""
        if self.component.base or self.is_scaled:
            return None
        return self.initial if self.found is None else self.component.copies

    @property
    def live_copies(self) -> int | None:
        """The desired copies of the live component."""
        return _copies_of(self.found or {})

    def planned(self) -> PlannedComponent:
        """Return the plan's view of it."""
        described: PlannedComponent = {
            "name": self.name,
            "variantName": self.component.variant_name,
            "base": self.component.base,
            "copyCount": self.copies,
            "action": "create",
        }
        if self.found is None:
            return described
        if self.is_new_content:
            return {**described, "action": "update"}
        resized = self.copies not in (None, self.live_copies)
        return {**described, "action": "copies" if resized else "keep", "content": content_hash(self.found)}


def plan_components(
    situation: Situation, live: LiveComponents, scaled: Collection[str], tags: list[Json], sagemaker: Client
) -> ComponentPlan:
    """Return the steps for the components.

    Parameters
    ----------
    scaled : collection of str
        Names, in lower case, of components that are scaled after the deployment.
    """
    changes = [_change(situation, live, component, scaled) for component in situation.source.components]
    planned = [change.planned() for change in changes]
    removed = bases_last(live.removed)
    return ComponentPlan(
        [
            *_steps(list(zip(changes, planned, strict=True)), situation.endpoint_name, tags),
            *_deletions(removed, sagemaker),
        ],
        [*planned, *map(_deleted, removed)],
        list(_warnings(live)),
    )


def _change(situation: Situation, live: LiveComponents, component: Component, scaled: Collection[str]) -> Change:
    found, name = live.of(component), live.name_of(component)
    scaling = situation.source.request.scaling
    asked = scaling.components.get(component.name) if scaling else None
    return Change(
        component=component,
        name=name,
        found=found,
        is_scaled=component.name.lower() in scaled,
        is_new_content=found is not None and _is_new(situation, component, found),
        initial=component.copies or max(1, asked.min_capacity if asked else 1),
    )


def _is_new(situation: Situation, component: Component, found: Json) -> bool:
    """Whether the component has to be updated. A model that is younger than its last change was created again."""
    made = {model["ModelName"] for model in situation.created_models}
    models = [situation.models[name] for name in component.model_names if name in situation.models]
    return (
        situation.content.is_forced
        or not is_same(found, component.content)
        or bool(made.intersection(component.model_names))
        or any(model["CreationTime"] > found["LastModifiedTime"] for model in models)
    )


def _steps(changes: list[tuple[Change, PlannedComponent]], endpoint_name: str, tags: list[Json]) -> Iterator[Step]:
    """Yield creations of bases, updates, numbers of copies, and creations of adapters."""
    created = [change for change, planned in changes if planned["action"] == "create"]
    bodies = adapters_last([_creation(change, endpoint_name, tags) for change in created])
    for body in bodies:
        if base_of(body) is None:
            yield _created(body)
    for change, planned in changes:
        if planned["action"] == "update":
            undo = [calls.update_component(_former(change))]
            yield calls.step("components", calls.update_component(_update(change)), undo)
    for change, planned in changes:
        if planned["action"] == "copies" and change.copies is not None and change.live_copies is not None:
            undo = [calls.set_copies(change.name, change.live_copies)]
            yield calls.step("components", calls.set_copies(change.name, change.copies, change.live_copies), undo)
    yield from (_created(body) for body in bodies if base_of(body) is not None)


def _created(body: Json) -> Step:
    return calls.step(
        "components", calls.create_component(body), [calls.delete_component(body["InferenceComponentName"])]
    )


def _creation(change: Change, endpoint_name: str, tags: list[Json]) -> Json:
    body = {"InferenceComponentName": change.name, "EndpointName": endpoint_name, **change.component.content}
    if change.component.base is None:  # an adapter is on the instances of its base, and has no copies of its own
        body |= {"VariantName": change.component.variant_name, "RuntimeConfig": {"CopyCount": change.initial}}
    return body | {"Tags": tags}


def _update(change: Change) -> Json:
    body = {"InferenceComponentName": change.name, **change.component.content}
    if change.copies is not None:
        body |= {"RuntimeConfig": {"CopyCount": change.copies}}
    if change.component.deployment:
        body |= {"DeploymentConfig": change.component.deployment}
    return body


def _former(change: Change) -> Json:
    """Return the update that restores the live component; no alarm may stop it."""
    body = {"InferenceComponentName": change.name, **content_of(change.found or {})}
    if change.copies is not None:
        body |= {"RuntimeConfig": {"CopyCount": change.live_copies}}
    deployment = {name: value for name, value in change.component.deployment.items() if name != ALARMS}
    return body | ({"DeploymentConfig": deployment} if deployment else {})


def _deletions(removed: list[Json], sagemaker: Client) -> Iterator[Step]:
    for found in removed:
        creation = calls.create_component(_restoration(found, sagemaker))
        yield calls.step("components", calls.delete_component(found["InferenceComponentName"]), [creation])


def _restoration(found: Json, sagemaker: Client) -> Json:
    """Return the request that creates a deleted component again, with a copy at least: SageMaker refuses none."""
    body = {name: found[name] for name in ("InferenceComponentName", "EndpointName")} | content_of(found)
    if base_of(found) is None:
        copies = max(1, _copies_of(found) or 1)
        body |= {"VariantName": found["VariantName"], "RuntimeConfig": {"CopyCount": copies}}
    tags = endpoints.tags_of(sagemaker, found["InferenceComponentArn"])
    return body | {"Tags": [{"Key": key, "Value": value} for key, value in tags.items() if not key.startswith("aws:")]}


def _deleted(found: Json) -> PlannedComponent:
    return {
        "name": found["InferenceComponentName"],
        "variantName": found["VariantName"],
        "base": base_of(found),
        "copyCount": None,
        "action": "delete",
    }


def _copies_of(found: Json) -> int | None:
    copies: int | None = found.get("RuntimeConfig", {}).get("DesiredCopyCount")
    return copies


def _warnings(live: LiveComponents) -> Iterator[str]:
    for each in live.external:
        name = each["InferenceComponentName"]
        yield (
            f"Inference component {name}, which Slipway did not create, stays: the request does not name it. To delete "
            f"it: aws sagemaker delete-inference-component --inference-component-name {name}"
        )
