"""STS: credentials of an assumed role have the role's rights in its account, and GetCallerIdentity names the caller."""

from __future__ import annotations

from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import BaseResponse
from moto.sts.models import AssumedRole, STSBackend

from local_aws.core import gateway, principals
from local_aws.core.authorization import account


def install() -> None:
    """Register assumed roles, and answer GetCallerIdentity from the gateway."""
    moto_assume_role = STSBackend.assume_role

    def assume_role(backend: STSBackend, **request: Any) -> AssumedRole:
        for parameter in ("Policy", "PolicyArns", "Tags", "SourceIdentity"):
            if parameter in gateway.current().parameters:
                raise gateway.NotModelledError(f"sts AssumeRole with {parameter}")
        # moto returns credentials of roles that do not exist
        if account.role(request["role_arn"]) is None:
            caller = gateway.current().principal.arn
            message = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {request['role_arn']}"
            raise gateway.AccessDenied(message, "sts:AssumeRole")
        assumed = moto_assume_role(backend, **request)
        principal = principals.role(request["role_arn"], request["role_session_name"])
        principals.register(assumed.access_key_id, principal)
        return assumed

    BaseResponse.get_current_account = _account
    STSBackend.assume_role = assume_role
    STSBackend.get_caller_identity = _caller_identity


def _account(_: BaseResponse) -> str:
    """The account of the current call. moto only knows its own access keys."""
    try:
        return gateway.current().account_id
    except LookupError:
        return str(DEFAULT_ACCOUNT_ID)


def _caller_identity(backend: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:  # noqa: ARG001
    """User id, ARN and account of the caller."""
    call = gateway.current()
    principal = call.principal
    role = account.role(principal.role_arn) if principal.role_arn else None
    if role is None:
        return access_key_id, principal.arn, call.account_id
    return f"{role.id}:{principal.session}", principal.arn, principal.arn.split(":")[4]
