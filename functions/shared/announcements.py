"""One message a run: who is about to tell of it says so first, and what was told is not told again.

Each redrive of an execution is a run of its own. The item ``announcement/<run>`` of the locks table has ``claimedBy``
(the state or function that speaks), ``messageId`` once it has spoken, and ``waited`` once somebody else has given it
the time to finish.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import Client, Json, code_of
from shared.errors import ServiceUnavailable
from shared.moments import moment

ANNOUNCEMENT = "announcement/"
# An execution that has ended is not told of later than that; then DynamoDB may delete the item.
REMEMBERED_SECONDS = 30 * 86_400
FREE = "attribute_not_exists(messageId) AND (attribute_not_exists(claimedBy) OR claimedBy = :me OR waited = :yes)"
YES = {"BOOL": True}

logger = Logger(child=True)


@dataclass(frozen=True)
class Speaker:
    """Who tells of executions.

    Attributes
    ----------
    name : str
        Such as "Notify failure".
    patient : bool
        Whether it first gives another speaker, who began and may have died, the time to finish.
    """

    dynamodb: Client
    table_name: str
    name: str
    patient: bool = False


def run_of(execution_arn: str, redriven_arn: str, redrive_count: int) -> str:
    """Key of the message of one run.

    Parameters
    ----------
    execution_arn : str
        The deployment or removal.
    redriven_arn : str
        The execution that has run: the same one, or the recovery of it, which shares its one message.
    redrive_count : int
        How often that one had been redriven.
    """
    return f"{redriven_arn}#{redrive_count}" if redrive_count else execution_arn


def tell_once(speaker: Speaker, run: str, now: str, publish: Callable[[], str]) -> str:
    """Id of the one message of the run: of the one that `publish` sends, or of the one that was sent before.

    Parameters
    ----------
    publish : callable
        Sends the message and returns its id. When it fails, somebody may try again.

    Raises
    ------
    ServiceUnavailable
        When another speaker has begun and not finished. The next time, a patient speaker takes its place.
    """
    said = _claim(speaker, run, now)
    if said is not None:
        return said
    try:
        message_id = publish()
    except Exception:
        _update(speaker, run, "REMOVE claimedBy")
        raise
    try:
        _update(speaker, run, "SET messageId = :id", {":id": {"S": message_id}})
    except (BotoCoreError, ClientError) as error:
        # It is sent; to fail now would have it sent again.
        logger.warning("not noted that it was told", message_id=message_id, reason=str(error))
    return message_id


def _claim(speaker: Speaker, run: str, now: str) -> str | None:
    """The id of the message that was sent before; None when this speaker is to send it."""
    expires_at = int(moment(now).timestamp()) + REMEMBERED_SECONDS
    try:
        _update(
            speaker,
            run,
            "SET claimedBy = :me, expiresAt = :expiresAt",
            {":me": {"S": speaker.name}, ":expiresAt": {"N": str(expires_at)}, ":yes": YES},
            FREE,
        )
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        item: Json = error.response["Item"]  # type: ignore[typeddict-item]  # of ReturnValuesOnConditionCheckFailure
        if "messageId" in item:
            return str(item["messageId"]["S"])
        if speaker.patient:
            _update(speaker, run, "SET waited = :yes", {":yes": YES})
        raise ServiceUnavailable(f"{item['claimedBy']['S']} is telling of {run} this very moment.") from error
    return None


def _update(
    speaker: Speaker, run: str, expression: str, values: Json | None = None, condition: str | None = None
) -> None:
    request: Json = {
        "TableName": speaker.table_name,
        "Key": {"lockId": {"S": ANNOUNCEMENT + run}},
        "UpdateExpression": expression,
    }
    if values:
        request["ExpressionAttributeValues"] = values
    if condition:
        request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    speaker.dynamodb.update_item(**request)
