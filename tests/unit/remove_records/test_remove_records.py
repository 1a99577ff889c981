from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from shared import records
from shared.records import Record
from tests.unit.conftest import EXECUTION, EXECUTION_ARN, Context


def write(dynamodb: Any, endpoint_name: str, deployment_id: str) -> None:
    record = Record(
        endpoint_name=endpoint_name,
        deployment_id=deployment_id,
        kind="request",
        outcome="SUCCEEDED",
        changed=True,
        started_at=EXECUTION["startedAt"],
        ended_at=EXECUTION["startedAt"],
        execution_arn=EXECUTION_ARN,
    )
    assert records.write(dynamodb, "deployments", record) is None


def test_all_records_of_the_endpoint_go_and_no_other(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch, dynamodb: Any
) -> None:
    module = app("remove_records")
    monkeypatch.setattr(module, "DYNAMODB", dynamodb)
    for number in range(3):
        write(dynamodb, "Test-Endpoint", f"one-{number}")
    write(dynamodb, "test-endpoint-2", "other")
    event = {"executionArn": EXECUTION_ARN, "endpointName": "test-endpoint"}

    assert module.lambda_handler(event, context) == {"records": 3}
    assert module.lambda_handler(event, context) == {"records": 0}

    assert list(records.newest_first(dynamodb, "deployments", "test-endpoint")) == []
    assert len(list(records.newest_first(dynamodb, "deployments", "test-endpoint-2"))) == 1
