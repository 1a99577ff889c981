"""Executions of a stack: start one, find one, wait for its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from slipway.aws import Session, code_of
from slipway.calls import Call
from slipway.errors import CommandError, Exit, usage_error
from slipway.stack import Stack

RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"
# Pauses between two looks at a running execution. The first is for the local AWS, where minutes pass in a moment.
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
PAUSE_GROWS = 1.3
# Events read at a time: if some are known already, and otherwise the most that AWS returns.
NEW_EVENTS, ALL_EVENTS = 25, 1000
MAX_INPUT_BYTES = 262_144  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
# Errors of a refused request or plan: nothing was changed (functions/shared/errors.py).
REFUSALS = frozenset(
    {
        "InvalidRequest",
        "ProfileNotFound",
        "ProfileInvalid",
        "ModelNotFound",
        "EndpointBusy",
        "Superseded",
        "EndpointNotUpdatable",
        "EndpointNotOwned",
        "PlanOutdated",
        "NoFormerDeployment",
    }
)

Document = dict[str, Any]


def start_call(machine_arn: str, request: Document) -> Call:
    """Return the call that starts an execution."""
    return Call("stepfunctions", "StartExecution", {"stateMachineArn": machine_arn, "input": json.dumps(request)})


def start(session: Session, machine_arn: str, request: Document) -> str:
    """Start an execution and return its ARN.

    Raises
    ------
    CommandError
        If the request is larger than Step Functions allows.
    """
    call = start_call(machine_arn, request)
    if (size := len(call.request["input"])) > MAX_INPUT_BYTES:  # ASCII only, as json.dumps writes it
        problem = f"The request has {size} bytes, and Step Functions takes {MAX_INPUT_BYTES}."
        raise usage_error("RequestTooLarge", problem, "Shorten it, such as the bodies of its tests.")
    return str(call.make(session)["executionArn"])


def describe(session: Session, arn: str) -> Document:
    """Return DescribeExecution's answer.

    Raises
    ------
    CommandError
        If there is no such execution.
    """
    try:
        return Call("stepfunctions", "DescribeExecution", {"executionArn": arn}).make(session)
    except ClientError as error:
        if code_of(error) not in ("ExecutionDoesNotExist", "InvalidArn"):
            raise
        remedy = "slipway history ENDPOINT lists the deployments of an endpoint."
        raise usage_error("ExecutionNotFound", f"There is no execution {arn}.", remedy) from error


def wait(session: Session, arn: str, look: Callable[[], None] = lambda: None) -> Document:
    """Wait for the end of an execution and return its description; call `look` from time to time, and at the end."""
    pause = FIRST_PAUSE_SECONDS
    while (described := describe(session, arn))["status"] == RUNNING:
        look()
        time.sleep(pause)
        pause = min(pause * PAUSE_GROWS, LONGEST_PAUSE_SECONDS)
    look()
    return described


def events(session: Session, arn: str, after: int = 0) -> list[Document]:
    """Return the events of an execution with a higher id; all by default.

    They are read from the end: an event can have 256 KiB, and a deployment hundreds of events.
    New events move others to the next page while the execution runs, so an event can be on two pages.
    """
    size = {"PageSize": NEW_EVENTS if after else ALL_EVENTS}
    paginator = session.client("stepfunctions").get_paginator("get_execution_history")
    found: dict[int, Document] = {}
    for page in paginator.paginate(executionArn=arn, reverseOrder=True, PaginationConfig=size):
        new = [event for event in page["events"] if event["id"] > after]
        found |= {event["id"]: event for event in new}
        if len(new) < len(page["events"]):
            break
    return [found[number] for number in sorted(found)]


def definition(session: Session, arn: str) -> Document:
    """Return the definition of the state machine with which the execution was started."""
    answer = Call("stepfunctions", "DescribeStateMachineForExecution", {"executionArn": arn}).make(session)
    parsed: Document = json.loads(answer["definition"])
    return parsed


def planned(stack: Stack, machine_arn: str, request: Document) -> Document:
    """Run the request as a dry run and return its report.

    Raises
    ------
    CommandError
        If the request or its plan is refused.
    """
    ended = wait(stack.session, start(stack.session, machine_arn, request | {"dryRun": True}))
    if ended["status"] != SUCCEEDED:
        raise failure(ended)
    report: Document = json.loads(ended["output"])
    return report


def failure(ended: Document) -> CommandError:
    """Return the failure of an execution as the error of a command."""
    error, cause = str(ended.get("error", ended["status"])), ended.get("cause", "")
    return CommandError(error, f"{error}: {cause}".rstrip(), "", exit_code(ended))


def exit_code(ended: Document) -> Exit:
    """Return the exit code for an execution that ended."""
    if ended["status"] == SUCCEEDED:
        return Exit.AS_ASKED
    return Exit.REFUSED if ended.get("error") in REFUSALS else Exit.FAILED


def newest(session: Session, machine_arn: str, status: str | None = None) -> Iterator[Document]:
    """Yield the executions of a state machine, the newest first."""
    request = {"stateMachineArn": machine_arn} | ({"statusFilter": status} if status else {})
    for page in session.client("stepfunctions").get_paginator("list_executions").paginate(**request):
        yield from page["executions"]


def find(stack: Stack, wanted: str) -> Document:
    """Return the description of the execution with this ARN or name.

    Raises
    ------
    CommandError
        If there is no such execution.
    """
    if wanted.startswith("arn:"):
        return describe(stack.session, wanted)
    for machine in (stack.deploy_machine, stack.removal_machine):
        try:
            return describe(stack.session, f"{machine.replace(':stateMachine:', ':execution:')}:{wanted}")
        except CommandError as error:
            if error.code != "ExecutionNotFound":
                raise
    remedy = "slipway history ENDPOINT lists the deployments of an endpoint."
    raise usage_error("ExecutionNotFound", f"Stack {stack.name} has no execution {wanted}.", remedy)


def endpoint_name(described: Document) -> str | None:
    """Return the endpoint that the execution's output or input names."""
    for text in (described.get("output"), described.get("input")):
        document = json.loads(text or "null")
        if isinstance(document, dict) and isinstance(document.get("endpointName"), str):
            return str(document["endpointName"])
    return None
