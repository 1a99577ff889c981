"""SimulatePrincipalPolicy and SimulateCustomPolicy, decided by the engine that authorizes calls.

IAM API reference, SimulatePrincipalPolicy: the policies of resources are not retrieved, and the values of condition
keys are only those of the request. A key without a value is reported, and counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse

from local_aws.core import gateway, partition
from local_aws.core.authorization import Check, account, decide_alone, statements, tables
from local_aws.core.authorization.account import Role
from local_aws.core.errors import ApiError, NotModelledError
from local_aws.core.operations import Answer
from local_aws.core.principals import Principal

_ENTITY = re.compile(r"arn:[^:]+:iam::(\d{12}):(role|user|group)/(?:.*/)?([^/]+)")
_ACTION = re.compile(r"[a-zA-Z0-9-]+:[a-zA-Z0-9]+")
_PARAMETER = re.compile(r"\{(\w+)[^}]*\}")
_NOT_MODELLED = ("ResourceHandlingOption", "PolicyExclusionList", "OrderedOrganizationPolicyInputList")
_PAGE = 100
_STRICTEST = ("explicitDeny", "implicitDeny", "allowed")


@dataclass(frozen=True)
class _Simulated(Check):
    """A check whose condition keys have only the values that the request supplies."""

    missing: set[str] = field(default_factory=set)

    @property
    def crosses_accounts(self) -> bool:
        return False

    def values(self, key: str) -> list[str]:
        found = self.supplied().get(key.lower())
        if found is None:
            self.missing.add(key)
        return list(found or ())


@dataclass(frozen=True)
class _Simulation:
    """Policies by their id in the response, and what all simulated calls share."""

    policies: Mapping[str, str]
    boundary: str | None
    principal: Principal
    context: Mapping[str, list[str]]

    def of(self, action: str, resource: str) -> dict[str, Any]:
        """The result for one action on one resource, with the members that both levels of the response have."""
        call = gateway.current()
        check = _Simulated(
            self.principal, action, (resource,), call.region, call.account_id, lambda: dict(self.context)
        )
        identity = Role(id="", policies=tuple(self.policies.values()), boundary=self.boundary, trust="", tags={})
        decision = decide_alone(check, identity)
        result: dict[str, Any] = {
            "Decision": "allowed" if decision.allowed else "explicitDeny" if decision.is_explicit else "implicitDeny",
            "MatchedStatements": self._matched(check, denied=decision.is_explicit, allowed=decision.allowed),
        }
        if self.boundary is not None:
            within = [each for each in statements(self.boundary) if each.covers(check)]
            allowed = bool(within) and all(each.effect == "Allow" for each in within)
            result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
        return {**result, "MissingContextValues": sorted(check.missing)}

    def _matched(self, check: Check, *, denied: bool, allowed: bool) -> list[dict[str, Any]]:
        """The statements that determine the result: the denying ones of a deny, otherwise the allowing ones."""
        effect = "Deny" if denied else "Allow" if allowed else None
        return [
            {"SourcePolicyId": name, "SourcePolicyType": "IAM Policy"}
            for name, policy in self.policies.items()
            for each in statements(policy)
            if each.effect == effect and each.covers(check)
        ]


def install() -> None:
    """Add the operations to moto's IAM."""
    IamResponse.simulate_principal_policy = _simulate_principal_policy
    IamResponse.simulate_custom_policy = _simulate_custom_policy


def _simulate_principal_policy(_: IamResponse) -> ActionResult:
    request = gateway.current().parameters
    source = request["PolicySourceArn"]
    role = _role(source)
    if "ResourcePolicy" in request:
        raise _invalid("Simulation of resource-based policies isn't supported for IAM roles.")
    attached = {f"role_{role.name}_{name}": account.text_of(policy) for name, policy in role.policies.items()}
    attached |= {policy.name: account.document_of(policy) for policy in role.managed_policies.values()}
    boundary_arn = role.permissions_boundary_arn
    policies = iam_backends[source.split(":")[4]][partition.NAME].managed_policies
    boundary = account.document_of(policies[boundary_arn]) if boundary_arn else None
    return Answer(_answer(request, attached, boundary, request.get("CallerArn", source)))


def _simulate_custom_policy(_: IamResponse) -> ActionResult:
    request = gateway.current().parameters
    if "ResourcePolicy" in request:
        raise NotModelledError("resource-based policies in simulations")
    return Answer(_answer(request, {}, None, request.get("CallerArn", "")))


def _answer(request: Mapping[str, Any], attached: Mapping[str, str], boundary: str | None, caller: str) -> Any:
    for member in _NOT_MODELLED:
        if request.get(member):
            raise NotModelledError(f"{member} of simulations")
    given = {f"PolicyInputList.{number}": each for number, each in enumerate(request.get("PolicyInputList", ()), 1)}
    boundaries = request.get("PermissionsBoundaryPolicyInputList") or [boundary]
    simulation = _Simulation(
        policies={**attached, **given},
        boundary=boundaries[0],
        principal=Principal(arn=caller, role_arn=caller),
        context={
            each["ContextKeyName"].lower(): each["ContextKeyValues"] for each in request.get("ContextEntries", ())
        },
    )
    _require_readable([*given.values(), *request.get("PermissionsBoundaryPolicyInputList", ())])
    results = [_evaluated(simulation, action, request) for action in _actions(request)]
    start, length = int(request.get("Marker", "0")), int(request.get("MaxItems", _PAGE))
    page = results[start : start + length]
    more = start + length < len(results)
    return {"EvaluationResults": page, "IsTruncated": more, **({"Marker": str(start + length)} if more else {})}


def _evaluated(simulation: _Simulation, action: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """The result of an action: the strictest of its resources, with one entry for each resource that is named."""
    resources = request.get("ResourceArns") or ["*"]
    _require_own(resources, simulation.principal, request.get("ResourceOwner"))
    found = {resource: simulation.of(action, resource) for resource in resources}
    strictest = min((each["Decision"] for each in found.values()), key=_STRICTEST.index)
    deciding = [each for each in found.values() if each["Decision"] == strictest]
    matched = [each for result in deciding for each in result["MatchedStatements"]]
    result = {
        "EvalActionName": action,
        "EvalResourceName": _template(action),
        "EvalDecision": strictest,
        "MatchedStatements": [each for number, each in enumerate(matched) if each not in matched[:number]],
        "MissingContextValues": sorted({key for each in found.values() for key in each["MissingContextValues"]}),
    }
    if "PermissionsBoundaryDecisionDetail" in deciding[0]:
        result["PermissionsBoundaryDecisionDetail"] = deciding[0]["PermissionsBoundaryDecisionDetail"]
    if resources != ["*"]:
        result["ResourceSpecificResults"] = [
            {"EvalResourceName": resource, "EvalResourceDecision": each.pop("Decision"), **each}
            for resource, each in found.items()
        ]
    return result


def _require_own(resources: list[str], principal: Principal, owner: str | None) -> None:
    account_id = principal.arn.split(":")[4] if principal.arn else None
    owners = {each.split(":")[4] or owner for each in resources if each.startswith("arn:")} - {None}
    if account_id and owners - {account_id, ""}:
        raise NotModelledError("simulations across accounts")


def _template(action: str) -> str:
    """The form of the ARNs that the action is authorized on; ``*`` if it has none."""
    known = tables.operation(action)
    table = tables.table(known[0]) if known else None
    if known is None or table is None or not table.operations[known[1]]:
        return "*"
    template = table.resources[table.operations[known[1]][0]][0]
    form = {"partition": "Partition", "region": "Region", "account": "Account"}
    return _PARAMETER.sub(lambda found: f"${{{form.get(found[1], found[1])}}}", template)


def _actions(request: Mapping[str, Any]) -> list[str]:
    actions: list[str] = request["ActionNames"]
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise _invalid(f"Invalid action name: {action}")
    return actions


def _require_readable(policies: list[str]) -> None:
    for number, policy in enumerate(policies, 1):
        try:
            statements(policy)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _invalid(f"Invalid policy document {number}: {error}") from error


def _role(arn: str) -> Any:
    """The role, as moto stores it."""
    entity = _ENTITY.fullmatch(arn)
    if entity is None:
        raise _invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    if entity[2] != "role":
        raise NotModelledError(f"simulations of the policies of a {entity[2]}")
    roles = iam_backends[entity[1]][partition.NAME].roles.values()
    role = next((each for each in roles if each.arn == arn), None)
    if role is None:
        raise ApiError("NoSuchEntity", f"The role with name {entity[3]} cannot be found.", 404)
    return role


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidInput", message)
