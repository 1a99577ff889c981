"""What a plan comes to, for people to see before it happens: what exists, what would be done, and a hash of both."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from plan_deployment import names
from plan_deployment.snapshot import Snapshot
from shared.aws import Json
from shared.errors import PlanOutdated
from shared.steps import told

# What says when and by whom, not what: the same plan, made later for another execution, has the same hash.
NOT_HASHED = frozenset({"deadlineAt", "exists", "warnings"})
# Of each kind of step: the state that takes it, what it does, and to what, as the plan has it.
Steps = tuple[tuple[str, str, Callable[[Json], Iterable[str]]], ...]


def preview(decided: Json, execution_arn: str, steps: Steps | None = None) -> Json:
    """What the plan says of itself.

    Parameters
    ----------
    decided : Json
        What the plan says beside who makes it.
    steps : Steps or None
        What can be done, in the order of the state machine's states; None for a deployment.

    Returns
    -------
    Json
        ``planHash``; ``steps`` in the order in which the state machine takes them, each with its ``state``, ``action``
        (create, update, deregister, register or delete) and ``what``.
    """
    return {"planHash": _hash(decided, execution_arn), "steps": list(_steps(decided, steps or STEPS))}


def report(plan: Json) -> Json:
    """The output of a dry run."""
    return {
        "outcome": "PLANNED",
        "changed": False,
        "action": plan["action"],
        "endpointName": plan["endpointName"],
        "endpointConfigName": plan["endpointConfig"]["name"],
        "previousEndpointConfigName": plan["previousEndpointConfigName"],
        "planHash": plan["planHash"],
        "exists": plan["exists"],
        "steps": plan["steps"],
        "trigger": plan["trigger"],
        "warnings": plan["warnings"],
    }


def report_of_none(frame: Json, endpoint: Json, what: str) -> Json:
    """The same where nobody can say what would be done, for something is changing the endpoint.

    Parameters
    ----------
    frame : Json
        What every plan says.
    what : str
        What is going on, a sentence.
    """
    return {
        "outcome": "PLANNED",
        "changed": False,
        "action": "wait",
        "endpointName": endpoint["EndpointName"],
        "endpointConfigName": None,
        "previousEndpointConfigName": endpoint.get("EndpointConfigName"),
        "planHash": None,
        "exists": existing_things(Snapshot().body(), []) | {"endpoint": existing_endpoint(endpoint)},
        "steps": [],
        "trigger": frame["trigger"],
        "warnings": [f"{what} There is no plan until that has ended."],
    }


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
    return names.digest(_without(execution_arn, {name: decided[name] for name in decided.keys() - NOT_HASHED}))


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


def _model(decided: Json) -> Iterator[str]:
    model = decided["model"]
    if model and not model["exists"]:
        yield f"model {model['name']}"


def _config(decided: Json) -> Iterator[str]:
    config = decided["endpointConfig"]
    if not config["exists"]:
        yield f"endpoint config {config['name']}"


def _failed_endpoint(decided: Json) -> Iterator[str]:
    if decided["failedEndpointName"]:
        yield f"endpoint {decided['failedEndpointName']}, which is Failed"


def _endpoint(action: str) -> Callable[[Json], Iterator[str]]:
    def what(decided: Json) -> Iterator[str]:
        if decided["action"] == action:
            before = decided["previousEndpointConfigName"]
            yield (
                f"endpoint {decided['endpointName']} "
                + (f"from config {before} to" if before else "with config")
                + f" {decided['endpointConfig']['name']}{_guarded(decided['deployment'])}"
            )

    return what


def _guarded(deployment: Json | None) -> str:
    return f", {deployment['strategy']}, waiting {deployment['waitSeconds']} s" if deployment else ""


def _named(kind: str, member: str, bodies: Iterable[Json]) -> Iterator[str]:
    yield from (f"{kind} {body[member]} of {body['ResourceId']}" for body in bodies)


STEPS: Steps = (
    ("Create alarms", "create", lambda plan: [f"alarm {alarm['AlarmName']}" for alarm in plan["alarms"]["put"]]),
    ("Create model", "create", _model),
    ("Create endpoint config", "create", _config),
    ("Delete failed endpoint", "delete", _failed_endpoint),
    ("Create endpoint", "create", _endpoint("create")),
    ("Deregister scalable targets", "deregister", lambda plan: targets(plan["scaling"]["deregister"])),
    ("Update endpoint", "update", _endpoint("update")),
    ("Register scalable targets", "register", lambda plan: targets(plan["scaling"]["targets"])),
    (
        "Register scalable targets",
        "register",
        lambda plan: _named("scheduled action", "ScheduledActionName", plan["scaling"]["scheduledActions"]),
    ),
    (
        "Put scaling policies",
        "register",
        lambda plan: _named("policy", "PolicyName", plan["scaling"]["policies"]),
    ),
    ("Remove scaling", "delete", lambda plan: _named("policy", "PolicyName", plan["scaling"]["remove"]["policies"])),
    ("Remove scaling", "deregister", lambda plan: targets(plan["scaling"]["remove"]["targets"])),
    ("Remove alarms", "delete", lambda plan: [f"alarm {name}" for name in plan["alarms"]["remove"]]),
    ("Remove configs and models", "delete", lambda plan: unused(plan["old"])),
)
