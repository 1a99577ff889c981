"""Watches: which task waits for an endpoint, and for what. Stored in the lock, because only the lock holder waits."""

import json
from dataclasses import dataclass
from typing import TypedDict

from botocore.exceptions import ClientError

from shared import locks
from shared.aws import Client, Json, code_of
from shared.plan import DeploymentPlan


class Goal(TypedDict):
    """Members of the plan that a check of the endpoint needs."""

    action: str
    endpointName: str
    endpointConfigName: str
    weights: dict[str, float]
    executionArn: str


@dataclass(frozen=True)
class Watch:
    """An execution that waits for its endpoint.

    Attributes
    ----------
    token : str
        Task token; each run of "Check endpoint" has its own.
    asked_at : str
        Time of the call that created or changed the endpoint; ISO 8601.
    """

    token: str
    goal: Goal
    asked_at: str


def goal_of(plan: DeploymentPlan) -> Goal:
    """Return the members of the plan that a check needs."""
    return Goal(
        action=plan["action"],
        endpointName=plan["endpointName"],
        endpointConfigName=plan["endpointConfigName"],
        weights=plan["weights"],
        executionArn=plan["executionArn"],
    )


def store(dynamodb: Client, table_name: str, watch: Watch) -> bool:
    """Store the watch in the lock of its execution; return False if the execution no longer holds the lock."""
    try:
        dynamodb.update_item(
            TableName=table_name,
            Key={"lockId": {"S": locks.lock_id(watch.goal["endpointName"])}},
            UpdateExpression="SET taskToken = :token, watch = :watch",
            ConditionExpression="heldBy = :me",
            ExpressionAttributeValues={
                ":token": {"S": watch.token},
                ":watch": {"S": json.dumps({"plan": watch.goal, "askedAt": watch.asked_at})},
                ":me": {"S": watch.goal["executionArn"]},
            },
        )
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True


def find(dynamodb: Client, table_name: str, endpoint_name: str) -> Watch | None:
    """Return the watch of the lock holder; None if there is no lock holder, or it does not wait.

    A released lock keeps its last watch, which does not belong to the next lock holder.
    """
    key = {"lockId": {"S": locks.lock_id(endpoint_name)}}
    item: Json = dynamodb.get_item(TableName=table_name, Key=key, ConsistentRead=True).get("Item", {})
    if "heldBy" not in item or "taskToken" not in item:
        return None
    stored = json.loads(item["watch"]["S"])
    if stored["plan"]["executionArn"] != item["heldBy"]["S"]:
        return None
    return Watch(token=item["taskToken"]["S"], goal=stored["plan"], asked_at=stored["askedAt"])
