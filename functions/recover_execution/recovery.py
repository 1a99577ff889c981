"""The state machine that recovers deployments, and the executions that it can roll back."""

import json
from dataclasses import dataclass
from typing import cast

from botocore.exceptions import ClientError

from shared import records
from shared.aws import Client, Json, code_of
from shared.failures import Caught
from shared.moments import iso
from shared.plan import DeploymentPlan, PlanWithSteps

PLANNED, CHANGING = "Plan deployment", "Try deployment"
# After one of these states was entered there is nothing to roll back: the endpoint is as requested, or was rolled back.
DONE = {"Clean up", "Notify success", "Notify failure"}
# The most that GetExecutionHistory returns at a time (Step Functions API reference).
PAGE_EVENTS = 1000


@dataclass(frozen=True)
class Recovery:
    """The state machine that recovers deployments.

    Attributes
    ----------
    removal_machine_arn : str
        The state machine whose executions cannot be rolled back.
    is_enabled : bool
        Whether the stack rolls back executions that were stopped or timed out.
    """

    machine_arn: str
    removal_machine_arn: str
    is_enabled: bool


def unfinished_plan(states: Client, execution_arn: str) -> PlanWithSteps | None:
    """Return the last plan of the execution if it ended after its first change and before its rollback was complete.

    The history, which has at most 25,000 events, is read backwards to the last plan. Redriven runs are skipped, because
    they change nothing.
    """
    entered: set[str | None] = set()
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, reverseOrder=True, includeExecutionData=True, maxResults=PAGE_EVENTS
    )
    for event in (event for page in pages for event in page["events"]):
        if event["type"] == "ExecutionRedriven":
            entered.clear()
        exited = event.get("stateExitedEventDetails", {})
        if exited.get("name") == PLANNED:
            plan: PlanWithSteps = json.loads(exited["output"])
            return plan if CHANGING in entered and not DONE & entered else None
        entered.add(event.get("stateEnteredEventDetails", {}).get("name"))
    return None


def readable(plan: PlanWithSteps) -> DeploymentPlan | None:
    """Return the plan if this version can roll it back; None for a plan of the version before the last stack update."""
    if "requestHash" not in plan or any("phase" not in step for step in plan["steps"]):
        return None
    model = cast(Json, plan).get(records.ONE_MODEL)
    return cast(DeploymentPlan, {"models": [model] if model else [], **plan})


def start(states: Client, machine_arn: str, ended: Json, plan: DeploymentPlan, failure: Caught) -> str:
    """Start the recovery of the execution unless it was already started; return its ARN.

    The recovery has the name of the execution, and Step Functions accepts a name once in 90 days (API reference,
    StartExecution).

    Raises
    ------
    ClientError
        Also if Step Functions reports that the execution exists, and then does not find it.
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
