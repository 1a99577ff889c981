from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delete_endpoint.logic import delete
from shared.endpoints import CHANGING, STATUSES
from shared.errors import DeadlineExceeded, RequestRefused
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeSageMaker, client_error

STARTED, DEADLINE = "2026-11-21T05:00:00.000Z", "2026-11-21T13:00:00.000Z"
PLAN = {
    "endpointName": "test-endpoint",
    "executionArn": EXECUTION_ARN,
    "startedAt": STARTED,
    "deadlineAt": DEADLINE,
}


@pytest.fixture
def sagemaker() -> FakeSageMaker:
    return FakeSageMaker()


def looked(sagemaker: FakeSageMaker, now: str = STARTED) -> Any:
    return delete(PLAN, now, sagemaker)


@pytest.mark.parametrize("status", sorted(STATUSES - CHANGING))
def test_an_endpoint_at_rest_is_deleted_once_and_waited_for_until_it_is_gone(
    sagemaker: FakeSageMaker, status: str
) -> None:
    sagemaker.add_endpoint("test-endpoint", status)

    assert looked(sagemaker) == {"done": False, "waitSeconds": 15}
    assert looked(sagemaker) == {"done": False, "waitSeconds": 15}
    sagemaker.endpoints.clear()
    assert looked(sagemaker)["done"] is True
    assert sagemaker.made() == ["DeleteEndpoint"]


@pytest.mark.parametrize("status", sorted(CHANGING))
def test_an_endpoint_in_progress_is_waited_for(sagemaker: FakeSageMaker, status: str) -> None:
    sagemaker.add_endpoint("test-endpoint", status)

    assert looked(sagemaker) == {"done": False, "waitSeconds": 15}
    assert sagemaker.made() == []


@pytest.mark.parametrize("message", ["Could not find endpoint", "Cannot update in-progress endpoint"])
def test_somebody_who_was_faster_is_no_failure(sagemaker: FakeSageMaker, message: str) -> None:
    sagemaker.add_endpoint("test-endpoint")
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", message, "DeleteEndpoint")

    assert looked(sagemaker)["done"] is False


def test_a_refused_deletion_is_reported_with_the_operation_and_the_words_of_sagemaker(
    sagemaker: FakeSageMaker,
) -> None:
    sagemaker.add_endpoint("test-endpoint")
    words = "Cannot delete endpoint with inference components"
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", words, "DeleteEndpoint")

    with pytest.raises(RequestRefused, match=f"^DeleteEndpoint: ValidationException: {words}$"):
        looked(sagemaker)


def test_a_throttled_deletion_is_not_called_refused(sagemaker: FakeSageMaker) -> None:
    sagemaker.add_endpoint("test-endpoint")
    sagemaker.errors["DeleteEndpoint"] = client_error("ThrottlingException", "Rate exceeded", "DeleteEndpoint")

    with pytest.raises(ClientError, match="ThrottlingException"):
        looked(sagemaker)


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-11-21T05:05:00Z", 15),
        ("2026-11-21T05:20:00Z", 60),
        ("2026-11-21T09:00:00Z", 120),
        ("2026-11-21T12:59:30Z", 30),
    ],
)
def test_looks_become_rarer_and_the_last_is_at_the_deadline(sagemaker: FakeSageMaker, now: str, seconds: int) -> None:
    sagemaker.add_endpoint("test-endpoint", "Deleting")

    assert looked(sagemaker, now)["waitSeconds"] == seconds


def test_an_endpoint_that_is_not_gone_at_the_deadline_is_told_with_its_status_and_reason(
    sagemaker: FakeSageMaker,
) -> None:
    sagemaker.add_endpoint("test-endpoint", "Failed", FailureReason="no capacity")

    with pytest.raises(DeadlineExceeded, match=r"is Failed \(no capacity\), and was to be gone at 2026-11-21T13:00:00"):
        looked(sagemaker, DEADLINE)
    assert sagemaker.made() == []


def test_the_doorway_answers_whether_it_is_gone(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch, sagemaker: FakeSageMaker
) -> None:
    module = app("delete_endpoint")
    monkeypatch.setattr(module, "SAGEMAKER", sagemaker)

    assert module.lambda_handler({"plan": PLAN, "now": STARTED}, context) == {"done": True, "waitSeconds": 1}
