"""What a removal comes to, for people to see before it happens."""

from collections.abc import Iterator

from shared.aws import Json
from shared.planning.preview import Steps, targets, unused


def report(plan: Json) -> Json:
    """The output of a dry run."""
    told = ("action", "endpointName", "planHash", "exists", "steps", "trigger", "warnings")
    return {"outcome": "PLANNED", "changed": False} | {name: plan[name] for name in told}


def _endpoint(plan: Json) -> Iterator[str]:
    status = plan["endpoint"]["status"]
    if plan["endpoint"]["exists"]:
        yield f"endpoint {plan['endpointName']}, which is {status}"


def _records(plan: Json) -> Iterator[str]:
    count = plan["records"]
    if count:
        yield f"{count} {'record' if count == 1 else 'records'} of endpoint {plan['endpointName']}"


STEPS: Steps = (
    ("Delete endpoint", "delete", _endpoint),
    ("Deregister scalable targets", "deregister", lambda plan: targets(plan["scaling"]["deregister"])),
    ("Remove alarms", "delete", lambda plan: [f"alarm {name}" for name in plan["alarms"]["remove"]]),
    ("Remove configs and models", "delete", unused),
    ("Remove records", "delete", _records),
)
