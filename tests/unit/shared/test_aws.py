import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from shared.aws import aws_errors, client
from shared.errors import AccessDenied, QuotaExceeded, ServiceUnavailable
from tests.unit.fakes import client_error


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("AccessDeniedException", 400, AccessDenied),
        ("AccessDenied", 403, AccessDenied),
        ("ThrottlingException", 400, ServiceUnavailable),
        ("ConcurrentUpdateException", 400, ServiceUnavailable),
        ("SomethingNew", 503, ServiceUnavailable),
        ("ResourceLimitExceeded", 400, QuotaExceeded),
        ("LimitExceededException", 400, QuotaExceeded),
        ("AuthorizationError", 403, AccessDenied),
        ("KMSAccessDenied", 400, AccessDenied),
        ("KmsAccessDeniedException", 400, AccessDenied),
        ("KMSThrottling", 400, ServiceUnavailable),
        ("KmsThrottlingException", 400, ServiceUnavailable),
        ("RequestThrottled", 403, ServiceUnavailable),
    ],
)
def test_an_error_of_aws_is_the_ending_that_it_means(code: str, status: int, expected: type[Exception]) -> None:
    with pytest.raises(expected, match=f"DescribeEndpoint: {code}: from AWS"), aws_errors():
        raise client_error(code, "from AWS", "DescribeEndpoint", status)


def test_any_other_error_is_not_changed() -> None:
    error = client_error("ValidationException", "one validation error")

    with pytest.raises(ClientError) as raised, aws_errors():
        raise error

    assert raised.value is error


@pytest.mark.parametrize(
    "error", [ReadTimeoutError(endpoint_url="https://x"), EndpointConnectionError(endpoint_url="https://x")]
)
def test_a_service_without_a_response_is_unavailable(error: Exception) -> None:
    with pytest.raises(ServiceUnavailable, match="https://x"), aws_errors():
        raise error


def test_all_attempts_of_a_call_fit_into_the_functions_timeout() -> None:
    config = client("sns").meta.config
    attempts = config.retries["total_max_attempts"]
    backoff_seconds = sum(2**n for n in range(attempts - 1))  # standard mode: at most 2^n s before attempt n + 1

    assert attempts * (config.connect_timeout + config.read_timeout) + backoff_seconds < 60
