"""Why an execution failed: the attempts that failed, and the last log lines of the containers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from rich.console import RenderableType
from rich.text import Text

from slipway import graph
from slipway.aws import Session, code_of
from slipway.calls import Call

FAILED = (
    "EvaluationFailed",
    "LambdaFunctionFailed",
    "LambdaFunctionTimedOut",
    "TaskFailed",
    "TaskStartFailed",
    "TaskSubmitFailed",
    "TaskTimedOut",
)
ERRORS_OF_STATUS = {"ABORTED": "ExecutionStopped", "TIMED_OUT": "ExecutionTimedOut"}
LOG_GROUP = "/aws/sagemaker/Endpoints/{}"
# Named by the cause of a failure of an inference component.
LOG_GROUP_OF_COMPONENT = re.compile(r"/aws/sagemaker/InferenceComponents/[a-zA-Z0-9-]+")
STREAMS = 3
LINES = 20
CAUSE_CHARACTERS = 300


def attempts(history: list[dict[str, Any]], machine: graph.Definition) -> list[dict[str, Any]]:
    """Return each failed attempt of a state of the machine, in order, also if a retry succeeded."""
    states, state, found = dict(graph.states(machine)), "", []
    for event in history:
        state = event.get("stateEnteredEventDetails", {}).get("name", state)
        if event["type"] in FAILED:
            details: dict[str, Any] = next(
                (value for name, value in event.items() if name.endswith("EventDetails")), {}
            )
            error = details.get("error", event["type"])
            if not graph.only_checks_again(states, state, error):
                at, cause = event["timestamp"].isoformat(), _message(details.get("cause") or "")
                found.append({"state": state, "at": at, "error": error, "cause": cause})
    return found


def last_state(history: list[dict[str, Any]]) -> str | None:
    """Return the state that was entered last; None if there is none."""
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    return entered[-1] if entered else None


def endpoint_name(history: list[dict[str, Any]]) -> str | None:
    """Return the endpoint that the plan names: the input of an approval does not name it."""
    for event in history:
        answer = json.loads(event.get("taskSucceededEventDetails", {}).get("output") or "null")
        payload = answer.get("Payload") if isinstance(answer, dict) else None
        if isinstance(payload, dict) and isinstance(payload.get("endpointName"), str):
            return str(payload["endpointName"])
    return None


def _message(cause: str) -> str:
    """Return a function's error message without its stack trace; any other cause as it is."""
    try:
        parsed = json.loads(cause)
    except json.JSONDecodeError:
        return cause
    return str(parsed.get("errorMessage", cause)) if isinstance(parsed, dict) else cause


def log_groups(endpoint_name: str, cause: str | None) -> list[str]:
    """Return the log groups of the containers: the endpoint's, and those of components that the cause names."""
    return [LOG_GROUP.format(endpoint_name), *dict.fromkeys(LOG_GROUP_OF_COMPONENT.findall(cause or ""))]


def log_calls(groups: Iterable[str]) -> list[Call]:
    """Return the calls that read the containers' logs as a person does."""
    return [Call("logs", "FilterLogEvents", {"logGroupName": group}) for group in groups]


def container_logs(session: Session, groups: Iterable[str], since: datetime) -> list[dict[str, Any]]:
    """Return the last log lines of the containers since a time; none if there is no log."""
    found = [line for group in groups for line in _lines_of_group(session, group, since)]
    return sorted(found, key=lambda line: str(line["at"]))[-LINES:]


def _lines_of_group(session: Session, group: str, since: datetime) -> list[dict[str, Any]]:
    newest = {"logGroupName": group, "orderBy": "LastEventTime", "descending": True, "limit": STREAMS}
    try:
        streams = Call("logs", "DescribeLogStreams", newest).make(session)["logStreams"]
        return [line for each in streams for line in _lines(session, group, each["logStreamName"], since)]
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return []


def _lines(session: Session, group: str, stream: str, since: datetime) -> Iterator[dict[str, Any]]:
    request = {
        "logGroupName": group,
        "logStreamName": stream,
        "startTime": int(since.timestamp() * 1000),
        "limit": LINES,
        "startFromHead": False,
    }
    for event in Call("logs", "GetLogEvents", request).make(session)["events"]:
        at = datetime.fromtimestamp(event["timestamp"] / 1000, since.tzinfo).isoformat()
        yield {"at": at, "stream": stream, "message": event["message"].rstrip()}


def text(found: dict[str, Any]) -> Iterator[RenderableType]:
    """Yield the explanation for people."""
    if found["status"] == "SUCCEEDED":
        yield Text(f"{found['deploymentId']}: SUCCEEDED", style="bold green")
    elif found["status"] == "RUNNING":
        yield Text(f"{found['deploymentId']}: RUNNING. To watch it: slipway watch {found['deploymentId']}")
    else:
        yield Text(
            f"{found['deploymentId']}: {', '.join(filter(None, (found['status'], found['error'])))}", style="bold red"
        )
        if found["status"] in ERRORS_OF_STATUS:
            yield Text(f"The last state was {found['lastState']}.")
        if found["cause"]:
            yield Text(str(found["cause"]).rstrip())
    if found["attempts"]:
        yield Text("\nFailed attempts, also those whose retry succeeded:")
    for each in found["attempts"]:
        cause = " ".join(each["cause"].split())
        cut = cause if len(cause) <= CAUSE_CHARACTERS else cause[:CAUSE_CHARACTERS] + "…"
        yield Text(f"  {each['at'][11:19]}  {each['state']}: {each['error']}: {cut}")
    if found["containerLogs"]:
        yield Text("\nLast lines of the containers:")
        yield from (Text(f"  {each['at'][11:19]}  {each['message']}") for each in found["containerLogs"])
    if error := ERRORS_OF_STATUS.get(found["status"], found["error"]):
        yield Text(f"\nWhat to check: docs/operations.md#{error.lower().replace('.', '')}")
