"""What a removal that succeeded has led to: the execution's output, and the message that tells of it."""

from collections.abc import Iterator

from shared.aws import Json
from shared.console import execution_link
from shared.notification import Message
from shared.records import SUCCEEDED, Record
from shared.steps import told

GONE = "The endpoint is gone, with everything that Slipway made for it and nobody else uses."
NEVER_THERE = "There was no endpoint, and nothing that Slipway had made for one; nothing was changed."
NOT_ALL_GONE = "The endpoint is gone. There was no time for all configs and models that Slipway created for it."
LEFT = "Start the same removal again for the configs and models that are left."
# Whose deletion was under way already.
DELETING = "Deleting"


def result(plan: Json, unused: Json | None, deployment_id: str) -> Json:
    """The execution's output, without the message's id.

    Parameters
    ----------
    unused : Json or None
        The answer of "Remove configs and models"; None where there was nothing for it to do.
    deployment_id : str
        The execution's name, by which the history knows the removal.
    """
    unused = unused or {"removed": [], "kept": [], "left": []}
    removed = [*_removed(plan, everything=not unused["left"]), *unused["removed"]]
    return {
        "outcome": SUCCEEDED,
        "deploymentId": deployment_id,
        "changed": bool(removed),
        "action": plan["action"],
        "endpointName": plan["endpointName"],
        "removed": removed,
        "kept": unused["kept"],
        "left": unused["left"],
        "planHash": plan["planHash"],
        "steps": plan["steps"],
        "trigger": plan["trigger"],
        "warnings": [*plan["warnings"], *([LEFT] if unused["left"] else [])],
    }


def message(output: Json, execution_arn: str) -> Message:
    """The message that tells people of the output."""
    name, link = output["endpointName"], execution_link(execution_arn)
    return Message(
        endpoint_name=name,
        outcome=output["outcome"],
        headline=f"{name} is removed" if output["changed"] else f"{name} does not exist, nothing was changed",
        paragraphs=(
            ("What happened", _what_happened(output)),
            ("What was done", told(output["steps"])),
            ("What was kept", "\n".join(output["kept"])),
            ("What is left", "\n".join(output["left"])),
            ("What to do", "\n".join(output["warnings"]) or "Nothing."),
        ),
        links=(f"Execution: {link}",) if link else (),
        data=output | {"executionArn": execution_arn},
    )


def record_of(output: Json, plan: Json, execution: Json, now: str) -> Record | None:
    """What goes into the history; None where the history was to be deleted."""
    if plan["deleteRecords"]:
        return None
    return Record(
        endpoint_name=plan["endpointName"],
        deployment_id=execution["name"],
        kind=plan["trigger"]["kind"],
        outcome=output["outcome"],
        changed=output["changed"],
        started_at=execution["startedAt"],
        ended_at=now,
        execution_arn=execution["arn"],
        action=plan["action"],
        request_hash=plan["lock"]["requestHash"],
    )


def _what_happened(output: Json) -> str:
    if output["left"]:
        return NOT_ALL_GONE
    return GONE if output["steps"] else NEVER_THERE


def _removed(plan: Json, *, everything: bool) -> Iterator[str]:
    """What the removal took away beside configs and models: every state has succeeded, so all that was planned."""
    if plan["endpoint"]["exists"] and plan["endpoint"]["status"] != DELETING:
        yield f"endpoint {plan['endpointName']}"
    yield from (f"scalable target {target['ResourceId']}" for target in plan["scaling"]["deregister"])
    yield from (f"alarm {name}" for name in plan["alarms"]["remove"])
    if plan["records"] and everything:  # the records name models that are left
        yield f"records: {plan['records']}"
