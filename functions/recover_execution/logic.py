"""Recover an execution that ended without a notification: it was stopped, timed out, or could not publish it."""

import json
from typing import TypedDict

from notify import failure
from notify.failure import Failure, FailureFacts
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
from shared.failures import Caught
from shared.moments import iso, of_milliseconds
from shared.notification_claims import run_key
from shared.plan import SCHEDULED, PlanWithSteps
from shared.records import REMOVAL, Execution

CAUSE_CHARACTERS = 2000
REMEDY = "\nWhat to do: "
ERROR_OF_STATUS: dict[str, type[SlipwayError]] = {"ABORTED": ExecutionStopped, "TIMED_OUT": ExecutionTimedOut}
LEFT = "Resources that the execution created or changed still exist, unless it rolled them back itself."
REMOVAL_LEFT = failure.REMOVAL_LEFT
EARLIER_VERSION = (
    "the stack was updated while the execution ran, and its plan is of an earlier version of Slipway. This version "
    "cannot roll it back automatically."
)


class Recovered(TypedDict):
    """How an execution was recovered.

    Attributes
    ----------
    recovered_by : str or None
        ARN of the execution that rolls the deployment back and notifies; None if none is needed.
    released : list of str
        Names of the endpoints whose lock was released.
    message_id : str or None
        Id of the notification; None if the execution has already published it, or its recovery will.
    """

    recovered_by: str | None
    released: list[str]
    message_id: str | None


def recover(
    detail: Json, now: str, states: Client, sagemaker: Client, services: Services, machine: Recovery
) -> Recovered:
    """Start the recovery if there is something to roll back. Otherwise release the lock and notify. Each happens once.

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
    facts = _of_recovery(ended) if is_recovery else _of_execution(ended, detail, is_removal=is_removal)
    redrive_count = detail.get("redriveCount", 0)
    run = run_key(facts["execution"]["arn"], ended["executionArn"], redrive_count)
    if redrive_count:
        # A redriven run changes nothing. The recovery of the first run may need the lock, so it is not released.
        redriven = _of_redrive(facts, ended, sagemaker)
        return {"recovered_by": None, "released": [], "message_id": conclude(redriven, run, None, now, services)}
    if machine.is_enabled and not is_recovery and not is_removal and not _has_notified(ended):
        unfinished = recovery.unfinished_plan(states, ended["executionArn"])
        plan = unfinished and recovery.readable(unfinished)
        if plan:
            arn = recovery.start(states, machine.machine_arn, ended, plan, facts["failure"])
            return {"recovered_by": arn, "released": [], "message_id": None}
        if unfinished:
            facts = _of_earlier_version(facts, unfinished)
    holders, ended_at = {ended["executionArn"], facts["execution"]["arn"]}, of_milliseconds(detail["stopDate"])
    sender = services.sender
    released = locks.release_all(sender.dynamodb, sender.table_name, holders, ended_at)
    if _has_notified(ended):
        return {"recovered_by": None, "released": released, "message_id": None}
    failed = _not_rolled_back(facts, released, now, sagemaker)
    return {"recovered_by": None, "released": released, "message_id": conclude(failed, run, None, now, services)}


def _as_it_ended(described: Json, detail: Json) -> Json:
    """Return the execution as the event reports it: DescribeExecution has only the last run of a redriven execution."""
    if described.get("redriveCount", 0) == detail.get("redriveCount", 0):
        return described
    return described | {name: detail.get(name) or "" for name in ("status", "error", "cause")}


def _has_notified(ended: Json) -> bool:
    """Whether the execution has notified: only after "Notify failure" does it fail with a documented error."""
    error = ended.get("error")
    return ended["status"] == "FAILED" and error in BY_NAME and error != NotificationFailed.__name__


def _of_execution(ended: Json, detail: Json, *, is_removal: bool) -> FailureFacts:
    """Return the facts about a deployment or removal. Step Functions omits a long input from the event."""
    execution: Execution = {"arn": ended["executionArn"], "name": ended["name"], "startedAt": iso(ended["startDate"])}
    if is_removal:
        execution["kind"] = REMOVAL
    request = json.loads(detail.get("input") or "null")
    return {"plan": None, "request": request, "failure": _caught(ended), "roll_back": None, "execution": execution}


def _of_recovery(ended: Json) -> FailureFacts:
    """Return the facts about the deployment whose recovery failed: in its rollback, or only in its notification."""
    given = json.loads(ended["input"])
    facts: FailureFacts = {
        "plan": given["plan"],
        "request": None,
        "failure": given["failure"],
        "roll_back": None,
        "execution": given["execution"],
    }
    caught = _caught(ended)
    if caught["Error"] == NotificationFailed.__name__:
        facts["failure"] = caught
    else:
        cause = f"{caught['Cause']} Its recovery was {ended['executionArn']}."
        facts["roll_back"] = {"Error": caught["Error"], "Cause": cause}
    return facts if recovery.readable(given["plan"]) else _without_plan(facts, given["plan"])


def _of_earlier_version(facts: FailureFacts, plan: PlanWithSteps) -> FailureFacts:
    roll_back = {"Error": InternalError.__name__, "Cause": EARLIER_VERSION}
    return _without_plan({**facts, "roll_back": roll_back}, plan)


def _without_plan(facts: FailureFacts, plan: PlanWithSteps) -> FailureFacts:
    """Return the facts without the plan, which this version cannot read, but with its endpoint."""
    return {**facts, "plan": None, "request": {"endpointName": plan["endpointName"]}}


def _of_redrive(facts: FailureFacts, ended: Json, sagemaker: Client) -> Failure:
    """Return the failure of a redriven run that did not notify itself."""
    if ended["status"] not in ERROR_OF_STATUS:
        return failure.of_redrive(facts, sagemaker)
    caught = _caught(ended)
    cause = f"{caught['Cause']} {ExecutionRedriven.__doc__}"
    return failure.of_redrive(facts, sagemaker, caught={"Error": caught["Error"], "Cause": cause})


def _caught(ended: Json) -> Caught:
    """Return the error and cause of the execution, as a Catch would receive them."""
    # The notification adds the remedy again, so it is cut off here.
    error, cause = ended.get("error", ""), ended.get("cause", "").partition(REMEDY)[0][:CAUSE_CHARACTERS]
    documented = ERROR_OF_STATUS.get(ended["status"])
    if documented is None:
        return {"Error": error or "Failed", "Cause": cause or "The execution has no cause."}
    given = ": ".join(part for part in (error, cause) if part)
    return {
        "Error": documented.__name__,
        "Cause": f"{documented.__doc__ or ''}{f' Its cause: {given}' if given else ''}",
    }


def _not_rolled_back(facts: FailureFacts, released: list[str], now: str, sagemaker: Client) -> Failure:
    """Return the failure of an execution without recovery. Only the released lock names the endpoint of an approval."""
    if facts["plan"] is None and facts["roll_back"] is None and released:
        is_removal = facts["execution"].get("kind") == REMOVAL
        is_tick = isinstance(facts["request"], dict) and SCHEDULED in facts["request"]
        request = {"endpointName": released[0], **({SCHEDULED: True} if is_tick else {})}
        facts = {**facts, "request": request, "left": REMOVAL_LEFT if is_removal else LEFT}
    return failure.of_facts(facts, now, sagemaker)
