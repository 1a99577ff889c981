"""What no Catch can see: an execution that was stopped, timed out, or failed where it could not tell of it."""

import json
from dataclasses import dataclass

from shared import locks
from shared.announcements import Speaker, tell_once
from shared.aws import Client, Json
from shared.console import endpoint_link, execution_link
from shared.errors import BY_NAME, Ending, ExecutionStopped, ExecutionTimedOut, InternalError, NotificationFailed
from shared.notification import Channel, Message, publish
from shared.serving import legal_endpoint_name, what_serves

CAUSE_CHARACTERS = 2000
ENDING_OF_STATUS: dict[str, type[Ending]] = {"ABORTED": ExecutionStopped, "TIMED_OUT": ExecutionTimedOut}


@dataclass(frozen=True)
class Services:
    """The clients that settling needs."""

    dynamodb: Client
    sagemaker: Client
    sns: Client
    states: Client


def settle(detail: Json, now: str, services: Services, speaker: Speaker, channel: Channel) -> Json:
    """Free what the execution holds, and tell of its end unless it has done so itself.

    Parameters
    ----------
    detail : Json
        Of a Step Functions Execution Status Change event: ``executionArn``, ``input``. It has neither error nor cause.
    now : str
        The time of the event; ISO 8601.

    Returns
    -------
    Json
        ``freed``: names of the endpoints whose lock was freed; ``message_id`` of the execution's one message, None
        where the execution has told of its end itself.
    """
    execution_arn = str(detail["executionArn"])
    ended = services.states.describe_execution(executionArn=execution_arn)
    freed = locks.free_all(services.dynamodb, speaker.table_name, execution_arn)
    endpoint_name = freed[0] if freed else _endpoint_name(detail)

    def tell() -> str:
        return publish(services.sns, channel, _message(ended, endpoint_name, services))

    return {"freed": freed, "message_id": None if _was_told(ended) else tell_once(speaker, execution_arn, now, tell)}


def _was_told(ended: Json) -> bool:
    """Whether the state machine came by "Notify failure": nothing else gives an execution these names."""
    return ended.get("error") in BY_NAME and ended["error"] != NotificationFailed.__name__


def _endpoint_name(detail: Json) -> str | None:
    """The endpoint that the execution's input names; Step Functions leaves a long one out of the event."""
    request = json.loads(detail.get("input") or "null")
    return legal_endpoint_name(request)


def _message(ended: Json, endpoint_name: str | None, services: Services) -> Message:
    execution_arn = str(ended["executionArn"])
    ending, happened = _ending(ended)
    links = {"Execution": execution_link(execution_arn)}
    if endpoint_name:
        links["Endpoint"] = endpoint_link(execution_arn, endpoint_name)
    name = ending.__name__
    serves = what_serves(services.sagemaker, endpoint_name)
    return Message(
        endpoint_name=endpoint_name or "unknown",
        outcome=name,
        headline=f"{endpoint_name or 'a deployment'}: {name}",
        paragraphs=(
            ("What happened", happened),
            ("What serves now", serves),
            ("What was taken back", "Nothing: no way back was taken."),
            ("What to do", ending.remedy),
        ),
        links=tuple(f"{title}: {link}" for title, link in links.items() if link),
        data={
            "outcome": name,
            "endpointName": endpoint_name,
            "error": name,
            "cause": f"{happened}\nWhat serves now: {serves}\nWhat to do: {ending.remedy}",
            "executionArn": execution_arn,
        },
    )


def _ending(ended: Json) -> tuple[type[Ending], str]:
    """The ending, and what happened."""
    error, cause = ended.get("error", ""), ended.get("cause", "")[:CAUSE_CHARACTERS]
    said = ": ".join(part for part in (error, cause) if part)
    if ended["status"] in ENDING_OF_STATUS:
        ending = ENDING_OF_STATUS[ended["status"]]
        return ending, f"{ending.__doc__ or ''}{f' It says: {said}' if said else ''}"
    return BY_NAME.get(error, InternalError), said or "The execution failed and says nothing."
