"""A failure: its documented error, its cause, its record and its notification."""

from dataclasses import dataclass, replace
from typing import Any, NotRequired, TypedDict, cast

from notify.hints import hint_of
from shared import live_config, records
from shared.aws import Client, Json
from shared.console import endpoint_link, execution_link
from shared.endpoints import EXECUTION_TAG
from shared.errors import ExecutionRedriven, RollbackFailed, SlipwayError, UpdateRollbackFailed
from shared.failures import FAILED_IN, Caught, error_of
from shared.live_config import LiveConfig, legal_name
from shared.notification import Notification, shortened
from shared.plan import COMPONENTS, SCHEDULED, AnyPlan, DeploymentPlan, PlanWithSteps
from shared.records import REMOVAL, REMOVE, ROLLBACK, SCHEDULE, Execution, Record
from shared.steps import as_lines, views
from shared.tags import execution_value

# Step Functions takes 32,768 (Step Functions API reference, ExecutionFailedEventDetails).
CAUSE_CHARACTERS = 30_000
# The log group of the containers, as remedies name it.
LOGS = "/aws/sagemaker/Endpoints/<endpoint>"
REMOVAL_LEFT = "Resources that were not deleted before the failure still exist: a removal is not rolled back."
REMOVE_AGAIN = (
    '\nStart the same removal again: it continues where this one stopped. With "dryRun": true it only lists the rest.'
)
REDRIVEN: Caught = {"Error": ExecutionRedriven.__name__, "Cause": ExecutionRedriven.__doc__}


class FailureFacts(TypedDict):
    """Facts about a failed deployment or removal.

    Attributes
    ----------
    plan : AnyPlan or None
        None if planning failed.
    request : Any
        Input of the execution, or only its identifying fields.
    failure : Caught
        ``Error`` and ``Cause`` of a Catch.
    roll_back : Json or None
        The last answer of "Roll back"; ``Error`` and ``Cause`` if it failed; None if there was no rollback.
    left : str
        Sentence about resources that remain because there was no rollback.
    """

    plan: AnyPlan | None
    request: Any
    failure: Caught
    roll_back: Json | None
    execution: Execution
    left: NotRequired[str]


@dataclass
class Failure:
    """A deployment or removal that failed.

    Attributes
    ----------
    subject : str
        Name of the endpoint, or else of the model package group.
    happened, rolled_back, remedy : str
        What happened, what was removed, restored, kept and left, and what to do.
    steps : list of dict
        Planned steps without their requests; empty if there was no plan, or it was not the execution's turn.
    kind : str
        As in the history: request, approval, rollback, removal or schedule.
    is_removal : bool
        Whether it is a removal, by a request or by a schedule.
    warnings : list of str
        Of the plan: one can say why what was restored is not what it was.
    record : Record or None
        None if the endpoint is not known, or in a dry run.
    """

    error: type[SlipwayError]
    execution_arn: str
    endpoint_name: str | None
    subject: str
    happened: str
    live: LiveConfig
    rolled_back: str
    remedy: str
    steps: list[dict[str, str]]
    kind: str
    is_removal: bool
    warnings: list[str]
    record: Record | None = None

    @property
    def cause(self) -> str:
        """Text of the failure for the Cause of the execution."""
        known = [f"Live config: {self.live.sentence}", self.rolled_back, f"What to do: {self.remedy}"]
        rest = "\n".join(part for part in known if part)
        return f"{shortened(self.happened, CAUSE_CHARACTERS - len(rest) - 1)}\n{rest}"[:CAUSE_CHARACTERS]

    def warn(self, warning: str) -> None:
        """Add a sentence to the remedy."""
        self.remedy = f"{self.remedy}\n{warning}"

    def notification(self) -> Notification:
        """Return the notification: what happened, what is live, what was rolled back and what to do."""
        links = {"Execution": execution_link(self.execution_arn)}
        if self.endpoint_name:
            links["Endpoint"] = endpoint_link(self.execution_arn, self.endpoint_name)
        error, what = self.error.__name__, "removal" if self.is_removal else "deployment"
        return Notification(
            endpoint_name=self.endpoint_name or "unknown",
            outcome=error,
            headline=f"{self.subject}: {what} failed, {error}; {self.live.traffic}",
            sections=(
                ("What happened", shortened(self.happened, CAUSE_CHARACTERS)),
                ("Live config", self.live.sentence),
                ("Planned steps", as_lines(self.steps) if self.steps else ""),
                ("Not removed" if self.is_removal else "Rollback", self.rolled_back),
                ("Warnings", "\n".join(self.warnings)),
                ("What to do", self.remedy),
            ),
            links=tuple(f"{title}: {link}" for title, link in links.items() if link),
            data={
                "outcome": error,
                "endpointName": self.endpoint_name,
                "error": error,
                "cause": self.cause,
                "steps": self.steps,
                "executionArn": self.execution_arn,
            },
        )


def of_facts(facts: FailureFacts, now: str, sagemaker: Client, *, failed_state: str | None = None) -> Failure:
    """Return the failure with its record.

    Parameters
    ----------
    now : str
        The end of the deployment or removal; ISO 8601.
    failed_state : str or None
        The sentence that names the state of the failure, where it is known.
    """
    failure = _failure(facts, sagemaker, failed_state)
    if failure.is_removal and failure.steps:
        again = REMOVE_AGAIN if failure.kind == REMOVAL else ""
        failure.remedy, failure.rolled_back = failure.remedy + again, REMOVAL_LEFT
    if failure.kind == SCHEDULE:
        # Imported on demand: few failures are of schedules.
        from notify import scheduled

        scheduled.complete(failure, facts)
    failure.record = _record(failure, facts, now)
    return failure


def of_redrive(facts: FailureFacts, sagemaker: Client, *, caught: Caught = REDRIVEN) -> Failure:
    """Return the failure of a redriven execution, which changed nothing: the history keeps its first record.

    Parameters
    ----------
    caught : Caught
        Error and cause of the redriven run, if Slipway did not end it with ExecutionRedriven.
    """
    return _failure({**facts, "failure": caught, "roll_back": None}, sagemaker, None)


def _live(facts: FailureFacts, sagemaker: Client, endpoint_name: str | None) -> LiveConfig:
    """Return the live config, which does not show what was left of changes of inference components."""
    live = live_config.find(sagemaker, endpoint_name, facts["plan"])
    if live.traffic == live_config.UNCHANGED and _may_have_left_components(facts):
        return replace(live, traffic="inference components may have changed")
    return live


def _logs(plan: AnyPlan | None, endpoint_name: str | None) -> str:
    """Return the log group of the containers: each inference component has one of its own."""
    if plan and plan.get("components"):
        return "/aws/sagemaker/InferenceComponents/<component>"
    return LOGS.replace("<endpoint>", endpoint_name or "<endpoint>")


def _failure(facts: FailureFacts, sagemaker: Client, failed_state: str | None) -> Failure:
    plan, roll_back = facts["plan"], facts["roll_back"] or {}
    error, happened = error_of(facts["failure"], is_planned=plan is not None)
    if failed_state and FAILED_IN not in happened:
        happened = f"{happened}\n{failed_state}"
    endpoint_name = plan["endpointName"] if plan else _member(facts["request"], "endpointName")
    remedy = error.remedy.replace(LOGS, _logs(plan, endpoint_name))
    remedy = " ".join(filter(None, (remedy, hint_of(happened))))
    if "Error" in roll_back:
        commands = _listing_commands(endpoint_name, facts["execution"]["arn"])
        error, happened, remedy = _rollback_failed(roll_back, error, happened, commands)
    elif roll_back.get("commands"):
        remedy = "\n".join([f"{remedy} To remove what was kept:", *roll_back["commands"]])
    return Failure(
        error=error,
        execution_arn=facts["execution"]["arn"],
        endpoint_name=endpoint_name,
        subject=endpoint_name or _group_name(facts["request"]) or "a request without an endpoint",
        happened=happened,
        live=_live(facts, sagemaker, endpoint_name),
        rolled_back=_rolled_back(roll_back) or facts.get("left", ""),
        remedy=remedy,
        steps=views(_steps(plan)),
        kind=_kind(facts),
        is_removal=facts["execution"].get("kind") == REMOVAL,
        warnings=cast(Json, plan or {}).get("warnings", []),
    )


def _record(failure: Failure, facts: FailureFacts, now: str) -> Record | None:
    plan, execution = facts["plan"], facts["execution"]
    outcome, cause = failure.error.__name__, failure.happened
    if plan and "endpointConfigName" in plan:
        known = {"changed": False, "cause": cause, "left_components": _may_have_left_components(facts) or None}
        return records.of_plan(cast(DeploymentPlan, plan), execution, now, outcome, **known)
    if failure.endpoint_name is None or _request(facts).get("dryRun") is True:
        return None
    return Record(
        endpoint_name=failure.endpoint_name,
        deployment_id=execution["name"],
        kind=failure.kind,
        outcome=outcome,
        changed=False,
        started_at=execution["startedAt"],
        ended_at=now,
        execution_arn=execution["arn"],
        cause=cause,
        action=REMOVE if failure.is_removal else None,
    )


def _may_have_left_components(facts: FailureFacts) -> bool:
    """Whether changes of inference components were kept, or not completely rolled back."""
    roll_back = facts["roll_back"] or {}
    is_left = "Error" in roll_back or bool(roll_back.get("commands"))
    return is_left and any(step["phase"] == COMPONENTS for step in _steps(facts["plan"]))


def _rollback_failed(
    roll_back: Json, original: type[SlipwayError], happened: str, commands: list[str]
) -> tuple[type[SlipwayError], str, str]:
    """Return the error, what happened and what to do if the rollback failed, too.

    UpdateRollbackFailed stays the error, because it says more than RollbackFailed.

    Parameters
    ----------
    commands : list of str
        Commands that list the remaining resources, for a failure without commands of its own.
    """
    error, cause = error_of(cast(Caught, roll_back))
    named = f"{original.__name__}: {happened}"
    if error is not RollbackFailed:
        remedy = "\n".join(["List the remaining resources:", *commands])
        return RollbackFailed, f"{named}\nThe rollback failed, too: {cause}", remedy
    if original is UpdateRollbackFailed:
        return UpdateRollbackFailed, f"{happened}\n{cause}", original.remedy
    return RollbackFailed, f"{named}\n{cause}", RollbackFailed.remedy


def _listing_commands(endpoint_name: str | None, execution_arn: str) -> list[str]:
    """Return commands that only list resources, because it is unknown which ones can be removed."""
    tag = f"Key={EXECUTION_TAG},Values={execution_value(execution_arn)}"
    commands = [f"aws sagemaker describe-endpoint --endpoint-name {endpoint_name}"] if endpoint_name else []
    return [*commands, f"aws resourcegroupstaggingapi get-resources --tag-filters {tag}"]


def _rolled_back(roll_back: Json) -> str:
    outcomes = {"Removed": roll_back.get("removed"), "Restored": roll_back.get("restored")}
    lines = [f"{outcome}: {', '.join(dict.fromkeys(whats))}." for outcome, whats in outcomes.items() if whats]
    return "\n".join([*lines, *(f"Kept: {what}." for what in roll_back.get("kept", []))])


def _kind(facts: FailureFacts) -> str:
    if facts["plan"]:
        return facts["plan"]["trigger"]["kind"]
    request = _request(facts)
    if SCHEDULED in request:
        return SCHEDULE
    return facts["execution"].get("kind") or (ROLLBACK if {"rollback", "rollbackTo"} & request.keys() else "request")


def _steps(plan: AnyPlan | None) -> list[Any]:
    """Return the steps of the plan; none if it was not the execution's turn."""
    return cast(PlanWithSteps, plan)["steps"] if plan and "steps" in plan else []


def _request(facts: FailureFacts) -> Json:
    return facts["request"] if isinstance(facts["request"], dict) else {}


def _member(request: Any, name: str) -> str | None:
    """Return a member of any JSON value if it exists and is a legal name."""
    return legal_name(request.get(name)) if isinstance(request, dict) else None


def _group_name(request: Any) -> str | None:
    return _member(request.get("detail"), "ModelPackageGroupName") if isinstance(request, dict) else None
