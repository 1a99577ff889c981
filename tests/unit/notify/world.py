"""The function and the services that it calls."""

from types import ModuleType
from typing import Any

import pytest

from notify.logic import Services
from shared import records
from shared.locks import Locks
from shared.notification import channel
from shared.notification_claims import Sender
from tests.support.plans import ENDPOINT, EXECUTION_ARN
from tests.unit.conftest import ENVIRONMENT, Context
from tests.unit.fakes import FakeSageMaker, FakeService, FakeSns

NOW = "2026-11-21T05:20:00.000Z"
LOCK = {"lockId": {"S": f"endpoint/{ENDPOINT}"}}


class FakeHistory(FakeService):
    """History of an execution that failed in "Check endpoint"."""

    service = "stepfunctions"

    def __init__(self) -> None:
        super().__init__()
        self.failure: dict[str, Any] = {}

    def on_get_execution_history(self, parameters: dict[str, Any]) -> Any:
        assert (parameters["executionArn"], parameters["reverseOrder"]) == (EXECUTION_ARN, True)
        failed = {"error": self.failure["Error"], "cause": self.failure["Cause"]}
        return {
            "events": [
                {
                    "type": "TaskFailed",
                    "taskFailedEventDetails": {"resourceType": "lambda", "resource": "invoke"} | failed,
                },
                {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Check endpoint"}},
            ]
        }


class World:
    """The function, with DynamoDB in memory; the execution holds the lock of its endpoint."""

    def __init__(self, module: ModuleType, dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module, self.dynamodb, self.context, self.monkeypatch = module, dynamodb, context, monkeypatch
        self.sns, self.sagemaker, self.states = FakeSns(), FakeSageMaker(), FakeHistory()
        monkeypatch.setattr(module, "SAGEMAKER", self.sagemaker)
        monkeypatch.setattr(module, "STATES", self.states)
        for name, topic in (("SUCCESS", "SUCCESS_TOPIC_ARN"), ("FAILURE", "FAILURE_TOPIC_ARN")):
            sender = Sender(dynamodb, "locks", f"Notify {name.lower()}")
            services = Services(self.sns, channel(ENVIRONMENT[topic]), sender, "deployments")
            monkeypatch.setattr(module, name, services)
        self.lock(EXECUTION_ARN)

    def notify(self, event: dict[str, Any]) -> Any:
        self.states.failure = event.get("failure", {})
        return self.module.lambda_handler(event, self.context)

    def lock(self, holder: str) -> None:
        self.dynamodb.put_item(TableName="locks", Item=LOCK | {"heldBy": {"S": holder}})

    @property
    def lock_holder(self) -> str | None:
        return Locks(self.dynamodb, "locks").read(ENDPOINT).held_by

    @property
    def history(self) -> list[records.Record]:
        return list(records.newest_first(self.dynamodb, "deployments", ENDPOINT))

    def fail(self, operation: str, error: Exception) -> None:
        """Make DynamoDB's operation fail."""

        def refuse(**_: Any) -> None:
            raise error

        self.monkeypatch.setattr(self.dynamodb, operation, refuse)
