from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from shared.deletion import delete_any, delete_failed
from shared.endpoints import CHANGING, STATUSES
from shared.errors import DeadlineExceeded, EndpointBusy, RequestRefused
from tests.support.plans import removal_plan
from tests.unit.fakes import FakeSageMaker, client_error

STARTED, DEADLINE = "2026-11-21T05:00:00.000Z", "2026-11-21T13:00:00.000Z"
Delete = Callable[..., int]
BOTH = pytest.mark.parametrize("delete", [delete_any, delete_failed])


@pytest.fixture
def sagemaker() -> FakeSageMaker:
    return FakeSageMaker()


def delete_once(delete: Delete, sagemaker: FakeSageMaker, now: str = STARTED) -> int:
    return delete(removal_plan(startedAt=STARTED, deadlineAt=DEADLINE), "test-endpoint", now, sagemaker)


@BOTH
def test_a_failed_endpoint_is_deleted_once_and_waited_for_until_it_is_gone(
    sagemaker: FakeSageMaker, delete: Delete
) -> None:
    sagemaker.add_endpoint("test-endpoint", "Failed")

    assert delete_once(delete, sagemaker) == 15
    assert delete_once(delete, sagemaker) == 15
    sagemaker.endpoints.clear()
    assert delete_once(delete, sagemaker) == 0
    assert sagemaker.mutations() == ["DeleteEndpoint"]


@pytest.mark.parametrize("status", sorted(STATUSES - CHANGING))
def test_a_removal_deletes_an_endpoint_in_every_status_that_allows_it(sagemaker: FakeSageMaker, status: str) -> None:
    sagemaker.add_endpoint("test-endpoint", status)

    assert delete_once(delete_any, sagemaker) == 15
    assert sagemaker.mutations() == ["DeleteEndpoint"]


@pytest.mark.parametrize("status", sorted(CHANGING))
def test_a_removal_waits_while_the_endpoint_changes(sagemaker: FakeSageMaker, status: str) -> None:
    sagemaker.add_endpoint("test-endpoint", status)

    assert delete_once(delete_any, sagemaker) == 15
    assert sagemaker.mutations() == []


@pytest.mark.parametrize("status", sorted(STATUSES - {"Failed", "Deleting"}))
def test_a_deployment_does_not_delete_an_endpoint_that_is_no_longer_failed(
    sagemaker: FakeSageMaker, status: str
) -> None:
    sagemaker.add_endpoint("test-endpoint", status)

    with pytest.raises(EndpointBusy, match=f"^Endpoint test-endpoint was Failed and is {status} now: another user"):
        delete_once(delete_failed, sagemaker)

    assert sagemaker.mutations() == []


@BOTH
@pytest.mark.parametrize("message", ["Could not find endpoint", "Cannot update in-progress endpoint"])
def test_a_deletion_by_another_user_is_not_a_failure(sagemaker: FakeSageMaker, message: str, delete: Delete) -> None:
    sagemaker.add_endpoint("test-endpoint", "Failed")
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", message, "DeleteEndpoint")

    assert delete_once(delete, sagemaker) == 15


@BOTH
def test_a_refused_deletion_is_reported_with_the_operation_and_sagemakers_message(
    sagemaker: FakeSageMaker, delete: Delete
) -> None:
    sagemaker.add_endpoint("test-endpoint", "Failed")
    words = "Cannot delete endpoint with inference components"
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", words, "DeleteEndpoint")

    with pytest.raises(RequestRefused, match=f"^DeleteEndpoint: ValidationException: {words}$"):
        delete_once(delete, sagemaker)


def test_a_throttled_deletion_is_not_reported_as_refused(sagemaker: FakeSageMaker) -> None:
    sagemaker.add_endpoint("test-endpoint")
    sagemaker.errors["DeleteEndpoint"] = client_error("ThrottlingException", "Rate exceeded", "DeleteEndpoint")

    with pytest.raises(ClientError, match="ThrottlingException"):
        delete_once(delete_any, sagemaker)


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-11-21T05:05:00Z", 15),
        ("2026-11-21T05:20:00Z", 60),
        ("2026-11-21T09:00:00Z", 120),
        ("2026-11-21T12:59:30Z", 30),
    ],
)
def test_a_removal_checks_less_often_over_time_and_once_at_the_deadline(
    sagemaker: FakeSageMaker, now: str, seconds: int
) -> None:
    sagemaker.add_endpoint("test-endpoint", "Deleting")

    assert delete_once(delete_any, sagemaker, now) == seconds


@BOTH
def test_an_endpoint_that_still_exists_at_the_deadline_is_reported_with_its_status_and_reason(
    sagemaker: FakeSageMaker, delete: Delete
) -> None:
    sagemaker.add_endpoint("test-endpoint", "Failed", FailureReason="no capacity")

    with pytest.raises(DeadlineExceeded) as raised:
        delete_once(delete, sagemaker, DEADLINE)

    assert str(raised.value) == (
        "Endpoint test-endpoint is Failed (no capacity). The deadline for its deletion was 2026-11-21T13:00:00.000Z."
    )
    assert sagemaker.mutations() == []
