"""Hands what an execution did over to the state machine that takes it back."""

import json
from dataclasses import dataclass

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of
from shared.moments import iso

PLANNED, BEGUN = "Plan deployment", "Try deployment"
# What goes of earlier deployments goes when the endpoint is as asked, and nobody brings it back.
DONE = {"Remove configs and models", "Unlock endpoint", "Unlock after roll back"}
# The most that GetExecutionHistory gives at a time (Step Functions API reference).
PAGE_EVENTS = 1000


@dataclass(frozen=True)
class TakingBack:
    """The state machine that takes deployments back.

    Attributes
    ----------
    wanted : bool
        Whether the stage wants executions taken back that ended from outside.
    removing_machine_arn : str
        The state machine whose executions nothing can be taken back of.
    """

    machine_arn: str
    wanted: bool
    removing_machine_arn: str


def unfinished_plan(states: Client, execution_arn: str) -> Json | None:
    """What the execution had planned, if it ended between its first change and the end of its try-block or way back.

    Read from the end, where only small events are, to the last plan; a history has 25,000 events at most. What it did
    after it had been redriven is left out: it changed nothing.
    """
    entered: set[str | None] = set()
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, reverseOrder=True, includeExecutionData=True, maxResults=PAGE_EVENTS
    )
    for event in (event for page in pages for event in page["events"]):
        if event["type"] == "ExecutionRedriven":
            entered.clear()
        left = event.get("stateExitedEventDetails", {})
        if left.get("name") == PLANNED:
            plan: Json = json.loads(left["output"])
            return plan if BEGUN in entered and not DONE & entered else None
        entered.add(event.get("stateEnteredEventDetails", {}).get("name"))
    return None


def start(states: Client, machine_arn: str, ended: Json, plan: Json, failure: Json) -> str:
    """ARN of the execution that takes back what the one that ended did; started once, however often this is called.

    It bears the same name, which is not given twice within 90 days (Step Functions API reference, StartExecution).

    Raises
    ------
    ClientError
        Also when the name is said to be given, and there is no execution of it.
    """
    arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{ended['name']}"
    execution = {"arn": ended["executionArn"], "name": ended["name"], "startedAt": iso(ended["startDate"])}
    # Not escaped: StartExecution takes 262,144 bytes, and an escaped letter has up to three times as many as in UTF-8.
    text = json.dumps({"plan": plan, "failure": failure, "execution": execution}, ensure_ascii=False)
    try:
        states.start_execution(stateMachineArn=machine_arn, name=ended["name"], input=text)
    except ClientError as error:
        if code_of(error) != "ExecutionAlreadyExists":
            raise
        states.describe_execution(executionArn=arn)
    return arn
