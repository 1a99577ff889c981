import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from settle_execution.logic import Services
from settle_execution.taking_back import TakingBack
from shared.announcements import Speaker
from tests.unit.conftest import ENVIRONMENT, EXECUTION_ARN, PLANNED, Context
from tests.unit.fakes import FakeSageMaker, FakeService, FakeSns, client_error

DEPLOYS = "arn:aws:states:eu-west-1:123456789012:stateMachine:slipway-deploy"
TAKES_BACK, REMOVES = ENVIRONMENT["TAKE_BACK_STATE_MACHINE_ARN"], ENVIRONMENT["REMOVE_STATE_MACHINE_ARN"]
TAKES_BACK_ONE = "arn:aws:states:eu-west-1:123456789012:execution:slipway-take-back:one"
PLAN = PLANNED | {
    "action": "create",
    "endpointName": "test-endpoint",
    "executionArn": EXECUTION_ARN,
    "endpointConfig": {"name": "test-endpoint-0123456789ab"},
}
TIME = "2026-11-21T05:20:00Z"
STOPPED_MS = 1795238399250


class FakeStates(FakeService):
    """One execution that has ended."""

    service = "stepfunctions"

    def __init__(self, **ended: Any) -> None:
        super().__init__()
        self.ended = ended
        self.history: list[dict[str, Any]] = []
        self.missing: set[str] = set()

    def on_describe_execution(self, parameters: dict[str, Any]) -> Any:
        assert parameters["executionArn"] in (EXECUTION_ARN, TAKES_BACK_ONE)
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
        return {"executionArn": TAKES_BACK_ONE, "startDate": datetime(2026, 11, 21, 5, 0, tzinfo=UTC)}


class World:
    """The function, and the services that it meets."""

    def __init__(self, module: ModuleType, dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module, self.dynamodb, self.context, self.monkeypatch = module, dynamodb, context, monkeypatch
        self.sagemaker, self.sns, self.states = FakeSageMaker(), FakeSns(), FakeStates()
        services = Services(dynamodb, self.sagemaker, self.sns, self.states)
        monkeypatch.setattr(module, "SERVICES", services)
        monkeypatch.setattr(module, "SPEAKER", Speaker(dynamodb, "locks", "Settle execution", patient=True))

    def take_back(self, *states: str) -> None:
        """The stage wants it; the execution planned twice, and then came by the states."""
        self.monkeypatch.setattr(
            self.module, "TAKING_BACK", TakingBack(TAKES_BACK, wanted=True, removing_machine_arn=REMOVES)
        )
        planned = [left("Plan deployment", {**PLAN, "endpointName": "stale"}), left("Plan deployment", PLAN)]
        self.states.history = [*planned, *map(entered, states)]

    def settle(self, status: str, request: Any = None, **of_event: Any) -> Any:
        self.states.ended = {"status": status, **self.states.ended}
        arn = self.states.ended.get("executionArn", EXECUTION_ARN)
        detail = {"executionArn": arn, "status": status, "stopDate": STOPPED_MS, "input": json.dumps(request)}
        detail |= {"redriveCount": 0, **of_event}
        return self.module.lambda_handler({"detail": detail, "time": TIME}, self.context)


def left(state: str, output: Any) -> dict[str, Any]:
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": state, "output": json.dumps(output)}}


def entered(state: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": state}}


@pytest.fixture
def world(app: Callable[[str], ModuleType], dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(app("settle_execution"), dynamodb, context, monkeypatch)
