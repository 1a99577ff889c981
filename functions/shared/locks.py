"""The lock of an endpoint, as the table has it; the state machine itself takes and releases it."""

from collections.abc import Iterable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of
from shared.errors import ServiceUnavailable

ENDPOINT = "endpoint/"


@dataclass(frozen=True)
class Lock:
    """The lock of one endpoint.

    Attributes
    ----------
    lock_id : str
        Key of its item.
    held_by : str or None
        ARN of the execution that deploys the endpoint now; None when nobody does.
    held_since : str
        When it took the lock, ISO 8601; "" when nobody has.
    turn : int
        How often it was taken. Whoever planned in an earlier turn may have planned for what is no more.
    request_hash : str
        Hash of what its last holder deploys.
    broken_off_at : str
        When the last holder's execution ended that did not release it itself, ISO 8601; "" when none did, or when
        Step Functions has forgotten it. Functions that it had called may work on for a while.
    """

    lock_id: str
    held_by: str | None = None
    held_since: str = ""
    turn: int = 0
    request_hash: str = ""
    broken_off_at: str = ""


def lock_id(endpoint_name: str) -> str:
    """Key of the endpoint's lock: names that differ only in case are the same endpoint."""
    return ENDPOINT + endpoint_name.lower()


def read(dynamodb: Client, table_name: str, endpoint_name: str) -> Lock:
    """The endpoint's lock as it is this moment, not as it was a moment ago.

    Raises
    ------
    ServiceUnavailable
        When the answer is malformed: botocore makes an empty one of it, and that looks like a lock that nobody holds.
    """
    key = lock_id(endpoint_name)
    answer = dynamodb.get_item(
        TableName=table_name, Key={"lockId": {"S": key}}, ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
    )
    if "ConsumedCapacity" not in answer:
        raise ServiceUnavailable(f"GetItem: DynamoDB gave no answer that could be read about {key}.")
    item: Json = answer.get("Item", {})
    return Lock(
        lock_id=key,
        held_by=item["heldBy"]["S"] if "heldBy" in item else None,
        held_since=item["heldSince"]["S"] if "heldSince" in item else "",
        turn=int(item["turn"]["N"]) if "turn" in item else 0,
        request_hash=item["requestHash"]["S"] if "requestHash" in item else "",
        broken_off_at=item["brokenOffAt"]["S"] if "brokenOffAt" in item else "",
    )


def free_all(dynamodb: Client, table_name: str, holders: Iterable[str], ended_at: str) -> list[str]:
    """Free the locks that executions hold which ended at `ended_at`; returns the endpoints' names, in lower case.

    The whole table is looked through, which has one small item for each endpoint deployed in the last day.
    """
    values = {f":holder{number}": {"S": arn} for number, arn in enumerate(sorted(holders))}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table_name,
        ConsistentRead=True,
        FilterExpression=f"heldBy IN ({', '.join(values)})",
        ExpressionAttributeValues=values,
    )
    held = {item["lockId"]["S"]: item["heldBy"] for page in pages for item in page["Items"]}
    for key, holder in held.items():
        _free(dynamodb, table_name, key, holder, ended_at)
    return [key.removeprefix(ENDPOINT) for key in held]


def _free(dynamodb: Client, table_name: str, key: str, holder: Json, ended_at: str) -> None:
    try:
        dynamodb.update_item(
            TableName=table_name,
            Key={"lockId": {"S": key}},
            UpdateExpression="SET brokenOffAt = :endedAt REMOVE heldBy",
            ConditionExpression="heldBy = :holder",
            ExpressionAttributeValues={":holder": holder, ":endedAt": {"S": ended_at}},
        )
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":  # else somebody else was faster
            raise
