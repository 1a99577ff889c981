"""Views of a plan before its execution: its hash, the existing resources, and the report of a dry run."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.aws import Json
from shared.errors import PlanOutdated
from shared.plan import PlanWithSteps, Step
from shared.planning import names
from shared.planning.scaling_snapshot import Snapshot
from shared.steps import as_lines, views
from shared.tags import execution_value

VARIANT_MEMBERS = {"variantName": "VariantName", "instanceCount": "CurrentInstanceCount", "weight": "CurrentWeight"}


def existing(endpoint: Json | None, snapshot: Snapshot, alarm_names: Iterable[str]) -> dict[str, Any]:
    """Return the plan's `exists`.

    Parameters
    ----------
    endpoint : Json or None
        DescribeEndpoint's answer; None if there is no endpoint.
    """
    return {
        "endpoint": endpoint
        and {
            "status": endpoint["EndpointStatus"],
            "endpointConfigName": endpoint.get("EndpointConfigName"),
            "variants": [_variant(variant) for variant in endpoint.get("ProductionVariants", [])],
        },
        "scalableTargets": [target["ResourceId"] for target in snapshot.targets],
        "scalingPolicies": [policy["PolicyName"] for policy in snapshot.policies],
        "scheduledActions": [action["ScheduledActionName"] for action in snapshot.scheduled_actions],
        "alarms": sorted(alarm_names),
    }


def report(plan: PlanWithSteps) -> dict[str, Any]:
    """Return the output of a dry run."""
    return {
        "outcome": "PLANNED",
        "changed": False,
        "action": plan["action"],
        "endpointName": plan["endpointName"],
        "planHash": plan["planHash"],
        "exists": plan["exists"],
        "steps": views(plan["steps"]),
        "trigger": plan["trigger"],
        "warnings": plan["warnings"],
    }


def plan_hash(subject: Mapping[str, str], steps: list[Step], execution_arn: str) -> str:
    """Return the hash of a plan: equal for equal steps, in all executions and at all times.

    Parameters
    ----------
    subject : mapping of str to str
        Distinguishes plans without steps.
    """
    hashed: Any = [dict(subject), steps]
    for text in (execution_value(execution_arn), execution_arn):
        hashed = _without(text, hashed)
    return names.digest(hashed)


def require_same(plan: PlanWithSteps, requested_hash: str | None) -> None:
    """Check that the plan has the hash in the request. A plan without steps always passes.

    Raises
    ------
    PlanOutdated
        If it is another plan; the message has the current one.
    """
    if requested_hash in (None, plan["planHash"]) or not plan["steps"]:
        return
    raise PlanOutdated(
        f"Plan {requested_hash} is outdated: the existing resources have changed since, or the request is different. "
        f"The current plan is {plan['planHash']}:\n{as_lines(plan['steps'])}"
    )


def _without(text: str, value: Any) -> Any:
    """Return the value with `text` removed from every string."""
    if isinstance(value, dict):
        return {name: _without(text, member) for name, member in value.items()}
    if isinstance(value, list):
        return [_without(text, item) for item in value]
    return value.replace(text, "") if isinstance(value, str) else value


def _variant(variant: Json) -> Json:
    return {name: variant[member] for name, member in VARIANT_MEMBERS.items() if member in variant}
