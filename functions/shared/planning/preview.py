"""What a plan comes to, for people to see before it happens: what exists, what would be done, and a hash of both."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shared.aws import Json
from shared.errors import PlanOutdated
from shared.planning import names
from shared.steps import told
from shared.tags import execution_value

# What says when and by whom, not what: the same plan, made later for another execution, has the same hash.
NOT_HASHED = frozenset({"deadlineAt", "exists", "warnings"})
# Of each kind of step: the state that takes it, what it does, and to what, as the plan has it.
Steps = tuple[tuple[str, str, Callable[[Json], Iterable[str]]], ...]


def preview(decided: Json, execution_arn: str, steps: Steps) -> Json:
    """What the plan says of itself.

    Parameters
    ----------
    decided : Json
        What the plan says beside who makes it.
    steps : Steps
        What can be done, in the order of the state machine's states.

    Returns
    -------
    Json
        ``planHash``; ``steps`` in the order in which the state machine takes them, each with its ``state``, ``action``
        (create, update, deregister, register or delete) and ``what``.
    """
    return {"planHash": _hash(decided, execution_arn), "steps": list(_steps(decided, steps))}


def existing_things(snapshot: Json, alarm_names: Iterable[str]) -> Json:
    """What there is around the endpoint before anything is done.

    Parameters
    ----------
    snapshot : Json
        The plan's `scaling.snapshot`.
    """
    return {
        "scalableTargets": [target["ResourceId"] for target in snapshot["targets"]],
        "scalingPolicies": [policy["PolicyName"] for policy in snapshot["policies"]],
        "scheduledActions": [action["ScheduledActionName"] for action in snapshot["scheduledActions"]],
        "alarms": sorted(alarm_names),
    }


def existing_endpoint(endpoint: Json | None) -> Json | None:
    """What DescribeEndpoint's answer comes to; None where there is no endpoint."""
    return endpoint and {
        "status": endpoint["EndpointStatus"],
        "endpointConfigName": endpoint.get("EndpointConfigName"),
        "variants": [_variant(variant) for variant in endpoint.get("ProductionVariants", [])],
    }


def require_same(plan: Json, asked_hash: str | None) -> None:
    """See that the plan is the one that was asked for; where nothing is left to do, any is.

    Raises
    ------
    PlanOutdated
        When it is another; the message has the plan of now.
    """
    if asked_hash in (None, plan["planHash"]) or not plan["steps"]:
        return
    raise PlanOutdated(
        f"The plan {asked_hash} is not what would be done now: what exists has changed since it was made, or the "
        f"request is another. The plan of now is {plan['planHash']}:\n{told(plan['steps'])}"
    )


def targets(bodies: Iterable[Json]) -> Iterator[str]:
    """What a step says of scalable targets."""
    for body in bodies:
        bounds = f", {body['MinCapacity']} to {body['MaxCapacity']}" if "MinCapacity" in body else ""
        yield f"scalable target {body['ResourceId']} ({body['ScalableDimension']}){bounds}"


def unused(things: Json) -> Iterator[str]:
    """What a step says of configs and models that go."""
    yield from (f"endpoint config {name}, unless somebody uses it" for name in things["configs"])
    yield from (f"model {name}, unless somebody uses it" for name in things["models"])


def _steps(decided: Json, steps: Steps) -> Iterator[Json]:
    """What would be done, in the order of the state machine's states."""
    for state, action, whats in steps:
        for what in whats(decided):
            yield {"state": state, "action": action, "what": what}


def _hash(decided: Json, execution_arn: str) -> str:
    hashed: Any = {name: decided[name] for name in decided.keys() - NOT_HASHED}
    for text in (execution_value(execution_arn), execution_arn):
        hashed = _without(text, hashed)
    return names.digest(hashed)


def _without(text: str, value: Any) -> Any:
    """The same without `text`, wherever it stands."""
    if isinstance(value, dict):
        return {name: _without(text, member) for name, member in value.items()}
    if isinstance(value, list):
        return [_without(text, item) for item in value]
    return value.replace(text, "") if isinstance(value, str) else value


def _variant(variant: Json) -> Json:
    members = {"variantName": "VariantName", "instanceCount": "CurrentInstanceCount", "weight": "CurrentWeight"}
    return {name: variant[member] for name, member in members.items() if member in variant}
