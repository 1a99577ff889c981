"""Undo of the phase "components": what it deleted or changed is restored, and what it created is deleted.

The steps are undone in the reverse order, so that no new component is deleted before the former ones serve again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from roll_back.component_survey import COMPONENT, CREATE, DELETE, NAME, UPDATE, FoundComponents
from roll_back.steps import Rollback, RollbackStep, Wait
from shared import components
from shared.aws import Json
from shared.component_content import content_of, has, is_same
from shared.plan import COMPONENTS, Call, DeploymentPlan, Step, steps_of
from shared.planning import calls

WAIT_SECONDS = 30
CHANGED, DELETED = (f"another user or tool {did} it" for did in ("changed", "deleted"))


@dataclass(frozen=True)
class Undo:
    """Undo of one step.

    Attributes
    ----------
    waits : bool
        Whether a change of the component has to end first: SageMaker refuses all calls until then.
    calls : tuple of Call
        Calls, each followed by a wait for the end of the change.
    keep : str
        Reason why the component stays as it is.
    obstacle : str or None
        Reason why only an operator may make the calls; a sentence without its full stop.
    """

    name: str
    waits: bool = False
    calls: tuple[Call, ...] = ()
    keep: str = ""
    obstacle: str | None = None

    def steps(self) -> Iterator[RollbackStep]:
        """Yield the steps, without the wait after the last call."""
        for number, call in enumerate(self.calls):
            if self.waits or number:
                yield self.wait
            yield call
        if self.waits and not self.calls:
            yield self.wait

    @property
    def wait(self) -> Wait:
        """The wait for the end of the component's change."""
        return Wait("inference-component", self.name, WAIT_SECONDS)


def undo_components(plan: DeploymentPlan, found: FoundComponents) -> Rollback:
    """Return the remaining steps of the undo; steps of one kind are undone together, except updates.

    Each update needs room for a batch of new copies.
    """
    undos = [(step, _undo(step, found)) for step in reversed(steps_of(plan, COMPONENTS))]
    steps: list[RollbackStep] = []
    for _, group in groupby(undos, key=lambda pair: _kind(pair[0])):
        # Calls that are possible now come before those that have to wait.
        together = sorted((undo for _, undo in group), key=lambda undo: undo.waits)
        steps += [step for undo in together for step in undo.steps()]
        steps += [undo.wait for undo in together if undo.calls]
    return Rollback(
        tuple(steps),
        {f"{COMPONENT} {undo.name}": undo.keep for _, undo in undos if undo.keep},
        next((undo.obstacle for _, undo in undos if undo.obstacle), None),
    )


def _kind(step: Step) -> tuple[str, object]:
    """Key of the steps that are undone together: adapters and bases are not."""
    operation, (undo,) = step["operation"], step["undo"]
    if operation == UPDATE:
        return operation, undo["request"][NAME]
    return operation, components.base_of(step["request"] if operation == CREATE else undo["request"]) is None


def _undo(step: Step, found: FoundComponents) -> Undo:
    name, component = step["request"][NAME], found.of(step)
    if step["operation"] == CREATE:
        undo = _undo_creation(step, component) if component and found.is_ours(step) else Undo(name)
    elif not found.has_host:
        return Undo(name)
    elif step["operation"] == DELETE:
        undo = _undo_deletion(step, component)
    else:
        undo = _undo_change(step, component)
    is_nothing = not (undo.waits or undo.calls or undo.keep)
    return replace(undo, waits=True) if is_nothing and found.is_fresh else undo


def _undo_creation(step: Step, component: Json) -> Undo:
    status = component["InferenceComponentStatus"]
    deletion = () if status == "Deleting" else tuple(step["undo"])
    return Undo(step["request"][NAME], waits=status in components.CHANGING, calls=deletion)


def _undo_deletion(step: Step, component: Json | None) -> Undo:
    name, creation = step["request"][NAME], tuple(step["undo"])
    if component is None:
        return Undo(name, calls=creation)
    status = component["InferenceComponentStatus"]
    if status == components.FAILED:
        return _created_again(component, *creation)
    return Undo(name, waits=status in components.CHANGING, calls=creation if status == "Deleting" else ())


def _undo_change(step: Step, component: Json | None) -> Undo:
    """Return the undo of an update, or of a change of the number of copies."""
    name, (undo,) = step["request"][NAME], step["undo"]
    status = component["InferenceComponentStatus"] if component else "Deleting"
    if component is None or status == "Deleting":
        return Undo(name, keep=DELETED)
    if status == components.FAILED:
        return _created_again(component, calls.create_component(_creation(component, undo["request"])))
    if status != components.IN_SERVICE:
        return Undo(name, waits=True, calls=(undo,))
    if content_of(undo["request"]) and not is_same(component, undo["request"]):
        return Undo(name, calls=(undo,)) if has(component, step["request"]) else Undo(name, keep=CHANGED)
    return _undo_copies(name, component, _copies(step["request"]), _copies(undo["request"]))


def _undo_copies(name: str, component: Json, wanted: int | None, former: int | None) -> Undo:
    live = component.get("RuntimeConfig", {}).get("DesiredCopyCount")
    if former is None or former == live:
        return Undo(name)
    return Undo(name, calls=(calls.set_copies(name, former),)) if live == wanted else Undo(name, keep=CHANGED)


def _created_again(component: Json, creation: Call) -> Undo:
    """Return commands for an operator: SageMaker accepts only the deletion of a component that is Failed."""
    name, reason = component[NAME], component.get("FailureReason", "SageMaker gives no reason").rstrip(".")
    obstacle = (
        f"{COMPONENT} {name} is Failed ({reason}), and SageMaker accepts only its deletion. The commands delete it and "
        "create it again as it was"
    )
    return Undo(name, calls=(calls.delete_component(name), creation), obstacle=obstacle)


def _creation(component: Json, former: Json) -> Json:
    """Return the request that creates a component as it was: a copy at least, because SageMaker refuses none."""
    content = content_of(former) or content_of(component)
    body = {NAME: component[NAME], "EndpointName": component["EndpointName"], **content}
    if components.base_of(component) is None:
        copies = _copies(former) or component["RuntimeConfig"]["DesiredCopyCount"]
        body |= {"VariantName": component["VariantName"], "RuntimeConfig": {"CopyCount": max(1, copies)}}
    return body | {"Tags": component["Tags"]}


def _copies(request: Json) -> int | None:
    """Return the number of copies in the request of a step; None if it has none."""
    runtime = request.get("RuntimeConfig") or request.get("DesiredRuntimeConfig", {})
    found: int | None = runtime.get("CopyCount")
    return found
