"""Who is to be woken when an endpoint changes: kept in the endpoint's lock, for only its holder waits for it."""

import json
from dataclasses import dataclass

from botocore.exceptions import ClientError

from shared import locks
from shared.aws import Client, Json, code_of


@dataclass(frozen=True)
class Watch:
    """An execution that waits for its endpoint.

    Attributes
    ----------
    token : str
        Of the task that waits; each visit of "Check endpoint" has its own.
    plan : Json
        Of the plan what a look needs, and ``executionArn``.
    asked_at : str
        When the endpoint was asked for; ISO 8601.
    """

    token: str
    plan: Json
    asked_at: str


def keep(dynamodb: Client, table_name: str, watch: Watch) -> bool:
    """Write the watch into the lock that its execution holds; False when it holds it no more, and is woken no more."""
    try:
        dynamodb.update_item(
            TableName=table_name,
            Key={"lockId": {"S": locks.lock_id(watch.plan["endpointName"])}},
            UpdateExpression="SET taskToken = :token, watch = :watch",
            ConditionExpression="heldBy = :me",
            ExpressionAttributeValues={
                ":token": {"S": watch.token},
                ":watch": {"S": json.dumps({"plan": watch.plan, "askedAt": watch.asked_at})},
                ":me": {"S": watch.plan["executionArn"]},
            },
        )
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True


def find(dynamodb: Client, table_name: str, endpoint_name: str) -> Watch | None:
    """The watch of the execution that holds the endpoint's lock; None when nobody does, or its holder does not wait.

    A lock that was released keeps the last watch, which is not the next holder's.
    """
    key = {"lockId": {"S": locks.lock_id(endpoint_name)}}
    item: Json = dynamodb.get_item(TableName=table_name, Key=key, ConsistentRead=True).get("Item", {})
    if "heldBy" not in item or "taskToken" not in item:
        return None
    kept = json.loads(item["watch"]["S"])
    if kept["plan"]["executionArn"] != item["heldBy"]["S"]:
        return None
    return Watch(token=item["taskToken"]["S"], plan=kept["plan"], asked_at=kept["askedAt"])
