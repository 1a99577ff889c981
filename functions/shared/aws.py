"""Clients of AWS services, and what their errors mean for a deployment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Not boto3: its resources and S3 transfers cost a cold start 60 ms more, and the clients are the same.
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.session import Session

from shared.errors import AccessDenied, Ending, QuotaExceeded, ServiceUnavailable

Client = Any  # botocore makes its clients at run time, from the service models
Json = dict[str, Any]

# Three attempts take 45 s at worst, so that what ends a slow call is not the function's own timeout of 60 s.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
)
SERVER_FAULT = 500
ENDING_OF_CODE: dict[str, type[Ending]] = {
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


def client(service: str) -> Client:
    """A client of an AWS service in the function's Region; timeouts and retries fit a function's 60 s."""
    return _session.create_client(service, region_name=os.environ["AWS_REGION"], config=CONFIG)


@contextmanager
def aws_errors() -> Iterator[None]:
    """Raise what AWS services raise in the body as the ending it means; what has none escapes as it is.

    Raises
    ------
    AccessDenied
        When the function's role may not do what it tried.
    QuotaExceeded
        When the account may not have more of it.
    ServiceUnavailable
        When the service throttled or failed after all retries, or could not be reached.
    """
    try:
        yield
    except ClientError as error:
        ending = _ending_of(error)
        if ending is None:
            raise
        raise ending(what_aws_said(error)) from error
    except (BotoConnectionError, HTTPClientError) as error:
        raise ServiceUnavailable(str(error)) from error


def what_aws_said(error: ClientError) -> str:
    """An AWS error in one line: operation, code and message."""
    return f"{error.operation_name}: {code_of(error)}: {error.response['Error'].get('Message', '')}"


def code_of(error: ClientError) -> str:
    """The error code that the service gave."""
    return str(error.response["Error"].get("Code", ""))


def _ending_of(error: ClientError) -> type[Ending] | None:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return ENDING_OF_CODE.get(code_of(error)) or (ServiceUnavailable if status >= SERVER_FAULT else None)
