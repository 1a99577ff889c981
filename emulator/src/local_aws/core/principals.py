"""Callers: every role session and every AWS service has an access key, so that each request identifies its caller."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TypedDict

from moto.core import DEFAULT_ACCOUNT_ID

from local_aws.core import partition

_ACCOUNT_ID = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Principal:
    """A caller of an API.

    `role_arn` is set for a role's session, `service` (``events.amazonaws.com``) for an AWS service, with the
    `source_arn` of the resource it acts for. A caller with neither is a person with administrator rights: `sam deploy`,
    `aws` and boto3 with any credentials.
    """

    arn: str
    role_arn: str | None = None
    service: str | None = None
    source_arn: str | None = None

    @property
    def session(self) -> str:
        """Name of a role's session."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def is_administrator(self) -> bool:
        return self.role_arn is None and self.service is None

    @property
    def account_id(self) -> str:
        """The caller's account; of a service, the account of the resource it acts for."""
        return (self.source_arn if self.service and self.source_arn else self.arn).split(":")[4] or DEFAULT_ACCOUNT_ID


class Credentials(TypedDict):
    """Keyword arguments of `boto3.client`."""

    aws_access_key_id: str
    aws_secret_access_key: str
    aws_session_token: str


_by_access_key: dict[str, Principal] = {}


def role(role_arn: str, session_name: str) -> Principal:
    """A session of `role_arn`."""
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    return Principal(arn=f"arn:{partition.NAME}:sts::{account}:assumed-role/{name}/{session_name}", role_arn=role_arn)


def service(name: str, source_arn: str) -> Principal:
    """An AWS service (``events.amazonaws.com``) that acts for the resource `source_arn`."""
    return Principal(arn=name, service=name, source_arn=source_arn)


def role_session(role_arn: str, session_name: str) -> Credentials:
    """Credentials of a session of `role_arn`, as `sts:AssumeRole` returns them."""
    return _issue(role(role_arn, session_name))


def service_session(name: str, source_arn: str) -> Credentials:
    """Credentials of an AWS service (``events.amazonaws.com``) that acts for the resource `source_arn`."""
    return _issue(service(name, source_arn))


def register(access_key_id: str, principal: Principal) -> None:
    """Register `principal` as the holder of `access_key_id`."""
    _by_access_key[access_key_id] = principal


def administrator(account_id: str = DEFAULT_ACCOUNT_ID) -> Principal:
    """An administrator of an account."""
    return Principal(arn=f"arn:{partition.NAME}:iam::{account_id}:user/administrator")


def caller(access_key_id: str) -> Principal:
    """The holder of `access_key_id`.

    An access key that was not issued here belongs to an administrator: of the account whose id it is, if it has twelve
    digits, otherwise of the default account.
    """
    account_id = access_key_id if _ACCOUNT_ID.fullmatch(access_key_id) else DEFAULT_ACCOUNT_ID
    return _by_access_key.get(access_key_id) or administrator(account_id)


def _issue(principal: Principal) -> Credentials:
    digest = hashlib.sha256(repr(principal).encode()).hexdigest()
    access_key_id = "ASIA" + digest[:16].upper()
    register(access_key_id, principal)
    return {"aws_access_key_id": access_key_id, "aws_secret_access_key": "local", "aws_session_token": "local"}
