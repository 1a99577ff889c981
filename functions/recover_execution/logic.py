"""Recover an execution that no Catch could report: it was stopped, timed out, or failed to publish its notification."""

import json
from typing import TypedDict

from notify import failure
from notify.failure import Failure, Story
from notify.logic import Services, conclude
from recover_execution import recovery
from recover_execution.recovery import Recovery
from shared import locks
from shared.aws import Client, Json
from shared.errors import (
    BY_NAME,
    ExecutionRedriven,
    ExecutionStopped,
    ExecutionTimedOut,
    InternalError,
    NotificationFailed,
    SlipwayError,
)
from shared.failures import Failure as Caught
from shared.moments import iso, of_milliseconds
from shared.notification_claims import run_key
from shared.plan import Planned
from shared.records import REMOVAL, Execution

CAUSE_CHARACTERS = 2000
REMEDY = "\nWhat to do: "
ERROR_OF_STATUS: dict[str, type[SlipwayError]] = {"ABORTED": ExecutionStopped, "TIMED_OUT": ExecutionTimedOut}
LEFT = "Resources that the execution created or changed, and did not roll back itself, are still there."
REMOVAL_LEFT = failure.REMOVAL_LEFT
EARLIER_VERSION = (
    "the stack was updated while the execution ran, and its plan is of an earlier version of Slipway. This version "
    "cannot roll it back automatically."
)


class Recovered(TypedDict):
    """What was done about an execution.

    Attributes
    ----------
    recovered_by : str or None
        ARN of the execution that rolls it back and notifies; None if there is none.
    released : list of str
        Names of the endpoints whose lock was released.
    message_id : str or None
        Of the notification; None if the execution has published it, or its recovery will.
    """

    recovered_by: str | None
    released: list[str]
    message_id: str | None


def recover(
    detail: Json, now: str, states: Client, sagemaker: Client, services: Services, machine: Recovery
) -> Recovered:
    """Have the execution rolled back if it left something unfinished, else release its lock and report it; each once.

    Parameters
    ----------
    detail : Json
        Of a Step Functions Execution Status Change event: ``executionArn``, ``stopDate`` in milliseconds since the
        epoch, ``input``, ``redriveCount``. Error and cause are read with DescribeExecution.
    now : str
        The time of the event; ISO 8601.
    """
    ended = _as_it_ended(states.describe_execution(executionArn=str(detail["executionArn"])), detail)
    is_recovery = ended["stateMachineArn"] == machine.machine_arn
    is_removal = ended["stateMachineArn"] == machine.removal_machine_arn
    story = _of_recovery(ended) if is_recovery else _of_execution(ended, detail, is_removal=is_removal)
    redrive_count = detail.get("redriveCount", 0)
    run = run_key(story["execution"]["arn"], ended["executionArn"], redrive_count)
    if redrive_count:
        # It changed nothing, and the lock that it held before may be about to pass to its recovery.
        redriven = _of_redrive(story, ended, sagemaker)
        return {"recovered_by": None, "released": [], "message_id": conclude(redriven, run, None, now, services)}
    if machine.is_enabled and not is_recovery and not is_removal and not _has_notified(ended):
        unfinished = recovery.unfinished_plan(states, ended["executionArn"])
        plan = unfinished and recovery.current(unfinished)
        if plan:
            arn = recovery.start(states, machine.machine_arn, ended, plan, story["failure"])
            return {"recovered_by": arn, "released": [], "message_id": None}
        if unfinished:
            story = _of_earlier_version(story, unfinished)
    holders, ended_at = {ended["executionArn"], story["execution"]["arn"]}, of_milliseconds(detail["stopDate"])
    sender = services.sender
    released = locks.release_all(sender.dynamodb, sender.table_name, holders, ended_at)
    if _has_notified(ended):
        return {"recovered_by": None, "released": released, "message_id": None}
    failed = _not_rolled_back(story, released, now, sagemaker)
    return {"recovered_by": None, "released": released, "message_id": conclude(failed, run, None, now, services)}


def _as_it_ended(described: Json, detail: Json) -> Json:
    """The execution at the end that the event reports: DescribeExecution has only the last run of a redriven one."""
    if described.get("redriveCount", 0) == detail.get("redriveCount", 0):
        return described
    return described | {name: detail.get(name) or "" for name in ("status", "error", "cause")}


def _has_notified(ended: Json) -> bool:
    """Whether the execution passed "Notify failure": only that state makes it fail with a documented error."""
    error = ended.get("error")
    return ended["status"] == "FAILED" and error in BY_NAME and error != NotificationFailed.__name__


def _of_execution(ended: Json, detail: Json, *, is_removal: bool) -> Story:
    """The story of a deployment or a removal. Step Functions omits a long input from the event."""
    execution: Execution = {"arn": ended["executionArn"], "name": ended["name"], "startedAt": iso(ended["startDate"])}
    if is_removal:
        execution["kind"] = REMOVAL
    request = json.loads(detail.get("input") or "null")
    return {"plan": None, "request": request, "failure": _caught(ended), "roll_back": None, "execution": execution}


def _of_recovery(ended: Json) -> Story:
    """The story of the deployment that was to be recovered; its rollback failed, unless only the notification did."""
    given = json.loads(ended["input"])
    story: Story = {
        "plan": given["plan"],
        "request": None,
        "failure": given["failure"],
        "roll_back": None,
        "execution": given["execution"],
    }
    caught = _caught(ended)
    if caught["Error"] == NotificationFailed.__name__:
        story["failure"] = caught
    else:
        cause = f"{caught['Cause']} Its recovery was {ended['executionArn']}."
        story["roll_back"] = {"Error": caught["Error"], "Cause": cause}
    return story if recovery.current(given["plan"]) else _without_plan(story, given["plan"])


def _of_earlier_version(story: Story, plan: Planned) -> Story:
    roll_back = {"Error": InternalError.__name__, "Cause": EARLIER_VERSION}
    return _without_plan({**story, "roll_back": roll_back}, plan)


def _without_plan(story: Story, plan: Planned) -> Story:
    """The story as if planning had failed, of the endpoint of a plan that this version cannot read."""
    return {**story, "plan": None, "request": {"endpointName": plan["endpointName"]}}


def _of_redrive(story: Story, ended: Json, sagemaker: Client) -> Failure:
    """The failure of a redriven execution, which "Notify failure" has reported unless it ended before or in it."""
    if ended["status"] not in ERROR_OF_STATUS:
        return failure.of_redrive(story, sagemaker)
    caught = _caught(ended)
    cause = f"{caught['Cause']} {ExecutionRedriven.__doc__}"
    return failure.of_redrive(story, sagemaker, caught={"Error": caught["Error"], "Cause": cause})


def _caught(ended: Json) -> Caught:
    """Error and cause of the execution, as a Catch would have them."""
    # The notification repeats the remedy in the cause.
    error, cause = ended.get("error", ""), ended.get("cause", "").partition(REMEDY)[0][:CAUSE_CHARACTERS]
    documented = ERROR_OF_STATUS.get(ended["status"])
    if documented is None:
        return {"Error": error or "Failed", "Cause": cause or "The execution has no cause."}
    given = ": ".join(part for part in (error, cause) if part)
    return {
        "Error": documented.__name__,
        "Cause": f"{documented.__doc__ or ''}{f' Its cause: {given}' if given else ''}",
    }


def _not_rolled_back(story: Story, released: list[str], now: str, sagemaker: Client) -> Failure:
    """The failure of an execution without recovery; an approval names its endpoint only by the lock that it held."""
    if story["plan"] is None and story["roll_back"] is None and released:
        is_removal = story["execution"].get("kind") == REMOVAL
        request = {"endpointName": released[0]}
        story = {**story, "request": request, "left": REMOVAL_LEFT if is_removal else LEFT}
    return failure.of_story(story, now, sagemaker)
