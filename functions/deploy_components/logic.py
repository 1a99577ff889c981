"""Executes the steps of the phase "components", and checks every component of the plan.

A visit makes the calls that can be made now, and the state machine visits again until every component is as planned.
Nothing is lost with the answer of a visit: the next one finds what was called by tag, status and content.
"""

import math
from typing import TypedDict

from botocore.exceptions import ClientError

from deploy_components.judgement import Called, Case, Verdict, judge, logs_of
from shared import components, endpoints
from shared.aws import Client, Json, code_of, what_aws_said
from shared.endpoints import same_name
from shared.errors import DeadlineExceeded, EndpointBusy, RequestRefused
from shared.execute import MadeCall, Outcome, log_call, send
from shared.failures import failed_in
from shared.moments import duration_text, seconds_between
from shared.plan import COMPONENTS, DeploymentPlan, PlannedComponent, Step, steps_of
from shared.usage import models_of_component

CREATE, UPDATE = "CreateInferenceComponent", "UpdateInferenceComponent"
# An adapter loads in seconds, a large model in many minutes; the waits grow, to keep the history short.
LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS, WAIT_SHARE = 15, 120, 0.05


class Seen(TypedDict):
    """A component as it was found; no status if it does not exist, no copies if it has none of its own."""

    name: str
    status: str | None
    modelNames: list[str]
    currentCopyCount: int | None
    desiredCopyCount: int | None


class Progress(TypedDict):
    """Result of the state.

    Attributes
    ----------
    done : bool
        Whether every component is as planned.
    waitSeconds : int
        Until the next visit, at least 1.
    startedAt : str
        When the first visit began; ISO 8601.
    called : dict of str to Called
        Calls of all visits, by the component's name.
    calls : list of MadeCall
        Calls of this visit.
    """

    done: bool
    waitSeconds: int
    startedAt: str
    called: dict[str, Called]
    calls: list[MadeCall]
    components: list[Seen]


def deploy(plan: DeploymentPlan, previous: Progress | None, now: str, sagemaker: Client) -> Progress:
    """Make the calls that can be made now, and check every component.

    Parameters
    ----------
    previous : Progress or None
        The answer of the visit before; None for the first visit.
    now : str
        The time, ISO 8601.

    Raises
    ------
    ComponentFailed, UpdateRolledBack
        If SageMaker could not create, update, scale or delete a component.
    EndpointBusy
        If another user or tool created, changed or deleted a component since the plan.
    RequestRefused, QuotaExceeded, AccessDenied
        If SageMaker refuses a call.
    DeadlineExceeded
        If a component is not as planned at the plan's deadline.
    """
    visit = Visit(plan, previous, now, sagemaker)
    verdicts = {each["name"]: visit.attend(each) for each in _in_order(plan)}
    waiting = [name for name, verdict in verdicts.items() if verdict != "done"]
    left_seconds = seconds_between(now, plan["deadlineAt"])
    if waiting and left_seconds <= 0:
        raise visit.too_late(waiting[0])
    elapsed_seconds = seconds_between(visit.started_at, now)
    seconds = min(
        MOST_WAIT_SECONDS, max(LEAST_WAIT_SECONDS, round(WAIT_SHARE * elapsed_seconds)), math.ceil(left_seconds)
    )
    return Progress(
        done=not waiting,
        waitSeconds=max(1, seconds),
        startedAt=visit.started_at,
        called=visit.called,
        calls=visit.calls,
        components=visit.seen,
    )


def _in_order(plan: DeploymentPlan) -> list[PlannedComponent]:
    """Return the components in the order of their steps, then those that are kept."""
    order = [step["request"]["InferenceComponentName"] for step in steps_of(plan, COMPONENTS)]
    position = {name: number for number, name in enumerate(order)}
    return sorted(plan["components"], key=lambda planned: position.get(planned["name"], len(order)))


class Visit:
    """One run of the function.

    Attributes
    ----------
    unfinished : list of Step
        Steps that were attended in this visit and are not done.
    """

    def __init__(self, plan: DeploymentPlan, previous: Progress | None, now: str, sagemaker: Client) -> None:
        self.plan, self.now, self.sagemaker = plan, now, sagemaker
        self.started_at = previous["startedAt"] if previous else now
        self.called = dict(previous["called"]) if previous else {}
        self.calls: list[MadeCall] = []
        self.seen: list[Seen] = []
        self.unfinished: list[Step] = []
        self._steps = {step["request"]["InferenceComponentName"]: step for step in steps_of(plan, COMPONENTS)}
        self._bases = {each["name"]: each["base"] for each in plan["components"]}
        self._is_late = seconds_between(now, plan["deadlineAt"]) <= 0

    def attend(self, planned: PlannedComponent) -> Verdict:
        """Judge one component, and make its call if its turn has come."""
        name, step = planned["name"], self._steps.get(planned["name"])
        found = components.describe(self.sagemaker, name)
        self.seen.append(_seen(name, found))
        if step and any(self._must_follow(step, earlier) for earlier in self.unfinished):
            verdict: Verdict = "wait"
        else:
            verdict = judge(Case(planned, step, found, self.called.get(name), self.now, lambda: self._is_own(found)))
        if step and verdict == "call" and not self._is_late:
            self._call(step, found)
        if step and verdict != "done":
            self.unfinished.append(step)
        return verdict

    def too_late(self, name: str) -> DeadlineExceeded:
        """Return the error for a component that is not as planned at the deadline."""
        status = next(seen["status"] for seen in self.seen if seen["name"] == name) or "not created"
        elapsed = duration_text(seconds_between(self.started_at, self.now))
        return DeadlineExceeded(
            f"Inference component {name} is {status} after {elapsed}, and not as planned. The deadline was "
            f"{self.plan['deadlineAt']}. {logs_of(name)}"
        )

    def _must_follow(self, step: Step, earlier: Step) -> bool:
        """Whether the call must wait for the end of an earlier one.

        Updates need room for a batch each, so they run one at a time. An adapter is created after its base and deleted
        before it.
        """
        one, other = (each["request"]["InferenceComponentName"] for each in (step, earlier))
        are_related = same_name(self._bases[one], other) or same_name(self._bases[other], one)
        return step["operation"] != earlier["operation"] or step["operation"] == UPDATE or are_related

    def _is_own(self, found: Json | None) -> bool:
        return found is not None and endpoints.is_created_by(
            self.sagemaker, found["InferenceComponentArn"], self.plan["executionArn"]
        )

    def _call(self, step: Step, found: Json | None) -> None:
        name = step["request"]["InferenceComponentName"]
        outcome = self._outcome(step, name)
        self.calls.append(log_call(step, outcome))
        if outcome != "in progress":
            self.called[name] = Called(at=self.now, reason=(found or {}).get("FailureReason"))

    def _outcome(self, step: Step, name: str) -> Outcome:
        """Make the call; return ``in progress`` if SageMaker refuses it until another change has ended."""
        try:
            send(step, self.sagemaker)
        except ClientError as error:
            if step["operation"] != CREATE and components.is_gone(self.sagemaker, error, name):
                return self._gone(step, name)
            if code_of(error) not in endpoints.REFUSALS:
                raise
            if step["operation"] == CREATE and self._is_own(components.describe(self.sagemaker, name)):
                return "already done"
            if components.is_not_now(error) or self._endpoint_changes() or self._base_changes(step):
                return "in progress"
            raise _refusal(step, error) from error
        return "done"

    def _gone(self, step: Step, name: str) -> Outcome:
        if step["action"] == "delete":
            return "already done"
        raise EndpointBusy(f"Inference component {name} does not exist any more: another user or tool deleted it.")

    def _base_changes(self, step: Step) -> bool:
        """Whether the base of an adapter changes now, for example because scaling adds a copy of it."""
        base = components.base_of(step["request"])
        found = components.describe(self.sagemaker, base) if base else None
        return found is not None and found["InferenceComponentStatus"] in components.CHANGING

    def _endpoint_changes(self) -> bool:
        endpoint = endpoints.describe_endpoint(self.sagemaker, self.plan["endpointName"]) or {}
        return endpoint.get("EndpointStatus") in endpoints.CHANGING


def _refusal(step: Step, error: ClientError) -> RequestRefused:
    operation = step["operation"]
    where = failed_in(step["state"], f"sagemaker:{operation[0].lower()}{operation[1:]}")
    return RequestRefused(f"{step['what']}: {what_aws_said(error)}\n{where}")


def _seen(name: str, found: Json | None) -> Seen:
    described = found or {}
    copies = described.get("RuntimeConfig", {})
    return Seen(
        name=name,
        status=described.get("InferenceComponentStatus"),
        modelNames=sorted(models_of_component(described)),
        currentCopyCount=copies.get("CurrentCopyCount"),
        desiredCopyCount=copies.get("DesiredCopyCount"),
    )
