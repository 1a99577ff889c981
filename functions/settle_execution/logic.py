"""What no Catch can see: an execution that was stopped, timed out, or failed where it could not tell of it."""

import json
from dataclasses import dataclass

from notify_failure.logic import REDRIVEN, Failure, message, put_on_record, understand
from settle_execution import taking_back
from settle_execution.taking_back import TakingBack
from shared import locks
from shared.announcements import Speaker, run_of, tell_once
from shared.aws import Client, Json
from shared.errors import BY_NAME, Ending, ExecutionRedriven, ExecutionStopped, ExecutionTimedOut, NotificationFailed
from shared.moments import iso, of_milliseconds
from shared.notification import Channel, publish
from shared.records import REMOVAL

CAUSE_CHARACTERS = 2000
REMEDY = "\nWhat to do: "
ENDING_OF_STATUS: dict[str, type[Ending]] = {"ABORTED": ExecutionStopped, "TIMED_OUT": ExecutionTimedOut}


@dataclass(frozen=True)
class Services:
    """The clients that settling needs."""

    dynamodb: Client
    sagemaker: Client
    sns: Client
    states: Client


def settle(
    detail: Json,
    now: str,
    services: Services,
    speaker: Speaker,
    channel: Channel,
    way_back: TakingBack,
    deployments_table: str,
) -> Json:
    """Have taken back what the execution left unfinished, or free what it holds and tell of its end; each once.

    Parameters
    ----------
    detail : Json
        Of a Step Functions Execution Status Change event: ``executionArn``, ``stopDate`` in milliseconds since the
        epoch, ``input``, ``redriveCount``. Error and cause are read with DescribeExecution.
    now : str
        The time of the event; ISO 8601.

    Returns
    -------
    Json
        ``taken_back_by``: ARN of the execution that takes it back, and tells of it, None where there is none;
        ``freed``: names of the endpoints whose lock was freed; ``message_id`` of the one message, None where the
        execution has told of its end itself, or the one that takes it back will.
    """
    ended = _as_it_ended(services.states.describe_execution(executionArn=str(detail["executionArn"])), detail)
    is_way_back = ended["stateMachineArn"] == way_back.machine_arn
    is_removal = ended["stateMachineArn"] == way_back.removing_machine_arn
    story = _of_taking_back(ended) if is_way_back else _of_execution(ended, detail, is_removal=is_removal)
    execution_arn, redrive_count = story["execution"]["arn"], detail.get("redriveCount", 0)
    run = run_of(execution_arn, ended["executionArn"], redrive_count)

    def tell(failure: Failure) -> str:
        return tell_once(speaker, run, now, lambda: publish(services.sns, channel, message(failure, execution_arn)))

    if redrive_count:
        # It changed nothing, and the lock that it held before may be on its way to the recovery.
        failure = understand(_of_redrive(story, ended), services.sagemaker)
        return {"taken_back_by": None, "freed": [], "message_id": tell(failure)}
    if way_back.wanted and not is_way_back and not is_removal and not _was_told(ended):
        plan = taking_back.unfinished_plan(services.states, ended["executionArn"])
        if plan:
            arn = taking_back.start(services.states, way_back.machine_arn, ended, plan, story["failure"])
            return {"taken_back_by": arn, "freed": [], "message_id": None}
    holders, ended_at = {ended["executionArn"], execution_arn}, of_milliseconds(detail["stopDate"])
    freed = locks.free_all(services.dynamodb, speaker.table_name, holders, ended_at)
    if _was_told(ended):
        return {"taken_back_by": None, "freed": freed, "message_id": None}
    failure = _understood(story, freed, services.sagemaker)
    failure = put_on_record(failure, story | {"now": now}, services.dynamodb, deployments_table)
    return {"taken_back_by": None, "freed": freed, "message_id": tell(failure)}


def _as_it_ended(described: Json, detail: Json) -> Json:
    """The execution at the end that the event reports: DescribeExecution knows only the last run of a redriven one."""
    if described.get("redriveCount", 0) == detail.get("redriveCount", 0):
        return described
    return described | {name: detail.get(name) or "" for name in ("status", "error", "cause")}


def _was_told(ended: Json) -> bool:
    """Whether the state machine came by "Notify failure": nothing else lets an execution fail with these names."""
    error = ended.get("error")
    return ended["status"] == "FAILED" and error in BY_NAME and error != NotificationFailed.__name__


def _of_execution(ended: Json, detail: Json, *, is_removal: bool) -> Json:
    """The story of a deployment or a removal, as "Notify failure" takes it.

    Step Functions leaves a long input out of the event.
    """
    request = json.loads(detail.get("input") or "null")
    execution = {"arn": ended["executionArn"], "name": ended["name"], "startedAt": iso(ended["startDate"])}
    execution |= {"kind": REMOVAL} if is_removal else {}
    return {"execution": execution, "plan": None, "request": request, "failure": _failure(ended), "rollBack": None}


def _of_taking_back(ended: Json) -> Json:
    """The story of the deployment that was to be taken back, which failed, too, unless only telling of it did."""
    story: Json = json.loads(ended["input"]) | {"request": None, "rollBack": None}
    how_it_ended = _failure(ended)
    if how_it_ended["Error"] == NotificationFailed.__name__:
        return story | {"failure": how_it_ended}
    cause = f"{how_it_ended['Cause']} It was to be taken back by {ended['executionArn']}."
    return story | {"rollBack": how_it_ended | {"Cause": cause}}


def _of_redrive(story: Json, ended: Json) -> Json:
    """The story of a redriven execution, which "Notify failure" has reported unless it ended before or on the way."""
    if ended["status"] not in ENDING_OF_STATUS:
        return story | REDRIVEN
    failure = _failure(ended)
    return story | {"failure": failure | {"Cause": f"{failure['Cause']} {ExecutionRedriven.__doc__}"}, "rollBack": None}


def _failure(ended: Json) -> Json:
    """How the execution ended, as a Catch would say it."""
    # The remedy in the cause is repeated by the notification.
    error, cause = ended.get("error", ""), ended.get("cause", "").partition(REMEDY)[0][:CAUSE_CHARACTERS]
    ending = ENDING_OF_STATUS.get(ended["status"])
    if ending is None:
        return {"Error": error or "Failed", "Cause": cause or "The execution says nothing."}
    said = ": ".join(part for part in (error, cause) if part)
    return {"Error": ending.__name__, "Cause": f"{ending.__doc__ or ''}{f' It says: {said}' if said else ''}"}


def _understood(story: Json, freed: list[str], sagemaker: Client) -> Failure:
    """As "Notify failure" has it; an approval names its endpoint only by the lock that it held."""
    if story["plan"] is None and freed:
        is_removal = story["execution"].get("kind") == REMOVAL
        left = "whatever it had not removed yet" if is_removal else "whatever the execution had made and changed"
        story |= {"request": {"endpointName": freed[0]}, "rollBack": {"kept": [f"{left} when it ended"]}}
    return understand(story, sagemaker)
