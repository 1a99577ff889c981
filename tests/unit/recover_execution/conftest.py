import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from notify.logic import Services
from recover_execution.recovery import Recovery
from shared.locks import Locks
from shared.notification import channel
from shared.notification_claims import Sender
from tests.support.plans import deployment_plan
from tests.unit.conftest import ENVIRONMENT, EXECUTION_ARN, Context
from tests.unit.fakes import FakeSageMaker, FakeService, FakeSns, client_error

DEPLOYS = "arn:aws:states:eu-west-1:123456789012:stateMachine:slipway-deploy"
RECOVERS, REMOVES = ENVIRONMENT["RECOVER_STATE_MACHINE_ARN"], ENVIRONMENT["REMOVE_STATE_MACHINE_ARN"]
RECOVERY_ARN = "arn:aws:states:eu-west-1:123456789012:execution:slipway-recover:one"
PLAN = deployment_plan("create")
# Plan of the version before steps were lists of calls, with the fields that are read.
EARLIER_PLAN = {
    "action": "create",
    "endpointName": "test-endpoint",
    "executionArn": EXECUTION_ARN,
    "lock": {"id": "endpoint/test-endpoint", "requestHash": "ba9876543210"},
    "endpointConfig": {"name": "test-endpoint-0123456789ab", "exists": False},
    "steps": [{"state": "Create endpoint", "action": "create", "what": "endpoint test-endpoint"}],
}
TIME = "2026-11-21T05:20:00Z"
STOPPED_MS = 1795238399250


class FakeStates(FakeService):
    """An ended execution."""

    service = "stepfunctions"

    def __init__(self, **ended: Any) -> None:
        super().__init__()
        self.ended = ended
        self.history: list[dict[str, Any]] = []
        self.missing: set[str] = set()

    def on_describe_execution(self, parameters: dict[str, Any]) -> Any:
        assert parameters["executionArn"] in (EXECUTION_ARN, RECOVERY_ARN)
        if parameters["executionArn"] in self.missing:
            raise client_error("ExecutionDoesNotExist", "there is none", "DescribeExecution")
        return {
            "executionArn": EXECUTION_ARN,
            "stateMachineArn": DEPLOYS,
            "name": "one",
            "status": "ABORTED",
            "startDate": datetime(2026, 11, 21, 5, 0, tzinfo=UTC),
            **self.ended,
        }

    def on_get_execution_history(self, parameters: dict[str, Any]) -> Any:
        assert (parameters["executionArn"], parameters["reverseOrder"]) == (EXECUTION_ARN, True)
        return {"events": self.history[::-1]}

    def on_start_execution(self, parameters: dict[str, Any]) -> Any:
        return {"executionArn": RECOVERY_ARN, "startDate": datetime(2026, 11, 21, 5, 0, tzinfo=UTC)}


class World:
    """The function and the services that it calls."""

    def __init__(self, module: ModuleType, dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module, self.dynamodb, self.context, self.monkeypatch = module, dynamodb, context, monkeypatch
        self.sagemaker, self.sns, self.states = FakeSageMaker(), FakeSns(), FakeStates()
        sender = Sender(dynamodb, "locks", "Recover execution", is_patient=True)
        services = Services(self.sns, channel(ENVIRONMENT["FAILURE_TOPIC_ARN"]), sender, "deployments")
        for name, value in {"SERVICES": services, "SAGEMAKER": self.sagemaker, "STATES": self.states}.items():
            monkeypatch.setattr(module, name, value)

    def enable(self, *states: str, plan: Any = PLAN) -> None:
        """Enable recovery for an execution that planned twice and then entered the states."""
        self.monkeypatch.setattr(self.module, "RECOVERY", Recovery(RECOVERS, REMOVES, is_enabled=True))
        planned = [exited("Plan deployment", {**plan, "endpointName": "stale"}), exited("Plan deployment", plan)]
        self.states.history = [*planned, *map(entered, states)]

    def lock(self, holder: str) -> None:
        item = {"lockId": {"S": "endpoint/test-endpoint"}, "heldBy": {"S": holder}}
        self.dynamodb.put_item(TableName="locks", Item=item)

    @property
    def lock_holder(self) -> str | None:
        return Locks(self.dynamodb, "locks").read("test-endpoint").held_by

    @property
    def outcome(self) -> Any:
        """Outcome in the only notification."""
        return self.sns.published["MessageAttributes"]["outcome"]["StringValue"]

    def recover(self, status: str, request: Any = None, **of_event: Any) -> Any:
        self.states.ended = {"status": status, **self.states.ended}
        arn = self.states.ended.get("executionArn", EXECUTION_ARN)
        detail = {"executionArn": arn, "status": status, "stopDate": STOPPED_MS, "input": json.dumps(request)}
        detail |= {"redriveCount": 0, **of_event}
        return self.module.lambda_handler({"detail": detail, "time": TIME}, self.context)


def exited(state: str, output: Any) -> dict[str, Any]:
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": state, "output": json.dumps(output)}}


def entered(state: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": state}}


@pytest.fixture
def world(app: Callable[[str], ModuleType], dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(app("recover_execution"), dynamodb, context, monkeypatch)
