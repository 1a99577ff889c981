"""The steps for the inference components of an endpoint, each with its undo.

Bases are created first, and updates follow one after the other, because each needs room for a batch of new copies.
Deletions are last, so that a failed creation or update interrupts nothing.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from plan_deployment.components.alarms import with_possible_alarms
from plan_deployment.components.change import Change, deletion, restoration
from plan_deployment.components.deadlines import creation_seconds, update_seconds
from plan_deployment.components.live import LiveComponents
from plan_deployment.components.result import ComponentPlan
from plan_deployment.environment import Services
from plan_deployment.request.component_rules import batch_faults
from plan_deployment.request.components import Component
from plan_deployment.situation import Situation
from shared import endpoints
from shared.aws import Client, Json
from shared.component_content import is_same
from shared.components import bases_last
from shared.endpoints import EXECUTION_TAG
from shared.errors import EndpointNotOwned, InvalidRequest
from shared.plan import Step
from shared.planning import calls, ownership
from shared.planning.faults import message


def plan_components(
    situation: Situation, live: LiveComponents, scaled: Collection[str], tags: list[Json], services: Services
) -> ComponentPlan:
    """Return the steps for the components.

    Parameters
    ----------
    scaled : collection of str
        Names, in lower case, of components that are scaled after the deployment.

    Raises
    ------
    InvalidRequest
        If an alarm that is to roll back an update does not exist or is in ALARM, or a batch of the update has too many
        of the live copies.
    EndpointNotOwned
        If a component that has to change is not Slipway's.
    """
    request, sagemaker = situation.source.request, services.sagemaker
    changes = [_change(situation, live, component, scaled) for component in situation.source.components]
    _require_own(sagemaker, changes)
    if not request.is_rollback:
        _require_possible_batches(changes)
    components, warnings = with_possible_alarms(
        [change.component for change in changes],
        [change.component.name for change in changes if change.is_new_content],
        services.cloudwatch,
        is_rollback=request.is_rollback,
    )
    changes = [replace(change, component=each) for change, each in zip(changes, components, strict=True)]
    removed = bases_last(live.removed)
    return ComponentPlan(
        [*_steps(changes, situation.endpoint_name, tags), *_deletions(removed, sagemaker)],
        [*(change.planned for change in changes), *map(deletion, removed)],
        [*warnings, *_warnings(changes, live)],
        _seconds(changes),
    )


def _change(situation: Situation, live: LiveComponents, component: Component, scaled: Collection[str]) -> Change:
    found, scaling = live.of(component), situation.source.request.scaling
    asked = scaling.components.get(component.name) if scaling else None
    return Change(
        component=component,
        name=found["InferenceComponentName"] if found else component.name,
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


def _require_own(sagemaker: Client, changes: Iterable[Change]) -> None:
    changed = [change.found for change in changes if change.found and change.planned["action"] != "keep"]
    for found in ownership.external_components(sagemaker, changed):
        name, arn = found["InferenceComponentName"], found["InferenceComponentArn"]
        raise EndpointNotOwned(
            f"Slipway did not create inference component {name}, and the stack may only change what has the tag "
            f"{EXECUTION_TAG}. To let Slipway change it: aws sagemaker add-tags --resource-arn {arn} "
            f"--tags Key={EXECUTION_TAG},Value=adopted"
        )


def _require_possible_batches(changes: Iterable[Change]) -> None:
    """Check the batches of updates against the live copies, which the request alone does not tell."""
    faults = [
        fault
        for change in changes
        if change.planned["action"] == "update"
        for fault in batch_faults(change.component.pointer, change.component.deployment, change.live_copies)
    ]
    if faults:
        raise InvalidRequest(message("The request", faults))


def _steps(changes: list[Change], endpoint_name: str, tags: list[Json]) -> Iterator[Step]:
    """Yield creations of bases, updates, numbers of copies, and creations of adapters."""
    created = [change for change in changes if change.found is None]
    yield from (_creation(change, endpoint_name, tags) for change in created if not change.component.base)
    for change in changes:
        if change.planned["action"] == "update":
            undo = calls.update_component(change.former())
            yield calls.step("components", calls.update_component(change.update(), change.found), [undo])
    for change in changes:
        if change.planned["action"] == "copies" and change.copies is not None and change.live_copies is not None:
            undo = calls.set_copies(change.name, change.live_copies)
            yield calls.step("components", calls.set_copies(change.name, change.copies, change.live_copies), [undo])
    yield from (_creation(change, endpoint_name, tags) for change in created if change.component.base)


def _creation(change: Change, endpoint_name: str, tags: list[Json]) -> Step:
    creation = calls.create_component(change.creation(endpoint_name, tags))
    return calls.step("components", creation, [calls.delete_component(change.name)])


def _deletions(removed: list[Json], sagemaker: Client) -> Iterator[Step]:
    for found in removed:
        tags = endpoints.tags_of(sagemaker, found["InferenceComponentArn"])
        undo = calls.create_component(restoration(found, tags))
        yield calls.step("components", calls.delete_component(found["InferenceComponentName"]), [undo])


def _seconds(changes: list[Change]) -> int:
    """Return the longest time of the steps: new bases, updates one after the other, new adapters."""
    new = [change.component for change in changes if change.found is None]
    updates = [change for change in changes if change.planned["action"] == "update"]
    return (
        creation_seconds(each for each in new if not each.base)
        + sum(update_seconds(change.component, change.live_copies or 1) for change in updates)
        + creation_seconds(each for each in new if each.base)
    )


def _warnings(changes: list[Change], live: LiveComponents) -> Iterator[str]:
    for change in changes:
        if change.planned["action"] == "update" and change.live_copies == 0:
            yield (
                f"Inference component {change.name} has 0 copies while it is updated: the first copy that scaling "
                "adds is the first to run the new specification."
            )
        if change.live_copies == 0 and change.copies is None and not change.is_scaled:
            yield (
                f"Inference component {change.name} has 0 copies, and nothing adds one: the request neither scales it "
                "nor gives copyCount. Give one of them."
            )
    for each in live.external:
        name = each["InferenceComponentName"]
        yield (
            f"Inference component {name}, which Slipway did not create, stays: the request does not name it. To delete "
            f"it: aws sagemaker delete-inference-component --inference-component-name {name}"
        )
