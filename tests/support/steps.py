"""Queries on the steps of a plan by operation."""

from typing import Any

from shared.plan import Call, PlanWithSteps, Step, steps_of


def operations(plan: Any) -> list[str]:
    """Operations of the steps, in order."""
    return [step["operation"] for step in plan["steps"]]


def of(plan: Any, operation: str) -> list[Step]:
    """Steps that make this call."""
    return [step for step in plan["steps"] if step["operation"] == operation]


def bodies(plan: Any, operation: str) -> list[dict[str, Any]]:
    """Requests of the steps that make this call."""
    return [step["request"] for step in of(plan, operation)]


def change(plan: PlanWithSteps) -> dict[str, Any]:
    """Request of the step that changes the endpoint; empty if there is none."""
    return next((step["request"] for step in steps_of(plan, "change")), {})


def config(plan: Any) -> dict[str, Any]:
    """Request of CreateEndpointConfig."""
    (body,) = bodies(plan, "CreateEndpointConfig")
    return body


def undo(plan: Any, operation: str) -> list[Call]:
    """Undo calls of the steps that make this call, in step order."""
    return [call for step in of(plan, operation) for call in step["undo"]]


def lines(plan: Any) -> list[str]:
    """One line per step: state, action and sentence."""
    return [f"{step['state']}: {step['action']} {step['what']}" for step in plan["steps"]]
