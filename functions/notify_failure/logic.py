"""What became of a deployment that failed: its name, its cause, and the message that tells of it."""

from dataclasses import dataclass, replace
from typing import Any

from notify_failure.hints import hint_of
from shared import records
from shared.aws import Client, Json
from shared.cleanup import looking_commands
from shared.console import endpoint_link, execution_link
from shared.errors import Ending, ExecutionRedriven, RollbackFailed, UpdateRollbackFailed
from shared.failures import Failure as Caught
from shared.failures import error_of
from shared.notification import Message
from shared.records import REMOVAL, ROLLBACK, Record
from shared.serving import Serving, legal_endpoint_name, what_serves
from shared.steps import told

# Step Functions takes 32,768 (Step Functions API reference, ExecutionFailedEventDetails).
CAUSE_CHARACTERS = 30_000
CUT = "\n… (cut here: the rest is in the execution history)"
TAKE_UP = (
    ' Start the same removal again: it takes up where this one stopped. With "dryRun": true it lists what is left.'
)
# Whatever stopped a redriven execution: it changes nothing.
REDRIVEN: Json = {
    "failure": {"Error": ExecutionRedriven.__name__, "Cause": ExecutionRedriven.__doc__},
    "rollBack": None,
}


@dataclass(frozen=True)
class Failure:
    """A deployment that failed.

    Attributes
    ----------
    ending : type of Ending
        Which of the closed list.
    happened, taken_back, remedy : str
        What happened, what was removed and kept, and what to do.
    serves : Serving
        What is live now.
    subject : str
        What was to be deployed, as far as the request says.
    steps : list of Json
        What was planned; empty when planning failed, or it was nobody's turn.
    is_dry_run : bool
        Whether nothing but the plan was asked for.
    kind : str
        What was asked for, as the history has it: request, rollback or removal.
    """

    ending: type[Ending]
    endpoint_name: str | None
    subject: str
    happened: str
    serves: Serving
    taken_back: str
    remedy: str
    steps: list[Json]
    is_dry_run: bool
    kind: str

    @property
    def cause(self) -> str:
        """All of it, for the execution's Cause."""
        known = [f"What serves now: {self.serves.sentence}", self.taken_back, f"What to do: {self.remedy}"]
        rest = "\n".join(part for part in known if part)
        return f"{_shortened(self.happened, CAUSE_CHARACTERS - len(rest) - 1)}\n{rest}"[:CAUSE_CHARACTERS]


def understand(event: Json, sagemaker: Client) -> Failure:
    """What the state machine says of a failure, put together.

    Parameters
    ----------
    event : Json
        ``plan`` (None when planning failed), ``request``, ``failure`` and ``rollBack`` (None when there was none, its
        answer, or ``Error`` and ``Cause`` when it failed); ``execution``, whose ``kind`` says what a removal is;
        ``failedState``, a sentence, where it is known.
    """
    plan, roll_back = event["plan"], event["rollBack"] or {}
    request = event["request"] if isinstance(event["request"], dict) else {}
    ending, happened = error_of(event["failure"], is_planned=plan is not None)
    happened = "\n".join(filter(None, (happened, event.get("failedState"))))
    endpoint_name = plan["endpointName"] if plan else legal_endpoint_name(event["request"])
    remedy = ending.remedy.replace("<endpoint>", endpoint_name or "<endpoint>")
    remedy = " ".join(filter(None, (remedy, hint_of(happened))))
    if "Error" in roll_back:
        ending, happened, remedy = _roll_back_failed(plan, roll_back, ending, happened)
    elif roll_back.get("commands"):
        remedy = "\n".join([f"{remedy} To remove what was kept:", *roll_back["commands"]])
    kind = event["execution"].get("kind") or (ROLLBACK if {"rollback", "rollbackTo"} & request.keys() else "request")
    steps = plan.get("steps", []) if plan else []
    if kind == REMOVAL and steps:
        remedy += TAKE_UP
    return Failure(
        ending=ending,
        endpoint_name=endpoint_name,
        subject=endpoint_name or _group_name(event["request"]) or "a request without an endpoint",
        happened=happened,
        serves=what_serves(sagemaker, endpoint_name, plan),
        taken_back=_taken_back(roll_back),
        remedy=remedy,
        steps=steps,
        is_dry_run=request.get("dryRun") is True,
        kind=kind,
    )


def message(failure: Failure, execution_arn: str) -> Message:
    """The message that tells people of the failure."""
    links = {"Execution": execution_link(execution_arn)}
    if failure.endpoint_name:
        links["Endpoint"] = endpoint_link(execution_arn, failure.endpoint_name)
    name, what = failure.ending.__name__, "removal" if failure.kind == REMOVAL else "deployment"
    return Message(
        endpoint_name=failure.endpoint_name or "unknown",
        outcome=name,
        headline=f"{failure.subject}: {what} failed, {name}; {failure.serves.traffic}",
        paragraphs=(
            ("What happened", _shortened(failure.happened, CAUSE_CHARACTERS)),
            ("What serves now", failure.serves.sentence),
            ("What was planned", told(failure.steps) if failure.steps else ""),
            ("What was taken back", failure.taken_back),
            ("What to do", failure.remedy),
        ),
        links=tuple(f"{title}: {link}" for title, link in links.items() if link),
        data={
            "outcome": name,
            "endpointName": failure.endpoint_name,
            "error": name,
            "cause": failure.cause,
            "steps": failure.steps,
            "executionArn": execution_arn,
        },
    )


def put_on_record(failure: Failure, event: Json, dynamodb: Client, table_name: str) -> Failure:
    """Write the failure into the endpoint's history; where that cannot be done, the failure says so, too.

    Parameters
    ----------
    event : Json
        ``plan``, ``execution`` and ``now``, the time; ISO 8601.
    """
    record = record_of(failure, event["plan"], event["execution"], event["now"])
    unwritten = record and records.write(dynamodb, table_name, record)
    return replace(failure, remedy=f"{failure.remedy}\n{unwritten}") if unwritten else failure


def record_of(failure: Failure, plan: Json | None, execution: Json, now: str) -> Record | None:
    """What goes into the history; None where nobody knows of which endpoint, or only the plan was asked for."""
    outcome, cause = failure.ending.__name__, failure.happened
    if plan and "endpointConfig" in plan:
        return records.of_plan(plan, execution, now, outcome, changed=False, cause=cause)
    if failure.endpoint_name is None or failure.is_dry_run:
        return None
    return Record(
        endpoint_name=failure.endpoint_name,
        deployment_id=execution["name"],
        kind=plan["trigger"]["kind"] if plan else failure.kind,
        outcome=outcome,
        changed=False,
        started_at=execution["startedAt"],
        ended_at=now,
        execution_arn=execution["arn"],
        cause=cause,
    )


def _roll_back_failed(
    plan: Json, roll_back: Json, original: type[Ending], happened: str
) -> tuple[type[Ending], str, str]:
    """Ending, what happened, and what to do when the way back failed, too.

    An update whose rollback failed stays what it is: that says more than that Slipway could not lead it back either.
    """
    error, said = error_of(Caught(Error=roll_back["Error"], Cause=roll_back.get("Cause")))
    both = f"{original.__name__}: {happened}\nThe way back failed, too: {said}"
    if error is not RollbackFailed:
        return RollbackFailed, both, "\n".join(["List what is left:", *looking_commands(plan)])
    if original is UpdateRollbackFailed:
        return UpdateRollbackFailed, f"{happened}\nThe way back failed, too: {said}", original.remedy
    return RollbackFailed, both, RollbackFailed.remedy


def _shortened(text: str, characters: int) -> str:
    """The text within so many characters, cut after a whole line: half a command must not be copied."""
    if len(text) <= characters:
        return text
    cut = text[: max(0, characters - len(CUT))]
    return (cut.rpartition("\n")[0] or cut) + CUT


def _taken_back(roll_back: Json) -> str:
    told = {"Removed": roll_back.get("removed"), "Restored": roll_back.get("restored")}
    said = [f"{outcome}: {', '.join(dict.fromkeys(things))}." for outcome, things in told.items() if things]
    return "\n".join([*said, *(f"Kept: {each}." for each in roll_back.get("kept", []))])


def _group_name(request: Any) -> str | None:
    detail = request.get("detail") if isinstance(request, dict) else None
    name = detail.get("ModelPackageGroupName") if isinstance(detail, dict) else None
    return name if isinstance(name, str) else None
