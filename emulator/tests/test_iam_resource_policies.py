"""Policies of topics, queues, keys, functions, buckets and roles, on which the rights of services depend."""

import json
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.callers import Caller, allow, deny, document, error_of, keys_of, make_role

RULE = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/approved"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}


def from_rule(arn: str = RULE) -> dict[str, Any]:
    return {"ArnEquals": {"aws:SourceArn": arn}}


def for_principal(statement: dict[str, Any], **principal: Any) -> dict[str, Any]:
    return {**statement, "Principal": principal}


@pytest.fixture(scope="module")
def topic_arn(local_aws: LocalAws) -> str:
    return str(local_aws.client("sns").create_topic(Name="iam-with-policy")["TopicArn"])


def set_topic_policy(aws: LocalAws, topic_arn: str, *statements: dict[str, Any]) -> None:
    aws.client("sns").set_topic_attributes(
        TopicArn=topic_arn, AttributeName="Policy", AttributeValue=document(*statements)
    )


def test_a_topic_policy_can_allow_a_role_without_policies(local_aws: LocalAws, topic_arn: str) -> None:
    caller, other = make_role(local_aws), make_role(local_aws)
    set_topic_policy(local_aws, topic_arn, for_principal(allow("sns:Publish", topic_arn), AWS=caller.role_arn))

    caller.client("sns").publish(TopicArn=topic_arn, Message="m")
    assert error_of(other.client("sns").publish, TopicArn=topic_arn, Message="m")[0] == "AuthorizationError"


def test_a_topic_policy_can_name_one_session(local_aws: LocalAws, topic_arn: str) -> None:
    caller = make_role(local_aws)
    set_topic_policy(local_aws, topic_arn, for_principal(allow("sns:Publish", topic_arn), AWS=[caller.arn]))

    caller.client("sns").publish(TopicArn=topic_arn, Message="m")


def test_a_deny_in_a_topic_policy_has_precedence(local_aws: LocalAws, topic_arn: str) -> None:
    caller = make_role(local_aws, allow("sns:*"))
    set_topic_policy(local_aws, topic_arn, for_principal(deny("sns:Publish", topic_arn), AWS="*"))

    _, message, _ = error_of(caller.client("sns").publish, TopicArn=topic_arn, Message="m")
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_the_default_topic_policy_leaves_roles_to_their_own_policies(local_aws: LocalAws) -> None:
    fresh = local_aws.client("sns").create_topic(Name="iam-default-policy")["TopicArn"]

    assert error_of(make_role(local_aws).client("sns").publish, TopicArn=fresh, Message="m")[0] == "AuthorizationError"
    make_role(local_aws, allow("sns:Publish", fresh)).client("sns").publish(TopicArn=fresh, Message="m")


def test_a_rule_cannot_publish_without_a_topic_policy(local_aws: LocalAws) -> None:
    """The default policy lets CloudWatch's alarms publish, and no other service."""
    queue, topic_arn, put = a_rule_with_a_dead_letter_queue(local_aws, "silent")
    put(topic_arn)

    (letter,) = receive(local_aws, queue)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_a_rule_can_publish_if_the_topic_names_service_and_rule(local_aws: LocalAws) -> None:
    queue, topic_arn, put = a_rule_with_a_dead_letter_queue(local_aws, "named")
    rule_arn = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/named"
    statement = allow("sns:Publish", topic_arn, **from_rule(rule_arn))
    set_topic_policy(local_aws, topic_arn, for_principal(statement, Service="events.amazonaws.com"))
    local_aws.delete("calls")
    put(topic_arn)

    receive(local_aws, queue, expected=0)
    (published,) = [call for call in local_aws.get("calls") if call["operation"] == "Publish"]
    assert (published["principal"], published["verdict"]) == ("events.amazonaws.com", "allow")


def test_a_rule_that_the_topic_does_not_name_cannot_publish(local_aws: LocalAws) -> None:
    queue, topic_arn, put = a_rule_with_a_dead_letter_queue(local_aws, "another")
    statement = allow("sns:Publish", topic_arn, **from_rule(RULE))
    set_topic_policy(local_aws, topic_arn, for_principal(statement, Service="events.amazonaws.com"))
    put(topic_arn)

    (letter,) = receive(local_aws, queue)
    assert (
        "because no resource-based policy allows the SNS:Publish action"
        in (letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"])
    )


def a_rule_with_a_dead_letter_queue(aws: LocalAws, name: str) -> tuple[str, str, Any]:
    """A queue, a topic, and a function that targets the topic by a rule and sends a matching event."""
    sqs, events = aws.client("sqs"), aws.client("events")
    queue = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}-dead"
    let = for_principal(allow("sqs:SendMessage", queue_arn), Service="events.amazonaws.com")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document(let)})
    topic_arn = aws.client("sns").create_topic(Name=f"{name}-topic")["TopicArn"]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))

    def put(target_arn: str) -> None:
        target = {"Id": "t", "Arn": target_arn, "DeadLetterConfig": {"Arn": queue_arn}}
        events.put_targets(Rule=name, Targets=[target])
        events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])

    return queue, topic_arn, put


def receive(aws: LocalAws, queue: str, expected: int = 1) -> list[dict[str, Any]]:
    """Messages that arrive in the queue within a minute of virtual time."""
    messages = aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20, MessageAttributeNames=["All"])
    found: list[dict[str, Any]] = messages.get("Messages", [])
    assert len(found) == expected
    return found


def a_key(aws: LocalAws, *statements: dict[str, Any]) -> str:
    return str(aws.client("kms").create_key(Policy=document(*statements))["KeyMetadata"]["Arn"])


def test_roles_can_use_a_key_that_delegates_to_the_account(local_aws: LocalAws) -> None:
    key = a_key(local_aws, for_principal(allow("kms:*"), **ROOT))
    caller, other = make_role(local_aws, allow("kms:Encrypt", key)), make_role(local_aws)

    caller.client("kms").encrypt(KeyId=key, Plaintext=b"p")
    _, message, _ = error_of(other.client("kms").encrypt, KeyId=key, Plaintext=b"p")
    assert message.endswith(
        f"kms:Encrypt on resource: {key} because no identity-based policy allows the kms:Encrypt action"
    )


def test_roles_that_a_key_policy_leaves_out_cannot_use_the_key(local_aws: LocalAws) -> None:
    named = make_role(local_aws)
    key = a_key(
        local_aws,
        for_principal(allow(["kms:Describe*", "kms:PutKeyPolicy"]), **ROOT),
        for_principal(allow("kms:Encrypt"), AWS=named.role_arn),
    )
    broad = make_role(local_aws, allow("kms:*"))

    named.client("kms").encrypt(KeyId=key, Plaintext=b"p")
    broad.client("kms").describe_key(KeyId=key)
    _, message, _ = error_of(broad.client("kms").encrypt, KeyId=key, Plaintext=b"p")
    assert message.endswith("because no resource-based policy allows the kms:Encrypt action")


def test_a_key_can_be_called_by_its_alias_and_a_ciphertext_names_its_key(local_aws: LocalAws) -> None:
    kms = local_aws.client("kms")
    key = a_key(local_aws, for_principal(allow("kms:*"), **ROOT))
    kms.create_alias(AliasName="alias/of-a-test", TargetKeyId=key)
    caller = make_role(local_aws, allow(["kms:Encrypt", "kms:Decrypt"], key))
    encrypted = caller.client("kms").encrypt(KeyId="alias/of-a-test", Plaintext=b"p")["CiphertextBlob"]

    assert caller.client("kms").decrypt(CiphertextBlob=encrypted)["Plaintext"] == b"p"
    assert caller.checks() == [("kms:Encrypt", key, "allow"), ("kms:Decrypt", key, "allow")]


def test_a_condition_on_the_encryption_context_is_evaluated(local_aws: LocalAws) -> None:
    key = a_key(local_aws, for_principal(allow("kms:*"), **ROOT))
    caller = make_role(local_aws, allow("kms:Encrypt", key, StringEquals={"kms:EncryptionContext:stage": "dev"}))
    encrypt = caller.client("kms").encrypt

    encrypt(KeyId=key, Plaintext=b"p", EncryptionContext={"stage": "dev"})
    refused = error_of(encrypt, KeyId=key, Plaintext=b"p", EncryptionContext={"stage": "prod"})
    assert refused[0] == "AccessDeniedException"


def test_a_bucket_policy_is_evaluated_with_its_conditions(local_aws: LocalAws) -> None:
    s3, caller = local_aws.client("s3"), make_role(local_aws, allow("s3:*"))
    s3.create_bucket(Bucket="tls-only", CreateBucketConfiguration={"LocationConstraint": REGION})
    objects = "arn:aws:s3:::tls-only/*"
    plain_http = deny("s3:*", objects, Bool={"aws:SecureTransport": "false"})
    secret = deny("s3:*", "arn:aws:s3:::tls-only/secret/*")
    policy = document(for_principal(plain_http, AWS="*"), for_principal(secret, AWS="*"))
    s3.put_bucket_policy(Bucket="tls-only", Policy=policy)

    caller.client("s3").put_object(Bucket="tls-only", Key="k", Body=b"")
    _, message, _ = error_of(caller.client("s3").put_object, Bucket="tls-only", Key="secret/k", Body=b"")
    assert message.endswith("with an explicit deny in a resource-based policy")
    s3.put_object(Bucket="tls-only", Key="as-administrator", Body=b"")


def test_a_role_assumes_another_if_both_allow_it(local_aws: LocalAws) -> None:
    target, trusted = make_role(local_aws), make_role(local_aws)
    iam = local_aws.client("iam")

    def trust(principal: str) -> None:
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        iam.update_assume_role_policy(RoleName=target.role_name, PolicyDocument=document(statement))

    def assume(caller: Caller) -> Any:
        return caller.client("sts").assume_role(RoleArn=target.role_arn, RoleSessionName="again")

    may, may_not = make_role(local_aws, allow("sts:AssumeRole", target.role_arn)), make_role(local_aws)
    trust(trusted.role_arn)
    assert error_of(assume, caller=may)[0] == "AccessDenied"
    trust(ROOT["AWS"])
    assert error_of(assume, caller=may_not)[0] == "AccessDenied"
    again = Caller(local_aws, target.role_name, keys_of(assume(may)["Credentials"]))
    identity = again.client("sts").get_caller_identity()
    assert identity["Arn"].endswith(f":assumed-role/{target.role_name}/again")
    trust(may_not.role_arn)  # by name: no policy of its own is needed
    assume(may_not)


def test_not_principal_is_refused(local_aws: LocalAws, topic_arn: str) -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": "x"}, "Action": "sns:Publish", "Resource": topic_arn}
    set_topic_policy(local_aws, topic_arn, statement)
    caller = make_role(local_aws, allow("sns:Publish"))

    code, message, _ = error_of(caller.client("sns").publish, TopicArn=topic_arn, Message="m")
    assert (code, message.endswith("policy element NotPrincipal")) == ("NotImplemented", True)
