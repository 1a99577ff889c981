import importlib
import socket
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.records import Record

EXECUTION_ARN = "arn:aws:states:eu-west-1:123456789012:execution:slipway-deploy:one"
EXECUTION = {"arn": EXECUTION_ARN, "name": "one", "startedAt": "2026-11-21T05:12:59.152Z"}
# Record of a successful deployment.
RECORD = Record(
    endpoint_name="e",
    deployment_id="one",
    kind="request",
    outcome="SUCCEEDED",
    changed=True,
    started_at=EXECUTION["startedAt"],
    ended_at="2026-11-21T05:20:00.000Z",
    execution_arn=EXECUTION_ARN,
)
ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "POWERTOOLS_SERVICE_NAME": "slipway",
    "POWERTOOLS_METRICS_NAMESPACE": "Slipway",
    "STACK_NAME": "slipway",
    "STAGE": "test",
    "LOCKS_TABLE_NAME": "locks",
    "DEPLOYMENTS_TABLE_NAME": "deployments",
    "KEPT_DEPLOYMENTS": "5",
    "PROFILE_PREFIX": "/slipway/profiles",
    "OFF_HOURS_GROUP_NAME": "slipway-off-hours",
    "OFF_HOURS_ROLE_ARN": "arn:aws:iam::123456789012:role/slipway-off-hours",
    "OFF_HOURS_QUEUE_ARN": "arn:aws:sqs:eu-west-1:123456789012:slipway-dead-letters",
    "MODEL_PACKAGE_ACCOUNTS": "123456789012",
    "MODEL_EXECUTION_ROLE_ARNS": "arn:aws:iam::123456789012:role/models",
    "ARTIFACT_BUCKETS": "artifacts",
    "SUCCESS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:success",
    "FAILURE_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:failure",
    "ABORT_ROLLS_BACK": "false",
    "RECOVER_STATE_MACHINE_ARN": "arn:aws:states:eu-west-1:123456789012:stateMachine:slipway-recover",
    "REMOVE_STATE_MACHINE_ARN": "arn:aws:states:eu-west-1:123456789012:stateMachine:slipway-remove",
}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a unit test opens no socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "sendto", refuse)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def app() -> Callable[[str], ModuleType]:
    """Import the handler's module as Lambda does: with the stack's environment."""
    return lambda folder: importlib.import_module(f"{folder}.app")


@pytest.fixture(scope="session")
def session() -> Any:
    """One session for all clients, which caches the service models."""
    return boto3.session.Session("local", "local", region_name="eu-west-1")


@pytest.fixture
def dynamodb(session: Any) -> Iterator[Any]:
    """A client of moto's DynamoDB in memory, with the locks table and the deployments table."""
    with mock_aws():
        client = session.client("dynamodb")
        client.create_table(
            TableName="locks",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "lockId", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "lockId", "KeyType": "HASH"}],
        )
        client.create_table(
            TableName="deployments",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("endpoint", "deployment")],
            KeySchema=[
                {"AttributeName": "endpoint", "KeyType": "HASH"},
                {"AttributeName": "deployment", "KeyType": "RANGE"},
            ],
        )
        yield client


class Context:
    """The part of Lambda's context that the functions use."""

    function_name = "slipway-function"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:slipway-function"
    memory_limit_in_mb = 512
    aws_request_id = "6f1b5b5e-6f0e-4f8e-8d0b-5f6f3c1b2a10"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def context() -> Context:
    return Context()
