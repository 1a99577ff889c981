"""Clients of AWS services, and what their errors mean for a deployment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Not boto3: its resources and S3 transfers add 60 ms to a cold start, and the clients are the same.
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.session import Session

from shared.errors import AccessDenied, QuotaExceeded, ServiceUnavailable, SlipwayError

Client = Any  # botocore makes its clients at run time, from the service models
Json = dict[str, Any]

# Three attempts take at most 45 s, so a slow call ends before the function's own timeout of 60 s.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
)
# For an invocation, whose latency is measured: a retry would hide errors and add to the latency. SageMaker answers
# within 60 s (developer guide, your-algorithms-inference-code).
ONE_ATTEMPT = Config(connect_timeout=3, read_timeout=62, retries={"mode": "standard", "total_max_attempts": 1})
SERVER_FAULT = 500
ERROR_OF_CODE: dict[str, type[SlipwayError]] = {
    "AccessDenied": AccessDenied,
    "AccessDeniedException": AccessDenied,
    "AuthorizationError": AccessDenied,
    "AuthorizationErrorException": AccessDenied,
    "KMSAccessDenied": AccessDenied,
    "KMSAccessDeniedException": AccessDenied,
    "KmsAccessDeniedException": AccessDenied,
    "LimitExceeded": QuotaExceeded,
    "LimitExceededException": QuotaExceeded,
    "ResourceLimitExceeded": QuotaExceeded,
    "ConcurrentUpdateException": ServiceUnavailable,
    "ProvisionedThroughputExceededException": ServiceUnavailable,
    "InternalServiceException": ServiceUnavailable,
    "KMSThrottling": ServiceUnavailable,
    "KMSThrottlingException": ServiceUnavailable,
    "KmsThrottlingException": ServiceUnavailable,
    "RequestLimitExceeded": ServiceUnavailable,
    "RequestThrottled": ServiceUnavailable,
    "RequestThrottledException": ServiceUnavailable,
    "Throttling": ServiceUnavailable,
    "ThrottledException": ServiceUnavailable,
    "ThrottlingException": ServiceUnavailable,
    "TooManyRequestsException": ServiceUnavailable,
}

_session = Session()


def client(service: str, config: Config = CONFIG) -> Client:
    """Return a client in the function's Region; by default, its timeouts and retries fit into a function's 60 s."""
    return _session.create_client(service, region_name=os.environ["AWS_REGION"], config=config)


@contextmanager
def aws_errors() -> Iterator[None]:
    """Raise AWS's errors in the body as documented errors; an error without a documented one is raised as it is.

    Raises
    ------
    AccessDenied
        If the function's role lacks a permission.
    QuotaExceeded
        If a quota of the account is reached.
    ServiceUnavailable
        If the service throttled or failed after all retries, or could not be reached.
    """
    try:
        yield
    except ClientError as error:
        meaning = _error_of(error)
        if meaning is None:
            raise
        raise meaning(what_aws_said(error)) from error
    except (BotoConnectionError, HTTPClientError) as error:
        raise ServiceUnavailable(str(error)) from error


def what_aws_said(error: ClientError) -> str:
    """Return an AWS error in one line: operation, code and message."""
    return f"{error.operation_name}: {code_of(error)}: {error.response['Error'].get('Message', '')}"


def code_of(error: ClientError) -> str:
    """Return the service's error code."""
    return str(error.response["Error"].get("Code", ""))


def _error_of(error: ClientError) -> type[SlipwayError] | None:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return ERROR_OF_CODE.get(code_of(error)) or (ServiceUnavailable if status >= SERVER_FAULT else None)
