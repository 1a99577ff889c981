"""Checks of key policies: their author must be able to change them, and the roles in them must exist.

KMS API reference, CreateKey and PutKeyPolicy: the criteria of a key policy.
"""

from __future__ import annotations

import json
from typing import Any

from moto.kms.models import Key, KmsBackend

from local_aws.core import gateway, partition
from local_aws.core.authorization import account, may_replace_key_policy
from local_aws.core.errors import ApiError


def install() -> None:
    """Check each key policy before moto stores it."""
    create_key, put_key_policy = KmsBackend.create_key, KmsBackend.put_key_policy

    def create_checked_key(backend: KmsBackend, policy: str | None, *arguments: Any, **named: Any) -> Key:
        if policy:
            _check_policy(f"arn:{partition.NAME}:kms:{backend.region_name}:{backend.account_id}:key/new", policy)
        return create_key(backend, policy, *arguments, **named)

    def put_checked_key_policy(backend: KmsBackend, key_id: str, policy: str) -> None:
        _check_policy(account.key_arn(key_id, backend.region_name, backend.account_id), policy)
        put_key_policy(backend, key_id, policy)

    KmsBackend.create_key = create_checked_key
    KmsBackend.put_key_policy = put_checked_key_policy


def _check_policy(key_arn: str, policy: str) -> None:
    call = _call()
    if call is None:
        return  # a key that an AWS service creates
    missing = [arn for arn in _named_roles(policy) if account.role(arn) is None]
    if missing:
        raise _malformed("Policy contains a statement with one or more invalid principals.")
    bypassed = call.parameters.get("BypassPolicyLockoutSafetyCheck")
    if not bypassed and not may_replace_key_policy(call.principal, key_arn, policy):
        raise _malformed("The new key policy will not allow you to update the key policy in the future.")


def _call() -> gateway.Call | None:
    try:
        call = gateway.current()
    except LookupError:
        return None
    return call if call.operation in ("CreateKey", "PutKeyPolicy") else None


def _named_roles(policy: str) -> list[str]:
    """ARNs of the roles that are principals of a key policy."""
    statements = json.loads(policy)["Statement"]
    principals = [each.get("Principal") for each in (statements if isinstance(statements, list) else [statements])]
    named = [each["AWS"] for each in principals if isinstance(each, dict) and "AWS" in each]
    arns = [arn for each in named for arn in (each if isinstance(each, list) else [each])]
    return [arn for arn in arns if ":role/" in arn]


def _malformed(message: str) -> ApiError:
    return ApiError("MalformedPolicyDocumentException", message)
