"""Statements: IAM user guide, "IAM JSON policy elements" and "Variables and tags"."""

import json
from typing import Any

import pytest

from local_aws.core import principals
from local_aws.core.authorization import Check
from local_aws.core.authorization.documents import statements
from local_aws.core.authorization.patterns import InvalidPatternError
from local_aws.core.errors import NotModelledError
from local_aws.core.principals import Principal

ACCOUNT_ID = "123456789012"
ENDPOINT = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT_ID}:endpoint/churn"
ROLE = principals.role(f"arn:aws:iam::{ACCOUNT_ID}:role/Deploy", "run-7")


def check(action: str = "sagemaker:CreateEndpoint", resource: str = ENDPOINT, **keys: list[str]) -> Check:
    named = {key.replace("__", ":").replace("_", "-"): values for key, values in keys.items()}
    return Check(ROLE, action, (resource,), "eu-west-1", ACCOUNT_ID, lambda: named)


def covers(asked: Check, version: str = "2012-10-17", **elements: Any) -> bool:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **elements}
    kept = {name: value for name, value in statement.items() if value is not None}
    (parsed,) = statements(json.dumps({"Version": version, "Statement": kept}))
    return parsed.covers(asked)


ACTIONS = [
    ("sagemaker:CreateEndpoint", True),
    ("sagemaker:createendpoint", True),
    ("SageMaker:Create*", True),
    ("sagemaker:*Endpoint", True),
    ("sagemaker:CreateEndpoin?", True),
    (["s3:*", "sagemaker:Create*"], True),
    ("*", True),
    ("sagemaker:CreateEndpointConfig", False),
    ("sagemaker:CreatEndpoint", False),
    ("sns:*", False),
]


@pytest.mark.parametrize(("action", "expected"), ACTIONS)
def test_actions_match_regardless_of_case(action: Any, expected: bool) -> None:
    assert covers(check(), Action=action) is expected
    assert covers(check(), Action=None, NotAction=action) is not expected


RESOURCES = [
    (ENDPOINT, True),
    ("arn:aws:sagemaker:*:*:endpoint/*", True),
    ("arn:*:sagemaker:eu-west-?:123456789012:endpoint/chu*", True),
    (["arn:aws:sns:*:*:x", ENDPOINT], True),
    (ENDPOINT.replace("churn", "Churn"), False),
    ("arn:aws:sagemaker:*:endpoint/*:*:*", False),
    ("arn:aws:sagemaker:*:*:model/*", False),
    ("arn:aws:sagemaker:us-east-1:*:endpoint/*", False),
]


@pytest.mark.parametrize(("resource", "expected"), RESOURCES)
def test_each_part_of_an_arn_matches_separately(resource: Any, expected: bool) -> None:
    assert covers(check(), Resource=resource) is expected
    assert covers(check(), Resource=None, NotResource=resource) is not expected


def test_a_resource_that_is_not_an_arn_is_an_error() -> None:
    with pytest.raises(InvalidPatternError, match=r'Resource arn:aws:sagemaker:\* must be in ARN format or "\*"\.'):
        covers(check(), Resource="arn:aws:sagemaker:*")


def test_a_statement_with_an_element_that_is_not_modelled_is_an_error() -> None:
    with pytest.raises(NotModelledError, match="policy element Actions"):
        covers(check(), Actions="*")


VARIABLES = [
    ("${aws:PrincipalAccount}", ACCOUNT_ID, True),
    ("${aws:principalaccount}", ACCOUNT_ID, True),
    ("${aws:PrincipalArn}", f"arn:aws:iam::{ACCOUNT_ID}:role/Deploy", True),
    ("x-${aws:RequestedRegion}-*", "x-eu-west-1-anything", True),
    ("${aws:RequestTag/team}", "x", False),
    ("${aws:RequestTag/team, 'none'}", "none", True),
    ("a${*}b", "a*b", True),
    ("a${*}b", "axb", False),
    ("${$}{x}", "${x}", True),
]


@pytest.mark.parametrize(("pattern", "value", "expected"), VARIABLES)
def test_policy_variables_are_replaced(pattern: str, value: str, expected: bool) -> None:
    condition = {"StringLike": {"sns:Endpoint": pattern}}

    assert covers(check(sns__endpoint=[value]), Condition=condition) is expected


def test_a_variable_in_a_resource_has_the_callers_value() -> None:
    resource = "arn:aws:sagemaker:*:${aws:PrincipalAccount}:endpoint/*"

    assert covers(check(), Resource=resource)
    assert not covers(check(), Resource=resource.replace("PrincipalAccount", "SourceAccount"))


def test_the_value_of_a_variable_has_no_wildcards() -> None:
    resource = "arn:aws:s3:::bucket/${aws:RequestTag/folder}/k"
    keys = {"aws:requesttag/folder": ["*"]}
    anywhere = Check(ROLE, "s3:GetObject", ("arn:aws:s3:::bucket/any/k",), "eu-west-1", ACCOUNT_ID, lambda: keys)

    assert not covers(anywhere, Resource=resource)


def test_old_policies_have_no_variables() -> None:
    condition = {"StringEquals": {"sns:Endpoint": "${aws:PrincipalAccount}"}}

    assert covers(check(sns__endpoint=["${aws:PrincipalAccount}"]), version="2008-10-17", Condition=condition)


KEYS = [
    (ROLE, "aws:PrincipalArn", [f"arn:aws:iam::{ACCOUNT_ID}:role/Deploy"]),
    (ROLE, "aws:PrincipalType", ["AssumedRole"]),
    (ROLE, "aws:SecureTransport", ["true"]),
    (ROLE, "aws:SourceArn", []),
    (ROLE, "aws:SourceOwner", []),
    (ROLE, "aws:MultiFactorAuthPresent", []),
    (ROLE, "aws:RequestTag/x", []),
    (ROLE, "iam:PassedToService", []),
    (ROLE, "kms:EncryptionContext:anything", []),
    (principals.service("events.amazonaws.com", ENDPOINT), "aws:SourceArn", [ENDPOINT]),
    (principals.service("events.amazonaws.com", ENDPOINT), "aws:SourceAccount", [ACCOUNT_ID]),
    (principals.service("events.amazonaws.com", ENDPOINT), "aws:SourceOwner", []),
    (principals.service("events.amazonaws.com", ENDPOINT), "aws:PrincipalArn", []),
    (principals.service("cloudwatch.amazonaws.com", ENDPOINT), "aws:SourceOwner", [ACCOUNT_ID]),
    (principals.service("events.amazonaws.com", ENDPOINT), "aws:PrincipalServiceName", ["events.amazonaws.com"]),
]


@pytest.mark.parametrize(("principal", "key", "values"), KEYS)
def test_every_call_has_the_keys_of_its_principal(principal: Principal, key: str, values: list[str]) -> None:
    assert Check(principal, "sns:Publish", (ENDPOINT,), "eu-west-1", ACCOUNT_ID).values(key) == values


@pytest.mark.parametrize("key", ["aws:SourceIp", "sagemaker:NoSuchKey", "ec2:Region"])
def test_a_condition_key_that_is_not_modelled_is_an_error(key: str) -> None:
    with pytest.raises(NotModelledError, match=f"condition key {key} .in a policy for sagemaker:CreateEn"):
        check().values(key)
