"""Callers with exactly the rights that a test gives them."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, LocalAws, session

_numbers = itertools.count(1)
Statement = dict[str, Any]


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> Statement:
    """An Allow statement; `condition` is operator → {key: value}."""
    return _statement("Allow", action, resource, condition)


def deny(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> Statement:
    """A Deny statement; `condition` is operator → {key: value}."""
    return _statement("Deny", action, resource, condition)


def _statement(effect: str, action: Any, resource: Any, condition: dict[str, Any]) -> Statement:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class Caller:
    """A session of a role."""

    aws: LocalAws
    role_name: str
    keys: dict[str, str]

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:role/{self.role_name}"

    @property
    def arn(self) -> str:
        return f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{self.role_name}/tester"

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        return session().client(service, endpoint_url=self.aws.url, region_name=REGION, config=config, **self.keys)

    def checks(self) -> list[tuple[str, str, str]]:
        """Action, resource and verdict of this caller's checks so far."""
        calls = self.aws.get("calls")
        return [(call["action"], call["resource"], call["verdict"]) for call in calls if call["principal"] == self.arn]


def make_role(aws: LocalAws, *statements: Statement, trusts: str = "lambda.amazonaws.com", **more: Any) -> Caller:
    """Create a role with one inline policy of `statements`; return a session of it."""
    name = f"caller-{next(_numbers)}"
    trusted = {"Service": trusts, "AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    iam = aws.client("iam")
    role_arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **more)["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document(*statements))
    credentials = aws.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="tester")["Credentials"]
    return Caller(aws, name, keys_of(credentials))


def keys_of(credentials: dict[str, str]) -> dict[str, str]:
    """Credentials of AssumeRole as arguments of boto3."""
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def error_of(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    """Code, message and HTTP status of the call's error."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    error, metadata = raised.value.response["Error"], raised.value.response["ResponseMetadata"]
    return error["Code"], error.get("Message", ""), metadata["HTTPStatusCode"]
