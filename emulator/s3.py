"""S3: bucket policies are the gateway's to judge.

moto refuses what a bucket policy denies without looking at the statement's conditions, so that a
policy that denies plain HTTP would deny everything.
"""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def install() -> None:
    """Let nothing be denied a second time."""
    moto_get_permission = FakeBucket.get_permission

    def get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
        permission = moto_get_permission(bucket, action, resource)
        return PermissionResult.NEUTRAL if permission == PermissionResult.DENIED else permission

    FakeBucket.get_permission = get_permission
