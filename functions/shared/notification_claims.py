"""One notification per run: a sender claims it first, and a published notification is not published again.

Each redrive of an execution is a run of its own. The item ``announcement/<run>`` of the locks table has ``claimedBy``
(the state or function that publishes), ``messageId`` after it has published, and ``waited`` after another sender has
given it the time to finish.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import Client, Json, code_of
from shared.errors import ServiceUnavailable
from shared.moments import moment

# Stored data: claims of the version before count, too.
CLAIM = "announcement/"
# No notification of an execution is retried longer than that after its end; then DynamoDB may delete the item.
CLAIM_SECONDS = 30 * 86_400
UNCLAIMED = "attribute_not_exists(messageId) AND (attribute_not_exists(claimedBy) OR claimedBy = :me OR waited = :yes)"
YES = {"BOOL": True}

logger = Logger(child=True)


@dataclass(frozen=True)
class Sender:
    """A state or function that publishes notifications.

    Attributes
    ----------
    name : str
        Such as "Notify failure".
    is_patient : bool
        Whether it first gives another sender, which claimed the notification and may have died, the time to finish.
    """

    dynamodb: Client
    table_name: str
    name: str
    is_patient: bool = False


def run_key(execution_arn: str, run_arn: str, redrive_count: int) -> str:
    """Key of a run, which has one notification.

    Parameters
    ----------
    execution_arn : str
        The deployment or removal.
    run_arn : str
        The execution that ran: the same one, or its recovery, which shares its one notification.
    redrive_count : int
        How often that execution was redriven.
    """
    return f"{run_arn}#{redrive_count}" if redrive_count else execution_arn


def notify_once(sender: Sender, run: str, now: str, publish: Callable[[], str]) -> str:
    """Return the id of the run's one notification: publish it, unless it was published before.

    Parameters
    ----------
    publish : callable
        Publishes the notification and returns its id. If it fails, any sender can try again.

    Raises
    ------
    ServiceUnavailable
        If another sender has claimed the notification and not finished. A patient sender replaces it the next time.
    """
    published = _claim(sender, run, now)
    if published is not None:
        return published
    try:
        message_id = publish()
    except Exception:
        _update(sender, run, "REMOVE claimedBy")
        raise
    try:
        _update(sender, run, "SET messageId = :id", {":id": {"S": message_id}})
    except (BotoCoreError, ClientError) as error:
        # It is published: a failure now would publish it again.
        logger.warning("the id of the notification was not stored", message_id=message_id, reason=str(error))
    return message_id


def _claim(sender: Sender, run: str, now: str) -> str | None:
    """Return the id of the notification that was published before; None if this sender is to publish it."""
    expires_at = int(moment(now).timestamp()) + CLAIM_SECONDS
    try:
        _update(
            sender,
            run,
            "SET claimedBy = :me, expiresAt = :expiresAt",
            {":me": {"S": sender.name}, ":expiresAt": {"N": str(expires_at)}, ":yes": YES},
            UNCLAIMED,
        )
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        item: Json = error.response["Item"]  # type: ignore[typeddict-item]  # of ReturnValuesOnConditionCheckFailure
        if "messageId" in item:
            return str(item["messageId"]["S"])
        if sender.is_patient:
            _update(sender, run, "SET waited = :yes", {":yes": YES})
        claimed_by = item["claimedBy"]["S"]
        raise ServiceUnavailable(f"{claimed_by} has claimed the notification of {run} and not finished.") from error
    return None


def _update(
    sender: Sender, run: str, expression: str, values: Json | None = None, condition: str | None = None
) -> None:
    request: Json = {
        "TableName": sender.table_name,
        "Key": {"lockId": {"S": CLAIM + run}},
        "UpdateExpression": expression,
    }
    if values:
        request["ExpressionAttributeValues"] = values
    if condition:
        request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    sender.dynamodb.update_item(**request)
