"""The history of an endpoint: a record of each of its deployments, written when it has ended.

An item of the deployments table is found by ``endpoint``, the name in lower case, and ``deployment``, which is when it
was started and what its execution is called, so that records come in order.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import Client, Json, code_of, what_aws_said
from shared.errors import ServiceUnavailable
from shared.moments import iso, moment

SUCCEEDED = "SUCCEEDED"
REMOVAL, ROLLBACK = "removal", "rollback"
# What a person reads of it; the whole is in the message, and in the execution.
CAUSE_CHARACTERS = 1000

logger = Logger(child=True)


@dataclass(frozen=True)
class Record:
    """What became of a deployment.

    Attributes
    ----------
    deployment_id : str
        The execution's name.
    kind : str
        What asked for it: request, approval, rollback or removal.
    outcome : str
        SUCCEEDED, or the name of the failure.
    started_at, ended_at : str
        ISO 8601.
    config_name, previous_config_name : str or None
        None where it was not planned; the second also where nothing served before.
    request_hash : str or None
        Tells whether two deployments ask for the same.
    request : Json or None
        What can be asked for again: the request, or the profile of an approved model.
    model : Json or None
        CreateModel's body without tags, where the deployment makes its model.
    rolled_back_to : str or None
        Id of the deployment that was gone back to.
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
    model: Json | None = None
    rolled_back_to: str | None = None

    @property
    def is_deployed(self) -> bool:
        """Whether it led the endpoint to what it asked for, and so is one to go back to."""
        return self.outcome == SUCCEEDED and self.changed and self.kind != REMOVAL

    @property
    def key(self) -> Json:
        """Key of its item."""
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
    "model": "model",
    "rolled_back_to": "rolledBackTo",
}
DOCUMENTS = frozenset({"request", "model"})


def of_plan(plan: Json, execution: Json, ended_at: str, outcome: str, **said: Any) -> Record:
    """The record of a deployment that was planned.

    Parameters
    ----------
    execution : Json
        ``arn``, ``name`` and ``startedAt``.
    said : Any
        ``changed`` and ``cause``.
    """
    trigger = plan["trigger"]
    return Record(
        endpoint_name=plan["endpointName"],
        deployment_id=execution["name"],
        kind=trigger["kind"],
        outcome=outcome,
        started_at=execution["startedAt"],
        ended_at=ended_at,
        execution_arn=execution["arn"],
        action=plan["action"],
        config_name=plan["endpointConfig"]["name"],
        previous_config_name=plan["previousEndpointConfigName"],
        request_hash=plan["lock"]["requestHash"],
        request=plan["request"],
        model=plan["model"] and {name: value for name, value in plan["model"]["request"].items() if name != "Tags"},
        rolled_back_to=trigger.get("deploymentId"),
        **said,
    )


def write(dynamodb: Client, table_name: str, record: Record) -> str | None:
    """Write the record, unless the deployment has one; what is wrong when that cannot be done, a sentence.

    Nothing of a deployment depends on it but the way back to it later: so it is logged and can be told, and stops
    nobody from telling the rest.
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
    """The endpoint's records; read as far as they are asked for.

    Raises
    ------
    ServiceUnavailable
        When DynamoDB's answer is malformed: botocore makes an empty one of it, which looks like no records.
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


def delete_all(dynamodb: Client, table_name: str, endpoint_name: str) -> int:
    """Delete the endpoint's records; returns how many there were."""
    keys = [record.key for record in newest_first(dynamodb, table_name, endpoint_name)]
    for key in keys:
        dynamodb.delete_item(TableName=table_name, Key=key)
    return len(keys)


def _not_written(record: Record, why: str) -> str:
    said = (
        f"Deployment {record.deployment_id} is not on record, so a rollback knows nothing of it: {why}. Mend that "
        "before the next one."
    )
    logger.warning("not on record", reason=said)
    return said


def _item(attributes: Json) -> Json:
    return {name: _typed(value) for name, value in attributes.items() if value is not None}


def _typed(value: Any) -> Json:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"S": json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value}


def _record(item: Json) -> Record:
    plain = {name: next(iter(value.values())) for name, value in item.items()}
    found = {name: plain[attribute] for name, attribute in NAMES.items() if attribute in plain}
    return Record(**{name: json.loads(value) if name in DOCUMENTS else value for name, value in found.items()})
