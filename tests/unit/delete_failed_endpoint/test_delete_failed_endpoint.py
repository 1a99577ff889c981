from typing import Any

import pytest

from delete_failed_endpoint.logic import delete_failed
from shared.errors import DeadlineExceeded, EndpointBusy
from tests.unit.fakes import FakeSageMaker, client_error

NOW, DEADLINE = "2026-11-21T05:00:00.000Z", "2026-11-21T06:00:00.000Z"


def looked(sagemaker: FakeSageMaker, now: str = NOW) -> Any:
    return delete_failed("test-endpoint", DEADLINE, now, sagemaker)


@pytest.fixture
def sagemaker() -> FakeSageMaker:
    return FakeSageMaker()


def test_a_failed_endpoint_is_deleted_once_and_waited_for_until_it_is_gone(sagemaker: FakeSageMaker) -> None:
    sagemaker.add_endpoint("test-endpoint", "Failed")

    assert looked(sagemaker) == {"done": False, "waitSeconds": 15}
    assert looked(sagemaker) == {"done": False, "waitSeconds": 15}
    sagemaker.endpoints.clear()
    assert looked(sagemaker)["done"] is True
    assert sagemaker.made() == ["DeleteEndpoint"]


@pytest.mark.parametrize("status", ["Creating", "Updating", "InService", "OutOfService"])
def test_what_is_not_failed_any_more_is_left_alone(sagemaker: FakeSageMaker, status: str) -> None:
    sagemaker.add_endpoint("test-endpoint", status)

    with pytest.raises(EndpointBusy, match=f"was Failed and is {status} now"):
        looked(sagemaker)

    assert sagemaker.made() == []


def test_a_deletion_that_never_ends_ends_at_the_deadline(sagemaker: FakeSageMaker) -> None:
    sagemaker.add_endpoint("test-endpoint", "Deleting")

    with pytest.raises(DeadlineExceeded, match="is not deleted at 2026-11-21T06:00:00"):
        looked(sagemaker, DEADLINE)


@pytest.mark.parametrize("message", ["Could not find endpoint", "Cannot update in-progress endpoint"])
def test_somebody_who_was_faster_is_no_failure(sagemaker: FakeSageMaker, message: str) -> None:
    sagemaker.add_endpoint("test-endpoint", "Failed")
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", message, "DeleteEndpoint")

    assert looked(sagemaker)["done"] is False
