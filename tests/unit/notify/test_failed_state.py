from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from notify.failed_state import failed_state
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import FakeService, client_error

REFUSED = {"Error": "SageMaker.SageMakerException", "Cause": "no"}


class FakeStates(FakeService):
    """An execution's history, the oldest event first."""

    service = "stepfunctions"

    def __init__(self, *events: dict[str, Any]) -> None:
        super().__init__()
        self.events = events

    def on_get_execution_history(self, parameters: dict[str, Any]) -> Any:
        assert parameters["includeExecutionData"] is False
        return {"events": self.events[::-1]}


def entered(state: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": state}}


def failed(resource: str, service: str = "aws-sdk:sagemaker", error: str = "SageMaker.SageMakerException") -> Any:
    details = {"resourceType": service, "resource": resource, "error": error, "cause": "no"}
    return {"type": "TaskFailed", "taskFailedEventDetails": details}


def sentence(*events: dict[str, Any], failure: dict[str, Any] = REFUSED) -> str | None:
    return failed_state(FakeStates(*events), EXECUTION_ARN, failure)


def test_the_state_that_failed_is_named_with_the_operation_that_it_called() -> None:
    rollback = [entered("Roll back"), entered("Rolled back?"), entered("Notify failure")]

    assert sentence(
        entered("Create model"), entered("Create endpoint config"), failed("createEndpointConfig"), *rollback
    ) == ("Failed in the state Create endpoint config, which called sagemaker:createEndpointConfig.")


@pytest.mark.parametrize(
    ("error", "cause"), [("States.Timeout", ""), (None, None)], ids=["timeout", "a worker that names nothing"]
)
def test_a_state_that_fails_without_a_cause_is_named(error: str | None, cause: str | None) -> None:
    details = {"resourceType": "lambda", "resource": "invoke.waitForTaskToken"} | ({"error": error} if error else {})
    timed_out = {"type": "TaskTimedOut", "taskTimedOutEventDetails": details}

    found = sentence(entered("Check endpoint"), timed_out, failure={"Error": error, "Cause": cause})

    assert found == "Failed in the state Check endpoint."


def test_a_function_is_named_by_its_state_alone() -> None:
    gone = {"Error": "ServiceUnavailable", "Cause": "no"}

    assert sentence(entered("Check endpoint"), failed("invoke", "lambda", "ServiceUnavailable"), failure=gone) == (
        "Failed in the state Check endpoint."
    )


def test_a_failure_of_the_rollback_is_not_reported_as_the_failure_of_the_deployment() -> None:
    assert sentence(
        entered("Create model"),
        failed("createModel"),
        entered("Roll back"),
        failed("invoke", "lambda", "RollbackFailed"),
    ) == ("Failed in the state Create model, which called sagemaker:createModel.")


def test_a_failure_that_is_not_in_the_history_has_no_state() -> None:
    busy = {"Error": "EndpointBusy", "Cause": "another execution holds the lock"}

    assert sentence(entered("Plan deployment"), entered("Notify failure"), failure=busy) is None


def test_a_malformed_history_does_not_hide_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeStates, "on_get_execution_history", lambda self, parameters: {})

    assert sentence() is None


@pytest.mark.parametrize(
    "error", [client_error("AccessDeniedException", "no"), EndpointConnectionError(endpoint_url="https://states")]
)
def test_an_unreadable_history_does_not_hide_the_failure(error: Any) -> None:
    states = FakeStates()
    states.errors["GetExecutionHistory"] = error

    assert failed_state(states, EXECUTION_ARN, REFUSED) is None
