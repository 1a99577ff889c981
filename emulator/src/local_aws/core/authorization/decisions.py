"""Decisions: IAM user guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local_aws.core.authorization import account
from local_aws.core.authorization.account import Role
from local_aws.core.authorization.context import Check
from local_aws.core.authorization.documents import Statement, statements
from local_aws.core.authorization.patterns import matches
from local_aws.core.errors import NotModelledError
from local_aws.core.principals import Principal


@dataclass(frozen=True)
class Decision:
    """`refusal` is the end of AWS's message (``because no …``); None if the call is allowed.

    `is_explicit` says whether a statement denies the call.
    """

    refusal: str | None = None
    is_explicit: bool = False

    @property
    def allowed(self) -> bool:
        return self.refusal is None


# The AWS managed policy AdministratorAccess.
_ADMINISTRATOR = Role(
    id="",
    policies=('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',),
    boundary=None,
    trust="",
    tags={},
)


class MissingRoleError(Exception):
    """The session's role does not exist any more."""


def decide(check: Check) -> Decision:
    """Whether the principal of `check` has the permission.

    Raises
    ------
    MissingRoleError
        If the role has been deleted.
    NotModelledError
        If a relevant policy has an element that is not modelled.
    """
    fitting = [each for each in _resource_statements(check) if each.concerns(check)]
    direct = [each for each in fitting if _is_for(each, check.principal) and each.holds(check)]
    if check.principal.service:
        return _decide_for_service(check, direct)
    delegating = [each for each in fitting if _is_for_account(each, check.account_id) and each.holds(check)]
    return _decide_for_identity(check, _identity(check.principal), direct, delegating)


def decide_alone(check: Check, identity: Role) -> Decision:
    """Whether the policies of `identity` allow the call; policies of resources do not count."""
    own = _covering(check, *identity.policies)
    within = None if identity.boundary is None else _covering(check, identity.boundary)
    for fitting, policy in ((own, "an identity-based policy"), (within or [], "a permissions boundary")):
        if _denies(fitting):
            return _denied(policy)
    if within == []:
        return _not_allowed(check, "permissions boundary")
    return Decision() if own else _not_allowed(check, "identity-based policy")


def may_replace_key_policy(principal: Principal, key_arn: str, document: str) -> bool:
    """Whether a key policy lets `principal` replace it, or leaves that to the account.

    KMS API reference, PutKeyPolicy. AWS does not document whether the caller's own policies count; here they do not.
    """
    region, account_id = key_arn.split(":")[3:5]
    check = Check(
        principal, "kms:PutKeyPolicy", (key_arn,), region, account_id, lambda: {"kms:calleraccount": [account_id]}
    )
    fitting = [each for each in statements(document) if each.concerns(check)]
    named = [each for each in fitting if _is_for(each, principal) or _is_for_account(each, account_id)]
    effects = {each.effect for each in named if each.holds(check)}
    return effects == {"Allow"}


def _identity(principal: Principal) -> Role:
    if principal.role_arn is None:
        return _ADMINISTRATOR
    role = account.role(principal.role_arn)
    if role is None:
        raise MissingRoleError(principal.role_arn)
    return role


def _decide_for_service(check: Check, direct: list[Statement]) -> Decision:
    if _denies(direct):
        return _denied("a resource-based policy")
    return Decision() if direct else _not_allowed(check, "resource-based policy")


def _decide_for_identity(
    check: Check, identity: Role, direct: list[Statement], delegating: list[Statement]
) -> Decision:
    own = _covering(check, *identity.policies)
    within = None if identity.boundary is None else _covering(check, identity.boundary)
    for fitting, policy in (
        (own, "an identity-based policy"),
        (direct + delegating, "a resource-based policy"),
        (within or [], "a permissions boundary"),
    ):
        if _denies(fitting):
            return _denied(policy)
    if check.crosses_accounts:
        return _decide_across_accounts(check, allowed=bool(own) and within != [], permitted=bool(direct or delegating))
    if any(_names_session(each, check.principal) for each in direct):
        return Decision()  # a boundary does not limit rights that are granted to a session by its name
    if within == []:
        return _not_allowed(check, "permissions boundary")
    if direct:
        return Decision()
    if _resource_policy_decides(check) and not delegating:
        return _not_allowed(check, "resource-based policy")
    return Decision() if own else _not_allowed(check, "identity-based policy")


def _denies(fitting: list[Statement]) -> bool:
    return any(each.effect == "Deny" for each in fitting)


def _decide_across_accounts(check: Check, *, allowed: bool, permitted: bool) -> Decision:
    """Both accounts must allow: the caller's with its policies, the owner's with the resource policy."""
    if not permitted:
        return _not_allowed(check, "resource-based policy")
    return Decision() if allowed else _not_allowed(check, "identity-based policy")


def _resource_policy_decides(check: Check) -> bool:
    """Whether the resource policy must allow the call or leave the decision to the account's policies.

    KMS developer guide, "Default key policy"; IAM user guide, "Role trust policies".
    """
    about_key = check.action.startswith("kms:") and (":key/" in check.resource or ":alias/aws/" in check.resource)
    about_trust = check.action == "sts:AssumeRole"
    return (about_key or about_trust) and account.resource_policy(check.resource) is not None


def _service(check: Check) -> str:
    return check.resource.split(":")[2] if check.resource.startswith("arn:") else ""


def _covering(check: Check, *documents: str) -> list[Statement]:
    return [each for document in documents for each in statements(document) if each.covers(check)]


def _resource_statements(check: Check) -> tuple[Statement, ...]:
    if not check.resource.startswith("arn:"):
        return ()
    # a trust policy applies to assuming the role, not to operations on it
    if _service(check) == "iam" and not check.action.startswith("sts:"):
        return ()
    document = account.resource_policy(check.resource)
    return statements(document) if document else ()


def _is_for(statement: Statement, principal: Principal) -> bool:
    """Whether the statement has the principal itself, or every principal."""
    named = statement.principal
    if statement.except_principals:
        raise NotModelledError("policy element NotPrincipal")
    if named == "*":
        return True
    if not isinstance(named, dict):
        raise NotModelledError(f"policy element Principal {named!r}")
    if principal.service:
        return principal.service in _list(named.get("Service")) or "*" in _list(named.get("AWS"))
    wanted = _list(named.get("AWS"))
    return "*" in wanted or principal.arn in wanted or principal.role_arn in wanted


def _names_session(statement: Statement, principal: Principal) -> bool:
    named = statement.principal
    return isinstance(named, dict) and principal.arn in _list(named.get("AWS"))


def _is_for_account(statement: Statement, account_id: str) -> bool:
    """Whether the statement has the account: Allow leaves the decision to it, Deny applies to all its principals.

    IAM user guide, "AWS account principals" and "Policy evaluation logic".
    """
    named = statement.principal
    wanted = _list(named.get("AWS")) if isinstance(named, dict) else []
    return any(each == account_id or matches(f"arn:*:iam::{account_id}:root", each) for each in wanted)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _denied(policy: str) -> Decision:
    return Decision(f"with an explicit deny in {policy}", is_explicit=True)


def _not_allowed(check: Check, policy: str) -> Decision:
    return Decision(f"because no {policy} allows the {check.action} action")
