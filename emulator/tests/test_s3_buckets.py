"""Settings of buckets that S3 refuses, and a private bucket that outlives its stack."""

import itertools
import json
from typing import Any

import pytest

from local_aws import LocalAws
from support.callers import error_of
from support.hosting import make_bucket, refused
from support.stacks import StackOf

PRIVATE = """
B:
  Type: AWS::S3::Bucket
  DeletionPolicy: RetainExceptOnCreate
  UpdateReplacePolicy: Retain
  Properties:
    BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
    PublicAccessBlockConfiguration:
      {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
    OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
    VersioningConfiguration: {Status: Enabled}
    LifecycleConfiguration:
      Rules:
        - {Status: Enabled, NoncurrentVersionExpiration: {NoncurrentDays: 90}, ExpiredObjectDeleteMarker: true}
        - {Status: Enabled, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}}
"""
_numbers = itertools.count(1)
EVERYBODY: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::%s/*",
}


def numbered_bucket(aws: LocalAws, prefix: str) -> str:
    return make_bucket(aws, f"{prefix}-{next(_numbers)}")


def policy_of(bucket: str, **changes: Any) -> str:
    statement = {**EVERYBODY, "Resource": EVERYBODY["Resource"] % bucket, **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_stack_sets_every_protection_of_its_bucket(local_aws: LocalAws) -> None:
    stack, s3 = StackOf(local_aws, "private-bucket"), local_aws.client("s3")
    assert stack.create(PRIVATE) == "CREATE_COMPLETE", stack.failures
    bucket = stack["B"]

    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rules[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert rules[0]["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    assert rules[1]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}


def test_a_retained_bucket_with_objects_does_not_keep_its_stack_from_being_deleted(local_aws: LocalAws) -> None:
    stack, s3 = StackOf(local_aws, "outlived-bucket"), local_aws.client("s3")
    stack.create(PRIVATE)
    bucket = stack["B"]
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=b"model")

    assert stack.delete() == "DELETE_COMPLETE"

    assert s3.get_object(Bucket=bucket, Key="model.tar.gz")["Body"].read() == b"model"


def test_a_bucket_of_a_failed_creation_is_deleted_although_it_would_be_retained(local_aws: LocalAws) -> None:
    stack, s3 = StackOf(local_aws, "failed-bucket"), local_aws.client("s3")
    failing = "Q: {Type: AWS::SQS::QueuePolicy, DependsOn: B, Properties: {Queues: [nowhere], PolicyDocument: {}}}"

    assert stack.create(f"{PRIVATE}{failing}") == "ROLLBACK_COMPLETE"

    assert [each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("failed-bucket")] == []


@pytest.mark.parametrize(
    ("rules", "code", "message"),
    [
        ([{}], "InvalidRequest", "At least one action needs to be specified in a rule"),
        (
            [{"NoncurrentVersionExpiration": {"NoncurrentDays": 0}}],
            "InvalidArgument",
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        ),
        (
            [{"Expiration": {"Days": -1}}],
            "InvalidArgument",
            "'Days' for Expiration action must be a positive integer",
        ),
        (
            [{"ID": "same", "Expiration": {"Days": 1}}, {"ID": "same", "Expiration": {"Days": 2}}],
            "InvalidArgument",
            "Rule ID must be unique. Found same ID for more than one rule",
        ),
    ],
)
def test_lifecycle_rules_that_s3_refuses_are_refused(
    local_aws: LocalAws, rules: list[dict[str, Any]], code: str, message: str
) -> None:
    bucket = numbered_bucket(local_aws, "lifecycle-rules")
    complete = [{"Status": "Enabled", "Filter": {"Prefix": ""}, **rule} for rule in rules]

    with refused(code, message):
        local_aws.client("s3").put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": complete}
        )


def test_a_public_policy_is_refused_for_a_bucket_that_blocks_public_policies(local_aws: LocalAws) -> None:
    s3, bucket = local_aws.client("s3"), numbered_bucket(local_aws, "blocks-public-policies")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})

    code, message, status = error_of(s3.put_bucket_policy, Bucket=bucket, Policy=policy_of(bucket))

    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith(
        f'is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::{bucket}" because public policies '
        "are blocked by the BlockPublicPolicy block public access setting."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
    ],
    ids=["denies", "limited to an account", "names a principal"],
)
def test_a_policy_that_is_not_public_is_accepted(local_aws: LocalAws, changes: dict[str, Any]) -> None:
    s3, bucket = local_aws.client("s3"), numbered_bucket(local_aws, "blocks-only-public-policies")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})

    s3.put_bucket_policy(Bucket=bucket, Policy=policy_of(bucket, **changes))

    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]


def test_a_bucket_whose_owner_owns_every_object_takes_no_acl(local_aws: LocalAws) -> None:
    s3, bucket = local_aws.client("s3"), numbered_bucket(local_aws, "takes-no-acl")
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_object(Bucket=bucket, Key="key", ACL="bucket-owner-full-control")

    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
        s3.put_object(Bucket=bucket, Key="key", ACL="private")
    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
        s3.put_bucket_acl(Bucket=bucket, ACL="private")
    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
        s3.put_object_acl(Bucket=bucket, Key="key", ACL="private")


def test_a_new_bucket_blocks_public_access_and_takes_no_acl(local_aws: LocalAws) -> None:
    s3, bucket = local_aws.client("s3"), numbered_bucket(local_aws, "new-bucket")

    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert error_of(s3.put_bucket_policy, Bucket=bucket, Policy=policy_of(bucket))[0] == "AccessDenied"
    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
        s3.put_object(Bucket=bucket, Key="key", ACL="public-read")


def test_acls_must_be_allowed_when_a_bucket_is_created_with_one(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    request = {"ACL": "private", "CreateBucketConfiguration": {"LocationConstraint": local_aws.region}}
    message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"

    with refused("InvalidBucketAclWithObjectOwnership", message):
        s3.create_bucket(Bucket="created-with-an-acl", **request)
    s3.create_bucket(Bucket="created-with-acls", ObjectOwnership="BucketOwnerPreferred", **request)


def test_a_versioned_bucket_is_empty_only_without_former_versions(local_aws: LocalAws) -> None:
    s3, bucket = local_aws.client("s3"), numbered_bucket(local_aws, "formerly-used")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="key")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="key")["VersionId"]

    assert error_of(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"
    for each in (version, marker):
        s3.delete_object(Bucket=bucket, Key="key", VersionId=each)
    s3.delete_bucket(Bucket=bucket)
