"""Rights of AWS services that act for a resource of the account."""

import itertools
import json
from typing import Any

import pytest
from moto.backends import get_backend

from local_aws.core import principals
from local_aws.core.authorization import Check, decide
from local_aws.core.principals import Principal
from support.callers import allow, deny, document

ACCOUNT_ID, REGION = "123456789012", "eu-west-1"
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:dead-letters"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/approved"
CLOUDWATCH = principals.service("cloudwatch.amazonaws.com", ALARM)
EVENTS = principals.service("events.amazonaws.com", RULE)
_numbers = itertools.count(1)


def topic(policy: str | None = None) -> str:
    backend: Any = get_backend("sns")[ACCOUNT_ID][REGION]
    made = backend.create_topic(f"of-services-{next(_numbers)}", {}, {})
    if policy:
        made.policy = policy
    return str(made.arn)


def key(policy: str) -> str:
    backend: Any = get_backend("kms")[ACCOUNT_ID][REGION]
    return str(backend.create_key(policy, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", None).arn)


def may(principal: Principal, action: str, resource: str, **keys: list[str]) -> bool:
    supplied = {name.replace("_", ":"): values for name, values in keys.items()}
    return decide(Check(principal, action, (resource,), REGION, ACCOUNT_ID, lambda: supplied)).allowed


def statement_for(statement: dict[str, Any], service: str) -> str:
    return document({**statement, "Principal": {"Service": service}})


def test_alarms_publish_under_the_default_topic_policy_and_rules_do_not() -> None:
    topic_arn = topic()

    assert may(CLOUDWATCH, "sns:Publish", topic_arn)
    assert not may(EVENTS, "sns:Publish", topic_arn)


def test_a_topic_policy_that_names_an_alarm_lets_that_alarm_publish() -> None:
    named = allow("sns:Publish", "*", ArnEquals={"aws:SourceArn": ALARM})
    topic_arn = topic(statement_for(named, "cloudwatch.amazonaws.com"))

    assert may(CLOUDWATCH, "sns:Publish", topic_arn)
    assert not may(principals.service("cloudwatch.amazonaws.com", f"{ALARM}-2"), "sns:Publish", topic_arn)
    assert not may(EVENTS, "sns:Publish", topic_arn)


def test_a_deny_for_a_service_has_precedence() -> None:
    both = [
        {**each, "Principal": {"Service": ["events.amazonaws.com"]}}
        for each in (allow("sns:Publish"), deny("sns:Publish", StringEquals={"aws:SourceAccount": ACCOUNT_ID}))
    ]
    check = Check(EVENTS, "sns:Publish", (topic(document(*both)),), REGION, ACCOUNT_ID)

    assert decide(check).refusal == "with an explicit deny in a resource-based policy"


def test_a_service_uses_a_key_only_if_the_key_names_it() -> None:
    account = document({**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}})
    named = statement_for(allow("kms:*", StringEquals={"aws:SourceAccount": ACCOUNT_ID}), "cloudwatch.amazonaws.com")

    assert not may(CLOUDWATCH, "kms:Decrypt", key(account))
    assert may(CLOUDWATCH, "kms:Decrypt", key(named))


def test_no_service_uses_the_aws_managed_key_for_topics() -> None:
    managed = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:alias/aws/sns"
    through = {"kms_viaservice": [f"sns.{REGION}.amazonaws.com"]}

    assert not may(CLOUDWATCH, "kms:Decrypt", managed, **through, kms_calleraccount=[])


def test_a_service_has_no_rights_without_a_resource_policy() -> None:
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:not-there"
    decision = decide(Check(EVENTS, "sqs:SendMessage", (queue,), REGION, ACCOUNT_ID))

    assert decision.refusal == "because no resource-based policy allows the sqs:SendMessage action"


TRUSTS = [
    ({"Service": "events.amazonaws.com"}, {}, True),
    ({"Service": ["lambda.amazonaws.com", "events.amazonaws.com"]}, {}, True),
    ({"Service": "events.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}, True),
    ({"Service": "events.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
    ({"Service": "lambda.amazonaws.com"}, {}, False),
    ({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, {}, False),
]


@pytest.mark.parametrize(("principal", "condition", "expected"), TRUSTS)
def test_a_service_assumes_roles_that_trust_it(
    principal: dict[str, Any], condition: dict[str, Any], expected: bool
) -> None:
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
    backend: Any = get_backend("iam")[ACCOUNT_ID]["aws"]
    name = f"of-services-{next(_numbers)}"
    role = backend.create_role(name, json.dumps({"Statement": trust}), "/", None, "", [], "3600")

    assert may(EVENTS, "sts:AssumeRole", role.arn) is expected
