"""Reads of objects and buckets: what S3 answers to callers with different rights."""

from typing import Any

import pytest

from local_aws import LocalAws
from support.callers import Caller, Statement, allow, deny, error_of, make_role
from support.hosting import make_bucket

BUCKET = "read-objects"
ARN = f"arn:aws:s3:::{BUCKET}"
READS = ["get_object", "head_object"]


@pytest.fixture(scope="module", autouse=True)
def bucket(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    make_bucket(local_aws, BUCKET)
    for key in ("models/churn/model.tar.gz", "captures/1.jsonl"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"0123456789")


def reader(aws: LocalAws, *statements: Statement) -> Any:
    return make_role(aws, *statements).client("s3")


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize(
    ("lists", "status"), [([], 403), ([allow("s3:ListBucket", ARN)], 404)], ids=["may not list", "may list"]
)
def test_only_a_caller_who_may_list_the_bucket_learns_that_an_object_is_missing(
    local_aws: LocalAws, operation: str, lists: list[Statement], status: int
) -> None:
    s3 = reader(local_aws, allow("s3:GetObject", f"{ARN}/*"), *lists)

    assert error_of(getattr(s3, operation), Bucket=BUCKET, Key="models/none.tar.gz")[2] == status


def test_the_refusal_names_the_right_that_is_missing(local_aws: LocalAws) -> None:
    caller: Caller = make_role(local_aws, allow("s3:GetObject", f"{ARN}/*"))

    code, message, _ = error_of(caller.client("s3").get_object, Bucket=BUCKET, Key="none")

    assert (code, message) == (
        "AccessDenied",
        f'User: {caller.arn} is not authorized to perform: s3:ListBucket on resource: "{ARN}" because no '
        "identity-based policy allows the s3:ListBucket action",
    )


@pytest.mark.parametrize("operation", READS)
def test_a_deleted_object_is_missing(local_aws: LocalAws, operation: str) -> None:
    admin = local_aws.client("s3")
    bucket = f"deleted-{operation.replace('_', '-')}"
    make_bucket(local_aws, bucket)
    admin.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    admin.put_object(Bucket=bucket, Key="key")
    admin.delete_object(Bucket=bucket, Key="key")

    s3 = reader(local_aws, allow("s3:GetObject"), allow("s3:ListBucket"))

    assert error_of(getattr(s3, operation), Bucket=bucket, Key="key")[2] == 404


@pytest.mark.parametrize("operation", READS)
def test_reads_need_get_object_on_the_object(local_aws: LocalAws, operation: str) -> None:
    s3 = reader(local_aws, allow("s3:GetObject", f"{ARN}/*.tar.gz"), allow("s3:ListBucket", ARN))

    getattr(s3, operation)(Bucket=BUCKET, Key="models/churn/model.tar.gz")

    assert error_of(getattr(s3, operation), Bucket=BUCKET, Key="captures/1.jsonl")[2] == 403


def test_a_range_of_an_object_is_read_with_the_same_right(local_aws: LocalAws) -> None:
    s3 = reader(local_aws, allow("s3:GetObject", f"{ARN}/*"))

    answer = s3.get_object(Bucket=BUCKET, Key="models/churn/model.tar.gz", Range="bytes=0-1")

    assert answer["Body"].read() == b"01"
    assert (answer["ContentLength"], answer["ContentRange"]) == (2, "bytes 0-1/10")
    code, _, status = error_of(s3.get_object, Bucket=BUCKET, Key="models/churn/model.tar.gz", Range="bytes=99-")
    assert (code, status) == ("InvalidRange", 416)


@pytest.mark.parametrize(("prefix", "allowed"), [("models/churn/", True), ("captures/", False), (None, False)])
def test_lists_are_limited_by_their_prefix(local_aws: LocalAws, prefix: str | None, *, allowed: bool) -> None:
    s3 = reader(local_aws, allow("s3:ListBucket", ARN, StringLike={"s3:prefix": "models/*"}))
    request = {"Bucket": BUCKET} | ({} if prefix is None else {"Prefix": prefix})

    if allowed:
        assert [each["Key"] for each in s3.list_objects_v2(**request)["Contents"]] == ["models/churn/model.tar.gz"]
    else:
        assert error_of(s3.list_objects_v2, **request)[2] == 403


def test_a_denied_prefix_of_a_list_has_precedence(local_aws: LocalAws) -> None:
    s3 = reader(local_aws, allow("s3:ListBucket", ARN), deny("s3:*", ARN, StringLike={"s3:prefix": "captures/*"}))

    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="models/")["KeyCount"] == 1
    assert error_of(s3.list_objects_v2, Bucket=BUCKET, Prefix="captures/")[2] == 403


def test_the_region_of_a_bucket_is_a_header_of_lists_and_heads_and_has_an_operation_of_its_own(
    local_aws: LocalAws,
) -> None:
    far = make_bucket(local_aws, "read-elsewhere", "eu-central-1")
    lists, locates = reader(local_aws, allow("s3:ListBucket")), reader(local_aws, allow("s3:GetBucketLocation"))

    def region(answer: dict[str, Any]) -> str:
        return str(answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"])

    assert lists.head_bucket(Bucket=far)["BucketRegion"] == "eu-central-1"
    assert region(lists.head_bucket(Bucket=BUCKET)) == "eu-west-1"
    assert region(lists.list_objects_v2(Bucket=far)) == "eu-central-1"
    assert locates.get_bucket_location(Bucket=far)["LocationConstraint"] == "eu-central-1"
    assert error_of(lists.get_bucket_location, Bucket=far)[2] == 403
    assert error_of(locates.head_bucket, Bucket=far)[2] == 403
