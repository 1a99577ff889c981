"""Resource policies apply to administrators, too: only their own policy allows everything."""

from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws, until
from support.callers import allow, deny, document, error_of, make_role

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
EVERYBODY = {"AWS": "*"}
EVENTS = {"Service": "events.amazonaws.com"}
ADMINISTRATION = ["kms:PutKeyPolicy", "kms:DescribeKey", "kms:ScheduleKeyDeletion"]


def a_key(aws: LocalAws, *delegated: str) -> str:
    """Create a key that delegates only its administration and these actions to the account; return its ARN."""
    policy = document({**allow([*ADMINISTRATION, *delegated]), "Principal": ROOT})
    return str(aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


def closed_to(key: str, action: str) -> tuple[str, str, int]:
    """The error of a call by an administrator that the key policy does not delegate to the account."""
    return (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT_ID}:user/administrator is not authorized to perform: {action} on resource: "
        f"{key} because no resource-based policy allows the {action} action",
        400,
    )


def test_an_administrator_cannot_use_a_key_that_does_not_delegate_to_the_account(local_aws: LocalAws) -> None:
    kms, key = local_aws.client("kms"), a_key(local_aws)

    kms.describe_key(KeyId=key)
    assert error_of(kms.encrypt, KeyId=key, Plaintext=b"p") == closed_to(key, "kms:Encrypt")


def test_a_key_policy_must_allow_its_aliases(local_aws: LocalAws) -> None:
    """KMS developer guide, "Controlling access to aliases"."""
    kms, closed, open_ = local_aws.client("kms"), a_key(local_aws), a_key(local_aws, "kms:CreateAlias")
    name = "alias/of-a-closed-key"

    refused = error_of(kms.create_alias, AliasName=name, TargetKeyId=closed)
    assert refused == closed_to(closed, "kms:CreateAlias")
    kms.create_alias(AliasName=name, TargetKeyId=open_)
    assert error_of(kms.delete_alias, AliasName=name) == closed_to(open_, "kms:DeleteAlias")


def test_an_alias_can_change_its_key_if_both_keys_allow_it(local_aws: LocalAws) -> None:
    kms, update = local_aws.client("kms"), "kms:UpdateAlias"
    before, after = a_key(local_aws, "kms:CreateAlias"), a_key(local_aws, update)
    kms.create_alias(AliasName="alias/that-moves", TargetKeyId=before)

    refused = error_of(kms.update_alias, AliasName="alias/that-moves", TargetKeyId=after)

    assert refused == closed_to(before, update)


def test_the_permission_on_the_alias_is_decided_by_iam(local_aws: LocalAws) -> None:
    key = a_key(local_aws, "kms:CreateAlias")
    caller = make_role(local_aws, allow("kms:CreateAlias", key))

    _, message, _ = error_of(caller.client("kms").create_alias, AliasName="alias/of-a-role", TargetKeyId=key)

    assert f"kms:CreateAlias on resource: arn:aws:kms:{REGION}:{ACCOUNT_ID}:alias/of-a-role" in message
    assert message.endswith("because no identity-based policy allows the kms:CreateAlias action")


def test_a_tagged_key_needs_the_permission_to_tag(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("kms:CreateKey"))

    _, message, _ = error_of(caller.client("kms").create_key, Tags=[{"TagKey": "k", "TagValue": "v"}])

    assert "kms:TagResource" in message


LOCKOUTS = [
    [{**allow("kms:Describe*"), "Principal": ROOT}],
    [
        {**allow("kms:*"), "Principal": ROOT},
        {**deny("kms:PutKeyPolicy"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/administrator"}},
    ],
]


@pytest.mark.parametrize("statements", LOCKOUTS)
def test_a_key_policy_cannot_lock_its_author_out(local_aws: LocalAws, statements: list[Any]) -> None:
    """KMS API reference, CreateKey and PutKeyPolicy."""
    kms, policy = local_aws.client("kms"), document(*statements)
    message = "The new key policy will not allow you to update the key policy in the future."
    refusal = ("MalformedPolicyDocumentException", message, 400)
    key = a_key(local_aws)

    assert error_of(kms.create_key, Policy=policy) == refusal
    assert error_of(kms.put_key_policy, KeyId=key, PolicyName="default", Policy=policy) == refusal
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy, BypassPolicyLockoutSafetyCheck=True)


def test_the_roles_in_a_key_policy_must_exist(local_aws: LocalAws) -> None:
    """KMS API reference, CreateKey, Policy."""
    unknown = {**allow("kms:*"), "Principal": {"AWS": [ROOT["AWS"], f"arn:aws:iam::{ACCOUNT_ID}:role/nobody"]}}

    code, message, _ = error_of(local_aws.client("kms").create_key, Policy=document(unknown))

    assert code == "MalformedPolicyDocumentException"
    assert message == "Policy contains a statement with one or more invalid principals."


def test_an_administrator_publishes_to_an_encrypted_topic_if_the_key_allows_it(local_aws: LocalAws) -> None:
    key, sns = a_key(local_aws), local_aws.client("sns")
    topic_arn = sns.create_topic(Name="closed-key", Attributes={"KmsMasterKeyId": key})["TopicArn"]

    code, message, _ = error_of(sns.publish, TopicArn=topic_arn, Message="m")

    assert (code, message) == ("KMSAccessDenied", closed_to(key, "kms:GenerateDataKey")[1])


@pytest.mark.parametrize("principal", [EVERYBODY, ROOT])
def test_a_deny_for_everybody_applies_to_administrators(local_aws: LocalAws, principal: dict[str, str]) -> None:
    sns = local_aws.client("sns")
    topic_arn = sns.create_topic(Name=f"denied-to-{len(principal['AWS'])}")["TopicArn"]
    policy = document({**deny("sns:Publish", topic_arn), "Principal": principal})
    sns.set_topic_attributes(TopicArn=topic_arn, AttributeName="Policy", AttributeValue=policy)

    code, message, _ = error_of(sns.publish, TopicArn=topic_arn, Message="m")

    assert code == "AuthorizationError"
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_a_queue_a_bucket_and_a_function_leave_other_callers_to_the_account(local_aws: LocalAws) -> None:
    sqs, s3 = local_aws.client("sqs"), local_aws.client("s3")
    queue = sqs.create_queue(QueueName="speaks-of-others")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:speaks-of-others"
    other = make_role(local_aws)
    policy = document({**allow("sqs:SendMessage", arn), "Principal": {"AWS": other.role_arn}})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    s3.create_bucket(Bucket="denies-reading", CreateBucketConfiguration={"LocationConstraint": REGION})
    reading = {**deny("s3:GetObject", "arn:aws:s3:::denies-reading/*"), "Principal": EVERYBODY}
    s3.put_bucket_policy(Bucket="denies-reading", Policy=document(reading))

    sqs.send_message(QueueUrl=queue, MessageBody="m")
    s3.put_object(Bucket="denies-reading", Key="k", Body=b"")
    assert error_of(s3.get_object, Bucket="denies-reading", Key="k")[0] == "AccessDenied"


def test_an_administrator_assumes_only_roles_that_trust_the_account(local_aws: LocalAws) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam, sts = local_aws.client("iam"), local_aws.client("sts")
    role_arn = iam.create_role(RoleName="lambda-only", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]

    assert error_of(sts.assume_role, RoleArn=role_arn, RoleSessionName="administrator")[0] == "AccessDenied"


def test_a_log_group_gets_events_of_a_rule_if_a_resource_policy_allows_it(local_aws: LocalAws) -> None:
    """EventBridge user guide, "CloudWatch Logs permissions"."""
    logs, events = local_aws.client("logs"), local_aws.client("events")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/aws/events/kept"
    logs.create_log_group(logGroupName="/aws/events/kept")
    events.put_rule(Name="kept", EventPattern='{"source": ["kept"]}')
    events.put_targets(Rule="kept", Targets=[{"Id": "log", "Arn": group}])
    entry = {"Source": "kept", "DetailType": "d", "Detail": "{}"}

    def verdicts() -> list[str]:
        calls = [call for call in local_aws.get("calls") if call["operation"] == "CreateLogStream"]
        return [call["verdict"] for call in calls if group in call["resource"]]

    events.put_events(Entries=[entry])
    until(lambda: verdicts() == ["deny"])
    let = {**allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{group}:*"), "Principal": EVENTS}
    logs.put_resource_policy(policyName="events", policyDocument=document(let))
    events.put_events(Entries=[entry])

    until(lambda: verdicts() == ["deny", "allow"])


def test_a_log_group_is_encrypted_with_a_key_that_lets_cloudwatch_logs_use_it(local_aws: LocalAws) -> None:
    """CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"."""
    logs, kms = local_aws.client("logs"), local_aws.client("kms")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/encrypted"
    use = allow(
        ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        ArnEquals={"kms:EncryptionContext:aws:logs:arn": group},
    )
    administer = {**allow("kms:*"), "Principal": ROOT}
    by_logs = {**use, "Principal": {"Service": f"logs.{REGION}.amazonaws.com"}}
    closed, open_ = (
        kms.create_key(Policy=document(*statements))["KeyMetadata"]["Arn"]
        for statements in ((administer,), (administer, by_logs))
    )

    refused = error_of(logs.create_log_group, logGroupName="/encrypted", kmsKeyId=closed)
    assert refused == (
        "AccessDeniedException",
        f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'",
        400,
    )
    logs.create_log_group(logGroupName="/encrypted", kmsKeyId=open_)
    assert error_of(logs.associate_kms_key, logGroupName="/encrypted", kmsKeyId=closed) == refused
    logs.disassociate_kms_key(logGroupName="/encrypted")
    (described,) = logs.describe_log_groups(logGroupNamePrefix="/encrypted")["logGroups"]
    assert "kmsKeyId" not in described


def test_reading_an_encrypted_object_needs_its_key(local_aws: LocalAws) -> None:
    """S3 user guide, "Using server-side encryption with AWS KMS keys"."""
    s3, key = local_aws.client("s3"), a_key(local_aws, "kms:GenerateDataKey")
    s3.create_bucket(Bucket="encrypted", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="encrypted", Key="k", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)

    _, message, _ = error_of(s3.get_object, Bucket="encrypted", Key="k")

    assert message == closed_to(key, "kms:Decrypt")[1]


def test_the_creator_of_an_encrypted_table_needs_the_right_to_grant_its_key(local_aws: LocalAws) -> None:
    """DynamoDB developer guide, "DynamoDB encryption at rest: usage notes"."""
    key = a_key(local_aws, "kms:CreateGrant")
    caller = make_role(local_aws, allow("dynamodb:*"), allow("kms:DescribeKey", key))
    table = {
        "TableName": "encrypted",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    }

    _, message, _ = error_of(caller.client("dynamodb").create_table, **table)

    assert f"kms:CreateGrant on resource: {key}" in message
