"""Enforcement: check the permissions of calls, log the verdicts, and refuse with AWS's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_aws.core import calls, partition
from local_aws.core.authorization import Check, Decision, MissingRoleError, checks, decide
from local_aws.core.errors import AccessDenied, ApiError, NotModelledError
from local_aws.core.principals import Principal
from local_aws.core.wire import Call

# Error codes of a refusal, by protocol for services without codes of their own
# (API references of the services, "Common errors").
_CODES_BY_PROTOCOL = {
    "ec2": ("UnauthorizedOperation", 403),
    "json": ("AccessDeniedException", 400),
    "query": ("AccessDenied", 403),
    "rest-json": ("AccessDeniedException", 403),
    "rest-xml": ("AccessDenied", 403),
}
_CODES_BY_SERVICE = {
    "cloudwatch": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "sqs": ("AccessDenied", 403),
}
_KMS_CODES_BY_SERVICE = {
    "sns": ("KMSAccessDenied", 400),
    "sqs": ("KMS.AccessDeniedException", 400),
}
_INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - the words of an error


def authorize_call(call: Call) -> None:
    """Check all permissions that the call needs.

    Raises
    ------
    AccessDenied
        If a policy is missing or denies the call.
    ApiError
        If the caller's role does not exist any more, or the Region belongs to another partition.
    NotModelledError
        If AWS's permission is not modelled.
    """
    if not partition.contains(call.region):
        raise _invalid_token(call)
    if checks.is_free(call):
        calls.record(call, call.principal, checks.action(call), "*", _allowed(call.principal), derived=False)
        return
    try:
        own = checks.own(call)
    except NotModelledError:
        if call.principal.is_administrator:  # its own policy allows every action
            calls.record(call, call.principal, checks.action(call), "*", _allowed(call.principal), derived=False)
            return
        calls.record(call, call.principal, checks.action(call), "*", "unknown", derived=False)
        raise
    for index, check in enumerate(own):
        _enforce(call, check, derived=index > 0)
    for check in checks.derived(call):
        _enforce(call, check, derived=True)


def authorize(
    call: Call | None,
    principal: Principal,
    action: str,
    resources: Sequence[str],
    context: Mapping[str, Any] | None,
    message: str | None,
) -> None:
    """Check a permission for a service; see `gateway.authorize`."""
    for resource in resources:
        _enforce(call, checks.for_service(call, principal, action, resource, context), derived=True, message=message)


def refusal(call: Call, denied: AccessDenied) -> ApiError:
    """The error of the called service for a denied call."""
    code, status = _CODES_BY_SERVICE.get(call.service, _CODES_BY_PROTOCOL[call.protocol])
    if denied.action.startswith("kms:"):
        code, status = _KMS_CODES_BY_SERVICE.get(call.service, (code, status))
    return ApiError(code, denied.message, status)


def _enforce(call: Call | None, check: Check, *, derived: bool, message: str | None = None) -> None:
    """Decide and log a check; raise if it is denied."""
    try:
        decision = decide(check)
    except ApiError:
        calls.record(call, check.principal, check.action, check.resource, "unknown", derived=derived)
        raise
    except MissingRoleError as error:
        calls.record(call, check.principal, check.action, check.resource, "deny", derived=derived)
        raise _invalid_token(call) from error
    verdict = _allowed(check.principal) if decision.allowed else "deny"
    calls.record(call, check.principal, check.action, check.resource, verdict, derived=derived)
    if not decision.allowed:
        raise AccessDenied(message or _message(check, decision), check.action)


def _allowed(principal: Principal) -> calls.Verdict:
    return "administrator" if principal.is_administrator else "allow"


def _message(check: Check, decision: Decision) -> str:
    """IAM user guide, "Troubleshoot access denied error messages"."""
    action, resource = check.action, check.resource
    if action.startswith("sns:"):
        action = "SNS:" + action.removeprefix("sns:")
    elif action.startswith("sqs:"):
        action = action.lower()
    elif action.startswith("s3:"):
        resource = f'"{resource}"'
    reason = (decision.refusal or "").replace(check.action, action)
    return f"User: {check.principal.arn} is not authorized to perform: {action} on resource: {resource} {reason}"


def _invalid_token(call: Call | None) -> ApiError:
    if call and call.protocol in ("query", "ec2"):
        return ApiError("InvalidClientTokenId", _INVALID_TOKEN, 403)
    if call and call.service == "s3":
        return ApiError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    return ApiError("UnrecognizedClientException", _INVALID_TOKEN, 400)
