"""AWS as the user configured it, and its errors as one line with a remedy."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)
from botocore.session import Session as BotocoreSession

from slipway.errors import CommandError, Exit, unreachable

CONFIG = Config(
    retries={"mode": "standard"},
    connect_timeout=10,
    read_timeout=70,
    user_agent_extra="slipway",
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
INVALID = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
LOG_IN_AGAIN = "Log in again (aws sso login, or your own tool), and repeat the command."
CHECK_THE_WAY = "Check the network, the Region and AWS_ENDPOINT_URL."
LONGEST_MESSAGE = 500  # a validation error repeats the whole input
NO_CREDENTIALS = "Log in (aws configure, aws sso login), choose --profile, or set AWS_PROFILE."


@dataclass(frozen=True)
class Session:
    """The user's AWS configuration: profile, Region, credentials, endpoint.

    Attributes
    ----------
    profile, chosen_region : str or None
        As given on the command line; None for those of the configuration.
    """

    profile: str | None = None
    chosen_region: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict, init=False)

    @cached_property
    def _botocore(self) -> Any:  # not boto3, which adds 0.1 s to the start of the command
        return BotocoreSession(profile=self.profile)

    @property
    def region(self) -> str:
        """The Region.

        Raises
        ------
        NoRegionError
            If none is configured.
        """
        # The AWS CLI reads AWS_REGION, botocore does not.
        region = self.chosen_region or os.environ.get("AWS_REGION") or self._botocore.get_config_variable("region")
        if region is None:
            raise NoRegionError()
        return str(region)

    def client(self, service: str) -> Any:
        """Return the client of a service, always the same one."""
        if service not in self._clients:
            try:
                client = self._botocore.create_client(service, region_name=self.region, config=CONFIG)
            except ValueError as error:
                if isinstance(error, BotoCoreError):  # such as InvalidRegionError
                    raise
                raise unreachable("EndpointInvalid", _sentence(str(error)), CHECK_THE_WAY) from error
            self._clients[service] = client
        return self._clients[service]


def code_of(error: ClientError) -> str:
    """Return the code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """Return what AWS said, as a sentence on one line."""
    return _sentence(str(error.response.get("Error", {}).get("Message", "")) or code_of(error))


def _sentence(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > LONGEST_MESSAGE:
        return f"{line[:LONGEST_MESSAGE]}…"
    return line if line.endswith((".", "?", "!")) else f"{line}."


def as_command_error(error: BotoCoreError | ClientError) -> CommandError:
    """Return the error of the AWS SDK as an error that ends the command."""
    return _of_answer(error) if isinstance(error, ClientError) else _of_way(error)


def _of_answer(error: ClientError) -> CommandError:
    code, said = code_of(error), message_of(error)
    if code in EXPIRED:
        return unreachable("CredentialsExpired", "The AWS credentials have expired.", LOG_IN_AGAIN)
    if code in INVALID:
        return unreachable("CredentialsInvalid", f"AWS does not accept the credentials: {said}", NO_CREDENTIALS)
    if code.startswith("AccessDenied"):
        remedy = "Ask for the permission, or use another profile (--profile)."
        return unreachable("AccessDenied", f"{error.operation_name}: {said}", remedy)
    return CommandError(code, f"{error.operation_name}: {said}", "Correct what AWS names.", Exit.FAILED)


def _of_way(error: BotoCoreError) -> CommandError:
    if isinstance(error, NoRegionError):
        return unreachable("NoRegion", "No Region is configured.", "Set --region or AWS_REGION, or choose --profile.")
    if isinstance(error, ProfileNotFound):
        return unreachable("ProfileNotFound", f"{error}.", "aws configure list-profiles lists the profiles.")
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return unreachable("NoCredentials", "There are no AWS credentials.", NO_CREDENTIALS)
    if isinstance(error, UnauthorizedSSOTokenError | SSOTokenLoadError | TokenRetrievalError):
        return unreachable("CredentialsExpired", "The SSO session has expired.", LOG_IN_AGAIN)
    if isinstance(error, CredentialRetrievalError):
        return unreachable("NoCredentials", _sentence(str(error)), NO_CREDENTIALS)
    if isinstance(error, ConfigParseError | ConfigNotFound):
        return unreachable("ConfigInvalid", _sentence(str(error)), "Correct the file, or set AWS_CONFIG_FILE.")
    if isinstance(error, InvalidRegionError):
        return unreachable("RegionInvalid", _sentence(str(error)), "Set --region or AWS_REGION to the Region's code.")
    if isinstance(error, NoConnectionError | HTTPClientError):
        url = error.kwargs.get("endpoint_url")
        problem = f"{url} does not answer." if url else _sentence(str(error))
        return unreachable("NoConnection", problem, CHECK_THE_WAY)
    return CommandError(type(error).__name__, f"{error}", "Run the command again with --debug.", Exit.FAILED)
