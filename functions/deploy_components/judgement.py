"""What to do about one component: make its call, wait, or nothing more.

SageMaker keeps no identity of an update, and sends no event when it ends. A component is therefore compared with its
content before the update and with the requested one: a SageMaker rollback restores the former content.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NoReturn, TypedDict

from shared import components
from shared.aws import Json
from shared.component_content import content_hash, has, is_same
from shared.errors import ComponentFailed, EndpointBusy, InternalError, UpdateRolledBack
from shared.moments import moment, seconds_between
from shared.plan import PlannedComponent, Step

Verdict = Literal["call", "wait", "done"]

# SageMaker's reads are eventually consistent (API reference, CreateEndpoint): for a moment after a call it may describe
# the component as it was before.
STALE_SECONDS = 60
NO_REASON = "SageMaker gives no reason"
OTHER = "another user or tool"


class Called(TypedDict):
    """An earlier call on a component.

    Attributes
    ----------
    at : str
        When it was made; ISO 8601.
    reason : str or None
        The component's FailureReason until then.
    """

    at: str
    reason: str | None


@dataclass(frozen=True)
class Case:
    """A component and what is known about it.

    Attributes
    ----------
    step : Step or None
        None for a component that is kept.
    found : Json or None
        DescribeInferenceComponent's answer; None if the component does not exist.
    called : Called or None
        The call of the step, if its answer arrived.
    is_own : callable
        Whether this execution created the component.
    """

    planned: PlannedComponent
    step: Step | None
    found: Json | None
    called: Called | None
    now: str
    is_own: Callable[[], bool]

    @property
    def name(self) -> str:
        """The subject of every message."""
        return f"Inference component {self.planned['name']}"

    @property
    def request(self) -> Json:
        """The request of the step; empty for a component that is kept."""
        return self.step["request"] if self.step else {}

    @property
    def former(self) -> Json:
        """The request that would restore the component as it was before its update."""
        return self.step["undo"][0]["request"] if self.step else {}

    @property
    def reason(self) -> str | None:
        """SageMaker's reason for the last failure; it can be of an earlier change."""
        found: str | None = (self.found or {}).get("FailureReason")
        return found

    @property
    def is_stale(self) -> bool:
        """Whether the answer can be from before the call."""
        if self.called is None or seconds_between(self.called["at"], self.now) >= STALE_SECONDS:
            return False
        return self.found is None or bool(self.found["LastModifiedTime"] < moment(self.called["at"]))


def judge(case: Case) -> Verdict:
    """Return what to do about the component.

    Raises
    ------
    ComponentFailed, UpdateRolledBack
        If SageMaker could not create, update, scale or delete it.
    EndpointBusy
        If another user or tool created, changed or deleted it since the plan.
    """
    return "wait" if case.is_stale else RULES[case.planned["action"]](case)


def logs_of(name: str) -> str:
    """Return the sentence that names the log group of the component's containers."""
    return f"The container logs are in /aws/sagemaker/InferenceComponents/{name}."


def _create(case: Case) -> Verdict:
    if case.found is None and case.called is None:
        return "call"
    if case.found is not None and case.called is None and not case.is_own():
        _busy(case, f"exists already: {OTHER} created it")
    found = _settled(case)
    if found is None:
        return "wait"
    if not has(found, case.request):
        _changed(case)
    return _copies(case, found)


def _update(case: Case) -> Verdict:
    found = _settled(case)
    if found is None:
        return "wait"
    is_visible = not is_same(case.former, case.request)  # it is not if the model was created again under its name
    is_former, is_wanted = is_same(found, case.former), has(found, case.request)
    if not (is_former or is_wanted):
        _changed(case)
    if is_former and case.called is None:
        return "call"
    if is_former and (is_visible or (case.called and case.reason not in (None, case.called["reason"]))):
        raise UpdateRolledBack(
            f"SageMaker rolled back the update. {case.name} is InService as before it: {case.reason or NO_REASON}\n"
            f"{logs_of(case.planned['name'])}"
        )
    return _copies(case, found)


def _set_copies(case: Case) -> Verdict:
    found = _settled(case)
    if found is None:
        return "wait"
    _require_planned_content(case, found)
    is_wanted = found["RuntimeConfig"]["DesiredCopyCount"] == case.planned["copyCount"]
    return "call" if case.called is None and not is_wanted else _copies(case, found)


def _keep(case: Case) -> Verdict:
    found = _settled(case)
    if found is None:
        return "wait"
    _require_planned_content(case, found)
    return _copies(case, found)


def _delete(case: Case) -> Verdict:
    if case.found is None:
        return "done"
    if case.found["InferenceComponentStatus"] == "Deleting":
        return "wait"
    if case.called is None:
        return "call"
    raise ComponentFailed(f"{case.name} was not deleted: {case.reason or NO_REASON}")


def _settled(case: Case) -> Json | None:
    """Return the component if it is in service; None if the outcome of a change is not known yet."""
    if case.found is None:
        _busy(case, f"does not exist any more: {OTHER} deleted it")
    status = case.found["InferenceComponentStatus"]
    if status not in components.STATUSES:
        raise InternalError(f"{case.name} is {status}, a status that Slipway does not know.")
    if status == "Deleting":
        _busy(case, f"is {status}: {OTHER} deletes it")
    if status == components.FAILED:
        raise ComponentFailed(f"{case.name} is {status}: {case.reason or NO_REASON}\n{logs_of(case.planned['name'])}")
    return case.found if status == components.IN_SERVICE else None


def _copies(case: Case, found: Json) -> Verdict:
    """Return ``done`` if the component has its copies; scaling decides about others than the planned number."""
    wanted = case.planned["copyCount"]
    if wanted is None:
        return "done"
    desired, current = (found["RuntimeConfig"][f"{which}CopyCount"] for which in ("Desired", "Current"))
    if desired != wanted:
        _busy(case, f"is to have {desired} copies, not {wanted}: {OTHER} changed their number")
    if current == desired:
        return "done"
    if case.reason is None:
        return "wait"
    raise ComponentFailed(
        f"{case.name} has {current} of {desired} copies: {case.reason}\n{logs_of(case.planned['name'])}"
    )


def _require_planned_content(case: Case, found: Json) -> None:
    if case.planned.get("content", content_hash(found)) != content_hash(found):
        _changed(case)


def _changed(case: Case) -> NoReturn:
    _busy(case, f"is not as planned: {OTHER} changed its specification")


def _busy(case: Case, what: str) -> NoReturn:
    raise EndpointBusy(f"{case.name} {what}.")


RULES: dict[str, Callable[[Case], Verdict]] = {
    "create": _create,
    "update": _update,
    "copies": _set_copies,
    "keep": _keep,
    "delete": _delete,
}
