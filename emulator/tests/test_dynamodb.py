import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.models import UpdateExpressionExecutor
from moto.dynamodb.responses import DynamoHandler

from local_aws import dynamodb

MEETING_SECONDS = 0.5  # seconds that a write waits for another one whose condition is also met


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(DynamoHandler, "call_action", DynamoHandler.call_action)  # so that it is put back
    dynamodb.install()
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="s")
        client.create_table(
            TableName="locks",
            KeySchema=[{"AttributeName": "lockId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "lockId", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def test_one_of_two_concurrent_conditional_writes_is_refused(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = threading.Barrier(2)
    execute = UpdateExpressionExecutor.execute

    def execute_together(executor: Any, node: Any = None) -> None:
        if node is None:  # the whole expression, not a part of it
            with contextlib.suppress(threading.BrokenBarrierError):  # nobody else was allowed
                allowed.wait(MEETING_SECONDS)
        execute(executor, node)

    monkeypatch.setattr(UpdateExpressionExecutor, "execute", execute_together)

    def take(holder: str) -> str:
        try:
            table.update_item(
                TableName="locks",
                Key={"lockId": {"S": "endpoint/e"}},
                UpdateExpression="SET heldBy = :me",
                ConditionExpression="attribute_not_exists(heldBy)",
                ExpressionAttributeValues={":me": {"S": holder}},
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "taken"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(take, ("one", "other"))) == ["ConditionalCheckFailedException", "taken"]
