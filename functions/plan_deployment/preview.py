"""What a deployment comes to, for people to see before it happens."""

from collections.abc import Callable, Iterable, Iterator

from shared import weights
from shared.aws import Json
from shared.planning.preview import Steps, existing_endpoint, existing_things, targets, unused
from shared.planning.snapshot import Snapshot


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


def _weights(decided: Json) -> Iterator[str]:
    if decided["action"] == "shift":
        before, after = weights.spoken(decided["previous"]["weights"]), weights.spoken(decided["weights"])
        yield f"weights of endpoint {decided['endpointName']} from {before} to {after}"


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
    ("Shift traffic", "update", _weights),
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
