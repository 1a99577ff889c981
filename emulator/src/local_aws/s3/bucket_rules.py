"""Settings of buckets that S3 refuses and moto accepts: lifecycle rules, public policies, ACLs.

S3 API reference, PutBucketLifecycleConfiguration; S3 user guide, "Blocking public access to your Amazon S3 storage"
and "Controlling ownership of objects and disabling ACLs".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.s3.models import FakeBucket

from local_aws.core import gateway, partition
from local_aws.core.errors import AccessDenied, ApiError

# Action of a rule → the members of which it needs one, and of which numbers must be positive
_ACTIONS = {
    "Expiration": ("Days", "Date", "ExpiredObjectDeleteMarker"),
    "Transition": ("Days", "Date"),
    "NoncurrentVersionExpiration": ("NoncurrentDays",),
    "NoncurrentVersionTransition": ("NoncurrentDays",),
    "AbortIncompleteMultipartUpload": ("DaysAfterInitiation",),
}
_DAYS = ("Days", "NoncurrentDays", "DaysAfterInitiation")
_LONGEST_ID = 255
OWNER_ENFORCED = "BucketOwnerEnforced"
OWNERS_ACL = "bucket-owner-full-control"  # the only ACL that a bucket without ACLs takes, from PutObject

# Keys with which a policy for every principal is not public (user guide, "The meaning of 'public'")
_LIMITING_KEYS = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
}


def require_lifecycle(rules: Sequence[Mapping[str, Any]]) -> None:
    """Check that S3 would accept the lifecycle rules of a request.

    Raises
    ------
    ApiError
        If a rule has no action, a number of days is not positive, or two rules share an ID.
    """
    named = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(named)) < len(named):
        raise ApiError("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    if any(len(name) > _LONGEST_ID for name in named):
        raise ApiError("InvalidArgument", f"ID length should not exceed allowed limit of {_LONGEST_ID}")
    for rule in rules:
        _require_action(rule)
        for action in _ACTIONS:
            for each in _list(rule.get(action)):
                _require_positive_days(action, each)


def _require_action(rule: Mapping[str, Any]) -> None:
    given = [(each, members) for action, members in _ACTIONS.items() for each in _list(rule.get(action))]
    if not any(each.get(member) for each, members in given for member in members):
        raise ApiError("InvalidRequest", "At least one action needs to be specified in a rule")


def _require_positive_days(action: str, given: Mapping[str, Any]) -> None:
    for member in _DAYS:
        if member in given and int(given[member]) < 1:
            raise ApiError("InvalidArgument", f"'{member}' for {action} action must be a positive integer")


def require_no_public_policy(bucket: FakeBucket, policy: bytes) -> None:
    """Check that the bucket's settings allow its policy.

    Raises
    ------
    AccessDenied
        If the policy is public and BlockPublicPolicy is set.
    """
    block = bucket.public_access_block
    if not block or str(block.block_public_policy).lower() != "true" or not _is_public(json.loads(policy)):
        return
    caller, resource = gateway.current().principal.arn, f"arn:{partition.NAME}:s3:::{bucket.name}"
    raise AccessDenied(
        f'User: {caller} is not authorized to perform: s3:PutBucketPolicy on resource: "{resource}" because public '
        "policies are blocked by the BlockPublicPolicy block public access setting.",
        "s3:PutBucketPolicy",
    )


def _is_public(policy: Mapping[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and _is_for_every_principal(statement.get("Principal"))
        and not _is_limited(statement)
        for statement in _list(policy["Statement"])
    )


def _is_for_every_principal(principal: Any) -> bool:
    return principal == "*" or (isinstance(principal, dict) and "*" in _list(principal.get("AWS")))


def _is_limited(statement: Mapping[str, Any]) -> bool:
    keys = {key.lower() for tests in statement.get("Condition", {}).values() for key in tests}
    return not keys.isdisjoint(_LIMITING_KEYS)


def require_acls(bucket: FakeBucket) -> None:
    """Check that the bucket allows ACLs.

    Raises
    ------
    ApiError
        If the bucket's owner owns every object (BucketOwnerEnforced).
    """
    if bucket.ownership_rule == OWNER_ENFORCED:
        if gateway.current().operation == "CreateBucket":
            raise ApiError(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            )
        raise ApiError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
