"""The output of a dry run."""

from typing import Any

from plan_deployment.situation import Situation
from shared.plan import AnyPlan, DeploymentPlan
from shared.planning import preview
from shared.planning.scaling_snapshot import Snapshot


def report(plan: DeploymentPlan) -> dict[str, Any]:
    """Return the output of a dry run."""
    return preview.report(plan) | {
        "endpointConfigName": plan["endpointConfigName"],
        "previousEndpointConfigName": plan["previousEndpointConfigName"],
        "tests": plan["tests"],
        "scaling": {"resources": plan["scaling"]},
        "components": plan["components"],
        "schedule": {"sentence": plan["schedule"]},
    }


def report_during_change(turn: AnyPlan, situation: Situation, what: str) -> dict[str, Any]:
    """Return the output of a dry run during an external change of the endpoint, which can change the plan.

    Parameters
    ----------
    what : str
        The change; a sentence.
    """
    endpoint = situation.found or {}
    return {
        "outcome": "PLANNED",
        "changed": False,
        "action": "wait",
        "endpointName": situation.endpoint_name,
        "endpointConfigName": None,
        "previousEndpointConfigName": endpoint.get("EndpointConfigName"),
        "planHash": None,
        "exists": preview.existing(situation.found, Snapshot(), []),
        "steps": [],
        "trigger": turn["trigger"],
        "warnings": [f"{what} There is no plan until this change has ended."],
    }
