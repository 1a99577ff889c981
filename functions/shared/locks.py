"""The lock of an endpoint: its holder, the executions that wait for it, and the approvals that have had their turn.

The lock is one item of the locks table. A planner reads the item, decides, and writes it back. The write is
conditional: if another planner has changed the item in between, the planner reads it again. Notify releases the lock.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of
from shared.errors import ServiceUnavailable
from shared.moments import moment

ENDPOINT = "endpoint/"


@dataclass(frozen=True)
class ApprovedVersion:
    """A version of a model package group, and when it was approved; ISO 8601."""

    group_name: str
    package_arn: str
    approved_at: str


@dataclass(frozen=True)
class QueueEntry:
    """An execution in the queue of an endpoint.

    Attributes
    ----------
    execution_arn, started_at : str
        The execution and its start; ISO 8601.
    request_hash : str
        Hash of its request.
    approval : ApprovedVersion or None
        The approval that started it, if any.
    """

    execution_arn: str
    started_at: str
    request_hash: str
    approval: ApprovedVersion | None = None

    @property
    def rank(self) -> tuple[Any, str]:
        """Position in the queue: the start of the execution, then its ARN."""
        return moment(self.started_at), self.execution_arn

    def is_superseded_by(self, other: "QueueEntry") -> bool:
        """Whether the other execution deploys a version of the same group that was approved later."""
        mine, others = self.approval, other.approval
        if mine is None or others is None or mine.group_name != others.group_name:
            return False
        later = (moment(others.approved_at), other.rank) > (moment(mine.approved_at), self.rank)
        return later and mine.package_arn != others.package_arn


@dataclass(frozen=True)
class Lock:
    """The lock of one endpoint.

    Attributes
    ----------
    lock_id : str
        Key of its item.
    held_by : str or None
        ARN of the lock holder; None if the lock is free.
    held_since : str
        When the lock holder took the lock, ISO 8601; "" if the lock was never taken.
    turn : int
        How often a planner has written the item.
    request_hash : str
        Hash of the last lock holder's request.
    broken_off_at : str
        When the last lock holder ended without releasing the lock, ISO 8601; "" if it released the lock, or ended more
        than 90 days ago. Functions that it had called may still be running.
    waiting : tuple of QueueEntry
        The queue: executions that wait for their turn, in the order of their start.
    approvals : tuple of QueueEntry
        For each model package group, the execution that had a turn with the latest approval.
    expires_at : int
        When DynamoDB may delete the item; seconds since the epoch.
    """

    lock_id: str
    held_by: str | None = None
    held_since: str = ""
    turn: int = 0
    request_hash: str = ""
    broken_off_at: str = ""
    waiting: tuple[QueueEntry, ...] = ()
    approvals: tuple[QueueEntry, ...] = ()
    expires_at: int = 0

    def without(self, execution_arn: str) -> "Lock":
        """Return the lock without this execution in the queue."""
        return replace(self, waiting=tuple(each for each in self.waiting if each.execution_arn != execution_arn))

    def joined_by(self, entry: QueueEntry) -> "Lock":
        """Return the lock with this execution in the queue."""
        others = self.without(entry.execution_arn).waiting
        return replace(self, waiting=tuple(sorted([*others, entry], key=lambda each: each.rank)))


@dataclass(frozen=True)
class Locks:
    """The table of locks."""

    dynamodb: Client
    table_name: str

    def read(self, endpoint_name: str) -> Lock:
        """Return the endpoint's lock, by a consistent read.

        Raises
        ------
        ServiceUnavailable
            If the answer is malformed: botocore turns it into an empty one, which would mean a free lock.
        """
        key = lock_id(endpoint_name)
        answer = self.dynamodb.get_item(
            TableName=self.table_name, Key={"lockId": {"S": key}}, ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
        )
        if "ConsumedCapacity" not in answer:
            raise ServiceUnavailable(f"GetItem: DynamoDB's answer about {key} is malformed.")
        item: Json = answer.get("Item", {})
        return Lock(
            lock_id=key,
            held_by=item["heldBy"]["S"] if "heldBy" in item else None,
            held_since=_text(item, "heldSince"),
            turn=int(item["turn"]["N"]) if "turn" in item else 0,
            request_hash=_text(item, "requestHash"),
            broken_off_at=_text(item, "brokenOffAt"),
            waiting=_entries(item, "waiting"),
            approvals=_entries(item, "approvals"),
            expires_at=int(item["expiresAt"]["N"]) if "expiresAt" in item else 0,
        )

    def replace(self, seen: Lock, wanted: Lock) -> bool:
        """Write the lock if it is still as it was read; return whether it was written.

        Every planner increments `turn`. Notify and the recovery change only `heldBy`.
        """
        held = "heldBy = :seen" if seen.held_by else "attribute_not_exists(heldBy)"
        turn = "turn = :seenTurn" if seen.turn else "(attribute_not_exists(turn) OR turn = :seenTurn)"
        values = {":seenTurn": {"N": str(seen.turn)}} | ({":seen": {"S": seen.held_by}} if seen.held_by else {})
        attributes = _attributes(replace(wanted, turn=seen.turn + 1))
        assigned = {name: value for name, value in attributes.items() if value is not None}
        removed = [name for name, value in attributes.items() if value is None]
        try:
            # Not PutItem, which would delete the lock holder's watch from the item.
            self.dynamodb.update_item(
                TableName=self.table_name,
                Key={"lockId": {"S": seen.lock_id}},
                UpdateExpression=f"SET {', '.join(f'{name} = :{name}' for name in assigned)}"
                + (f" REMOVE {', '.join(removed)}" if removed else ""),
                ConditionExpression=f"{held} AND {turn}",
                ExpressionAttributeValues=values | {f":{name}": value for name, value in assigned.items()},
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True


def lock_id(endpoint_name: str) -> str:
    """Return the key of the endpoint's lock: names that differ only in case are the same endpoint."""
    return ENDPOINT + endpoint_name.lower()


def release(dynamodb: Client, table_name: str, endpoint_name: str, holder: str) -> bool:
    """Release the endpoint's lock if this execution holds it; return whether it did."""
    return _remove_holder(dynamodb, table_name, lock_id(endpoint_name), holder, "REMOVE heldBy")


def release_all(dynamodb: Client, table_name: str, holders: Iterable[str], ended_at: str) -> list[str]:
    """Release every lock of these executions, which ended at `ended_at`; return the endpoints' names in lower case.

    This reads the whole table, which has one small item for each endpoint that was deployed recently.
    """
    values = {f":holder{number}": {"S": arn} for number, arn in enumerate(sorted(holders))}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table_name,
        ConsistentRead=True,
        FilterExpression=f"heldBy IN ({', '.join(values)})",
        ExpressionAttributeValues=values,
    )
    held = {item["lockId"]["S"]: item["heldBy"]["S"] for page in pages for item in page["Items"]}
    end = {":endedAt": {"S": ended_at}}
    for key, holder in held.items():
        _remove_holder(dynamodb, table_name, key, holder, "SET brokenOffAt = :endedAt REMOVE heldBy", end)
    return [key.removeprefix(ENDPOINT) for key in held]


def _remove_holder(
    dynamodb: Client, table_name: str, key: str, holder: str, expression: str, values: Json | None = None
) -> bool:
    try:
        dynamodb.update_item(
            TableName=table_name,
            Key={"lockId": {"S": key}},
            UpdateExpression=expression,
            ConditionExpression="heldBy = :holder",
            ExpressionAttributeValues={":holder": {"S": holder}} | (values or {}),
        )
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _text(item: Json, name: str) -> str:
    return str(item[name]["S"]) if name in item else ""


def _entries(item: Json, name: str) -> tuple[QueueEntry, ...]:
    """Stored as JSON text, which is readable in the console of the table."""
    return tuple(
        QueueEntry(**(each | {"approval": ApprovedVersion(**each["approval"]) if each["approval"] else None}))
        for each in json.loads(_text(item, name) or "[]")
    )


def _attributes(lock: Lock) -> dict[str, Json | None]:
    """Attributes of the item without its key; None where the lock has no such attribute."""
    texts = {
        "heldBy": lock.held_by,
        "heldSince": lock.held_since,
        "requestHash": lock.request_hash,
        "brokenOffAt": lock.broken_off_at,
        "waiting": json.dumps([asdict(each) for each in lock.waiting]) if lock.waiting else "",
        "approvals": json.dumps([asdict(each) for each in lock.approvals]) if lock.approvals else "",
    }
    numbers = {"turn": {"N": str(lock.turn)}, "expiresAt": {"N": str(lock.expires_at)}}
    return {name: {"S": text} if text else None for name, text in texts.items()} | numbers
