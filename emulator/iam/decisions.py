"""Allowed or denied: IAM user guide, "Policy evaluation logic" (for requests within one account)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulator.errors import NotModelledError
from emulator.iam import account
from emulator.iam.account import Role
from emulator.iam.context import Check
from emulator.iam.documents import Statement, statements
from emulator.iam.patterns import matches
from emulator.principals import Principal


@dataclass(frozen=True)
class Decision:
    """`refusal` is the end of AWS's sentence (``because no …``); None where the call is allowed."""

    refusal: str | None = None

    @property
    def allowed(self) -> bool:
        return self.refusal is None


class MissingRoleError(Exception):
    """The session's role does not exist any more."""


def decide(check: Check) -> Decision:
    """Whether the principal of `check`, a role's session or a service, may do what it asks.

    Raises
    ------
    MissingRoleError
        When the role has been deleted.
    NotModelledError
        When a policy that would matter says something that the emulator cannot judge.
    """
    if check.principal.role_arn is None:
        return _decide_for_service(check)
    role = account.role(check.principal.role_arn)
    if role is None:
        raise MissingRoleError(check.principal.role_arn)
    return _decide_for_role(check, role)


def _decide_for_service(check: Check) -> Decision:
    fitting = [each for each in _resource_statements(check) if _is_for(each, check.principal) and each.covers(check)]
    if any(each.effect == "Deny" for each in fitting):
        return _denied("a resource-based policy")
    return Decision() if fitting else _not_allowed(check, "resource-based policy")


def _decide_for_role(check: Check, role: Role) -> Decision:
    own = _covering(check, *role.policies)
    of_resource = [each for each in _resource_statements(check) if each.covers(check)]
    direct = [each for each in of_resource if _is_for(each, check.principal)]
    within = None if role.boundary is None else _covering(check, role.boundary)
    for fitting, policy in (
        (own, "an identity-based policy"),
        (direct, "a resource-based policy"),
        (within or [], "a permissions boundary"),
    ):
        if any(each.effect == "Deny" for each in fitting):
            return _denied(policy)
    if any(_names_session(each, check.principal) for each in direct):
        return Decision()  # not even a boundary limits what is granted to a session by its name
    if within == []:
        return _not_allowed(check, "permissions boundary")
    if direct:
        return Decision()
    if _resource_policy_decides(check) and not any(_is_for_account(each, check.account_id) for each in of_resource):
        return _not_allowed(check, "resource-based policy")
    return Decision() if own else _not_allowed(check, "identity-based policy")


def _resource_policy_decides(check: Check) -> bool:
    """Whether the resource's policy has to allow, or to leave the decision to the account's own policies.

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
    # a trust policy is about assuming the role, not about what is done to it
    if _service(check) == "iam" and not check.action.startswith("sts:"):
        return ()
    document = account.resource_policy(check.resource)
    return statements(document) if document else ()


def _is_for(statement: Statement, principal: Principal) -> bool:
    """Whether the statement names the principal itself, or everybody."""
    named = statement.principal
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
    named = statement.principal
    wanted = _list(named.get("AWS")) if isinstance(named, dict) else []
    return statement.effect == "Allow" and any(
        each == account_id or matches(f"arn:*:iam::{account_id}:root", each) for each in wanted
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _denied(policy: str) -> Decision:
    return Decision(f"with an explicit deny in {policy}")


def _not_allowed(check: Check, policy: str) -> Decision:
    return Decision(f"because no {policy} allows the {check.action} action")
