"""S3: the gateway evaluates bucket policies, settings that S3 refuses are refused, a call emits one event.

moto denies by bucket policy without evaluating conditions, so that a policy that denies plain HTTP would deny
everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend
from moto.s3.responses import S3Response

from local_aws.core import gateway
from local_aws.s3 import bucket_rules, notifications

_READERS = ("get_object", "head_object", "list_object_versions", "list_objects", "list_objects_v2")

_pending: list[Callable[[], None]] = []


def install() -> None:
    """Replace moto's permission checks and events, and add S3's refusals."""
    _leave_policies_to_the_gateway()
    _protect_new_buckets()
    _refuse_settings()
    _name_the_region_of_lists()
    notifications.install()
    for name in _READERS:
        setattr(S3Backend, name, _complete(getattr(S3Backend, name)))


def before_reading(write: Callable[[], None]) -> None:
    """Call `write` before objects are read or listed: it writes those that are still pending."""
    _pending.append(write)


def _complete(original: Callable[..., Any]) -> Callable[..., Any]:
    def read(*arguments: Any, **named: Any) -> Any:
        for write in _pending:
            write()
        return original(*arguments, **named)

    return read


def _leave_policies_to_the_gateway() -> None:
    moto_get_permission = FakeBucket.get_permission

    def get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
        permission = moto_get_permission(bucket, action, resource)
        return PermissionResult.NEUTRAL if permission == PermissionResult.DENIED else permission

    FakeBucket.get_permission = get_permission


def _protect_new_buckets() -> None:
    """Since April 2023 a new bucket has no ACLs and blocks public access (S3 user guide, "Default settings")."""
    create = S3Backend.create_bucket

    def create_bucket(backend: S3Backend, *arguments: Any, **named: Any) -> FakeBucket:
        bucket = create(backend, *arguments, **named)
        bucket.ownership_rule = gateway.current().parameters.get("ObjectOwnership", bucket_rules.OWNER_ENFORCED)
        bucket.public_access_block = PublicAccessBlock(True, True, True, True)
        return bucket

    S3Backend.create_bucket = create_bucket


def _refuse_settings() -> None:
    moto_set_lifecycle, moto_set_acl = FakeBucket.set_lifecycle, FakeBucket.set_acl
    moto_put_policy, moto_put_acl, moto_put = (
        S3Backend.put_bucket_policy,
        S3Response.put_object_acl,
        S3Response.put_object,
    )

    def set_lifecycle(bucket: FakeBucket, rules: list[dict[str, Any]]) -> None:
        bucket_rules.require_lifecycle(rules)
        moto_set_lifecycle(bucket, rules)

    def set_acl(bucket: FakeBucket, acl: Any) -> None:
        bucket_rules.require_acls(bucket)
        moto_set_acl(bucket, acl)

    def put_bucket_policy(backend: S3Backend, bucket_name: str, policy: bytes) -> None:
        bucket_rules.require_no_public_policy(backend.get_bucket(bucket_name), policy)
        moto_put_policy(backend, bucket_name, policy)

    def put_object_acl(response: S3Response) -> Any:
        bucket_rules.require_acls(response.backend.get_bucket(response.bucket_name))
        return moto_put_acl(response)

    def put_object(response: S3Response) -> Any:
        if response.headers.get("x-amz-acl", bucket_rules.OWNERS_ACL) != bucket_rules.OWNERS_ACL:
            bucket_rules.require_acls(response.backend.get_bucket(response.bucket_name))
        return moto_put(response)

    FakeBucket.set_lifecycle, FakeBucket.set_acl = set_lifecycle, set_acl
    S3Backend.put_bucket_policy = put_bucket_policy
    S3Response.put_object_acl, S3Response.put_object = put_object_acl, put_object


def _name_the_region_of_lists() -> None:
    """Add the header that S3 sends with lists and heads of a bucket; moto sends it with heads only."""
    for name in ("list_objects", "list_objects_v2"):
        setattr(S3Response, name, _with_region(getattr(S3Response, name)))


def _with_region(lists: Callable[[S3Response], Any]) -> Callable[[S3Response], Any]:
    def answer(response: S3Response) -> Any:
        region = response.backend.get_bucket(response.bucket_name).region_name
        status, headers, body = lists(response)
        return status, {**headers, "x-amz-bucket-region": region}, body

    return answer
