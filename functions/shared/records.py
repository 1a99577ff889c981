"""The history of an endpoint: one record of each of its deployments and removals, written when it ends.

The key of an item of the deployments table is ``endpoint``, the name in lower case, and ``deployment``, the start and
the name of the execution, so that records are in order.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared import endpoint_tests
from shared.aws import Client, Json, code_of, what_aws_said
from shared.errors import ServiceUnavailable
from shared.moments import iso, moment
from shared.plan import DeploymentPlan

SUCCEEDED = "SUCCEEDED"
REMOVAL, ROLLBACK, SCHEDULE = "removal", "rollback", "schedule"
# The action of a removal that deletes something.
REMOVE = "remove"
# For people who read the table; the notification and the execution have the whole cause.
CAUSE_CHARACTERS = 1000

logger = Logger(child=True)


class Execution(TypedDict):
    """The execution of a deployment or removal; `kind` is ``removal`` for removals only."""

    arn: str
    name: str
    startedAt: str
    kind: NotRequired[str]


@dataclass(frozen=True)
class Record:
    """Outcome of a deployment or removal.

    Attributes
    ----------
    deployment_id : str
        Name of the execution.
    kind : str
        What started it: request, approval, rollback, removal or schedule.
    outcome : str
        SUCCEEDED, or the name of the error.
    started_at, ended_at : str
        ISO 8601.
    config_name, previous_config_name : str or None
        None if it was not planned; the second also if no config was live before.
    request_hash : str or None
        Equal for deployments with equal requests.
    request : Json or None
        Request or profile for a later restore, without its tests: what an earlier deployment expected must not
        prevent its restore, and their bodies can be confidential.
    models : list of Json
        CreateModel's requests without tags, of the models that Slipway made for the deployment.
    rolled_back_to : str or None
        Id of the deployment that was restored, or whose schedule it was.
    tests : list of Json or None
        Tests of a request with a schedule, which only that schedule sends again.
    left_components : bool or None
        True if changes of inference components may be left of a failure, which the live config does not show.
    """

    endpoint_name: str
    deployment_id: str
    kind: str
    outcome: str
    changed: bool
    started_at: str
    ended_at: str
    execution_arn: str
    cause: str | None = None
    action: str | None = None
    config_name: str | None = None
    previous_config_name: str | None = None
    request_hash: str | None = None
    request: Json | None = None
    models: list[Json] = field(default_factory=list)
    rolled_back_to: str | None = None
    tests: list[Json] | None = None
    left_components: bool | None = None

    @property
    def is_deployed(self) -> bool:
        """Whether the endpoint became as requested, so that the deployment can be restored.

        A schedule only removes a deployment for some hours and brings it back.
        """
        return self.outcome == SUCCEEDED and self.changed and self.kind not in (REMOVAL, SCHEDULE)

    @property
    def key(self) -> Json:
        """Key of the item."""
        started_at = iso(moment(self.started_at))
        return _item({"endpoint": self.endpoint_name.lower(), "deployment": f"{started_at}/{self.deployment_id}"})


# Attributes of an item, by the record's.
NAMES = {
    "endpoint_name": "endpointName",
    "deployment_id": "deploymentId",
    "kind": "kind",
    "outcome": "outcome",
    "changed": "changed",
    "started_at": "startedAt",
    "ended_at": "endedAt",
    "execution_arn": "executionArn",
    "cause": "cause",
    "action": "action",
    "config_name": "endpointConfigName",
    "previous_config_name": "previousEndpointConfigName",
    "request_hash": "requestHash",
    "request": "request",
    "models": "models",
    "rolled_back_to": "rolledBackTo",
    "tests": "tests",
    "left_components": "leftComponents",
}
DOCUMENTS = frozenset({"request", "models", "tests"})
# Name of the model in records and plans of the version that made at most one model.
ONE_MODEL = "model"


def of_plan(plan: DeploymentPlan, execution: Execution, ended_at: str, outcome: str, **known: Any) -> Record:
    """Return the record of a deployment that was planned.

    Parameters
    ----------
    known : Any
        ``changed``, ``cause`` and ``left_components``.
    """
    request, is_tick = plan["request"], plan["trigger"]["kind"] == SCHEDULE
    restorable: Json = {
        "request": {name: value for name, value in request.items() if name != endpoint_tests.FIELD},
        "models": plan["models"],
        "tests": request.get(endpoint_tests.FIELD) if "schedule" in request else None,
    }
    return Record(
        endpoint_name=plan["endpointName"],
        deployment_id=execution["name"],
        kind=plan["trigger"]["kind"],
        outcome=outcome,
        started_at=execution["startedAt"],
        ended_at=ended_at,
        execution_arn=execution["arn"],
        action=plan["action"],
        config_name=plan["endpointConfigName"],
        previous_config_name=plan["previousEndpointConfigName"],
        request_hash=plan["requestHash"],
        rolled_back_to=plan["trigger"].get("deploymentId"),
        **({} if is_tick else restorable),
        **known,
    )


def write(dynamodb: Client, table_name: str, record: Record) -> str | None:
    """Write the record, unless there is one already; return what is wrong if that fails, a sentence.

    Only a later rollback needs the record, so a failure is logged and reported, and stops nothing else.
    """
    attributes = {NAMES[name]: value for name, value in vars(record).items()}
    attributes["cause"] = record.cause[:CAUSE_CHARACTERS] if record.cause else None
    try:
        dynamodb.put_item(
            TableName=table_name,
            Item=record.key | _item(attributes),
            ConditionExpression="attribute_not_exists(deployment)",
        )
    except ClientError as error:
        if code_of(error) == "ConditionalCheckFailedException":
            return None
        return _not_written(record, what_aws_said(error))
    except BotoCoreError as error:
        return _not_written(record, str(error))
    return None


def newest_first(dynamodb: Client, table_name: str, endpoint_name: str) -> Iterator[Record]:
    """Yield the endpoint's records; pages are read on demand.

    Raises
    ------
    ServiceUnavailable
        If DynamoDB's answer is malformed: botocore turns it into an empty one, which would mean no records.
    """
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table_name,
        KeyConditionExpression="endpoint = :endpoint",
        ExpressionAttributeValues={":endpoint": {"S": endpoint_name.lower()}},
        ScanIndexForward=False,
        ConsistentRead=True,
    )
    for page in pages:
        if "Items" not in page:
            raise ServiceUnavailable(f"DynamoDB's answer about the history of endpoint {endpoint_name} is malformed.")
        yield from map(_record, page["Items"])


def newest(history: Iterable[Record], most: int) -> tuple[list[Record], list[Record]]:
    """Return the newest records, and those of schedules between them, which do not count: there can be hundreds.

    Parameters
    ----------
    history : iterable of Record
        The newest first.
    most : int
        The most records that are returned, without those of schedules.
    """
    found: list[Record] = []
    ticks: list[Record] = []
    for record in history:
        (ticks if record.kind == SCHEDULE else found).append(record)
        if len(found) == most:
            break
    return found, ticks


def away_since(ticks: Iterable[Record]) -> str | None:
    """Return when a schedule removed the endpoint, ISO 8601; None if the last tick that succeeded did not remove it.

    Parameters
    ----------
    ticks : iterable of Record
        Records of the endpoint's schedule, the newest first.
    """
    last = next((tick for tick in ticks if tick.outcome == SUCCEEDED), None)
    return last.ended_at if last and last.action == REMOVE else None


def delete_all(dynamodb: Client, table_name: str, endpoint_name: str) -> int:
    """Delete the endpoint's records and return their number."""
    keys = [record.key for record in newest_first(dynamodb, table_name, endpoint_name)]
    for key in keys:
        dynamodb.delete_item(TableName=table_name, Key=key)
    return len(keys)


def _not_written(record: Record, why: str) -> str:
    warning = (
        f"Deployment {record.deployment_id} was not written to the history, so it cannot be restored: {why}. Fix this "
        "before the next deployment."
    )
    logger.warning("record not written", reason=warning)
    return warning


def _item(attributes: Json) -> Json:
    return {name: _typed(value) for name, value in attributes.items() if value is not None}


def _typed(value: Any) -> Json:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"S": json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value}


def _record(item: Json) -> Record:
    plain = {name: next(iter(value.values())) for name, value in item.items()}
    if ONE_MODEL in plain:
        plain["models"] = f"[{plain[ONE_MODEL]}]"
    found = {name: plain[attribute] for name, attribute in NAMES.items() if attribute in plain}
    return Record(**{name: json.loads(value) if name in DOCUMENTS else value for name, value in found.items()})
