"""The lock of an endpoint: who holds it, who waits for it, and which approvals have had their turn.

The lock is one item of the locks table. A planner reads it, decides, and replaces what it has read: the write is
conditional, so a lock that has changed in between is read again. The state machines only release it.
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
class Waiter:
    """An execution that asks for its turn.

    Attributes
    ----------
    execution_arn, started_at : str
        The execution, and when it was started; ISO 8601.
    request_hash : str
        Hash of what it deploys.
    approval : ApprovedVersion or None
        The approval that started it, if one did.
    """

    execution_arn: str
    started_at: str
    request_hash: str
    approval: ApprovedVersion | None = None

    @property
    def rank(self) -> tuple[Any, str]:
        """Executions run in the order of their start; the ARN decides between two of the same moment."""
        return moment(self.started_at), self.execution_arn

    def is_superseded_by(self, other: "Waiter") -> bool:
        """Whether the other one deploys a version of the same group that was approved later."""
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
        ARN of the execution that deploys the endpoint now; None when none does.
    held_since : str
        When that execution took the lock, ISO 8601; "" when none has.
    turn : int
        How often a planner has written the item.
    request_hash : str
        Hash of what the last lock holder deploys.
    broken_off_at : str
        When the last lock holder ended without releasing the lock, ISO 8601; "" when it released it, or when Step
        Functions has forgotten it. Functions that it had called may work on for a while.
    waiting : tuple of Waiter
        Executions that wait for their turn, in the order of their start.
    approvals : tuple of Waiter
        Of each model package group, the execution with the latest approval that has had its turn.
    expires_at : int
        When DynamoDB may delete the item; seconds since the epoch.
    """

    lock_id: str
    held_by: str | None = None
    held_since: str = ""
    turn: int = 0
    request_hash: str = ""
    broken_off_at: str = ""
    waiting: tuple[Waiter, ...] = ()
    approvals: tuple[Waiter, ...] = ()
    expires_at: int = 0

    def without(self, execution_arn: str) -> "Lock":
        """The lock without this execution among those that wait."""
        return replace(self, waiting=tuple(each for each in self.waiting if each.execution_arn != execution_arn))

    def joined_by(self, waiter: Waiter) -> "Lock":
        """The lock with this execution among those that wait."""
        others = self.without(waiter.execution_arn).waiting
        return replace(self, waiting=tuple(sorted([*others, waiter], key=lambda each: each.rank)))


@dataclass(frozen=True)
class Locks:
    """The table of locks."""

    dynamodb: Client
    table_name: str

    def read(self, endpoint_name: str) -> Lock:
        """Return the endpoint's lock as it is this moment, by a consistent read.

        Raises
        ------
        ServiceUnavailable
            When the answer is malformed: botocore makes an empty one of it, and that looks like a free lock.
        """
        key = lock_id(endpoint_name)
        answer = self.dynamodb.get_item(
            TableName=self.table_name, Key={"lockId": {"S": key}}, ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
        )
        if "ConsumedCapacity" not in answer:
            raise ServiceUnavailable(f"GetItem: DynamoDB gave no answer that could be read about {key}.")
        item: Json = answer.get("Item", {})
        return Lock(
            lock_id=key,
            held_by=item["heldBy"]["S"] if "heldBy" in item else None,
            held_since=_text(item, "heldSince"),
            turn=int(item["turn"]["N"]) if "turn" in item else 0,
            request_hash=_text(item, "requestHash"),
            broken_off_at=_text(item, "brokenOffAt"),
            waiting=_waiters(item, "waiting"),
            approvals=_waiters(item, "approvals"),
            expires_at=int(item["expiresAt"]["N"]) if "expiresAt" in item else 0,
        )

    def replace(self, seen: Lock, wanted: Lock) -> bool:
        """Write the lock as it is wanted, unless it is not as seen any more; returns whether it was written.

        Every planner counts up `turn`; the state machines, the recovery and "Settle execution" change `heldBy`.
        """
        held = "heldBy = :seen" if seen.held_by else "attribute_not_exists(heldBy)"
        turn = "turn = :seenTurn" if seen.turn else "(attribute_not_exists(turn) OR turn = :seenTurn)"
        values = {":seenTurn": {"N": str(seen.turn)}} | ({":seen": {"S": seen.held_by}} if seen.held_by else {})
        attributes = _attributes(replace(wanted, turn=seen.turn + 1))
        said = {name: value for name, value in attributes.items() if value is not None}
        unsaid = [name for name, value in attributes.items() if value is None]
        try:
            # Not PutItem: the watch of the lock holder is in the item, too.
            self.dynamodb.update_item(
                TableName=self.table_name,
                Key={"lockId": {"S": seen.lock_id}},
                UpdateExpression=f"SET {', '.join(f'{name} = :{name}' for name in said)}"
                + (f" REMOVE {', '.join(unsaid)}" if unsaid else ""),
                ConditionExpression=f"{held} AND {turn}",
                ExpressionAttributeValues=values | {f":{name}": value for name, value in said.items()},
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True


def lock_id(endpoint_name: str) -> str:
    """Key of the endpoint's lock: names that differ only in case are the same endpoint."""
    return ENDPOINT + endpoint_name.lower()


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


def _text(item: Json, name: str) -> str:
    return str(item[name]["S"]) if name in item else ""


def _waiters(item: Json, name: str) -> tuple[Waiter, ...]:
    """JSON text, which people who look at the table can read, too."""
    return tuple(
        Waiter(**(each | {"approval": ApprovedVersion(**each["approval"]) if each["approval"] else None}))
        for each in json.loads(_text(item, name) or "[]")
    )


def _attributes(lock: Lock) -> dict[str, Json | None]:
    """The item's attributes but for its key; None where the lock has no such attribute."""
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
