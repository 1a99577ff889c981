"""A successful removal: the output of the execution, its record and its notification."""

from dataclasses import dataclass

from shared.aws import Json
from shared.console import execution_link
from shared.notification import Notification
from shared.plan import RemovalPlan
from shared.records import SCHEDULE, SUCCEEDED, Execution, Record
from shared.steps import as_lines, views

REMOVED = "The endpoint was removed, with all resources that Slipway created for it and that are not in use elsewhere."
NOTHING_THERE = "The endpoint does not exist, and no resources of it remain; nothing was changed."
NOT_ALL = "The endpoint was removed, but there was not enough time to remove all of its configs and models."
AWAY = (
    "The hours of its schedule have ended, so the endpoint was removed. Its configs, models and schedules are kept. "
    "Deployment {deploymentId} of {startedAt} is deployed again before the hours begin."
)
LEFT = "Start the same removal again: it removes the rest."


@dataclass(frozen=True)
class Removed:
    """A removal that succeeded.

    Attributes
    ----------
    output : Json
        The output of the execution without the notification's id.
    record : Record or None
        None if the history was removed, too.
    """

    output: Json
    record: Record | None
    execution_arn: str

    @property
    def endpoint_name(self) -> str:
        """Name of the endpoint."""
        return str(self.output["endpointName"])

    def warn(self, warning: str) -> None:
        """Add a warning to the output."""
        self.output["warnings"].append(warning)

    def notification(self) -> Notification:
        """Return the notification: what was removed, kept and left."""
        output, name, link = self.output, self.endpoint_name, execution_link(self.execution_arn)
        removed = "is away until its hours begin" if output["trigger"]["kind"] == SCHEDULE else "is removed"
        return Notification(
            endpoint_name=name,
            outcome=SUCCEEDED,
            headline=f"{name} {removed if output['changed'] else 'does not exist, nothing was changed'}",
            sections=(
                ("What happened", _what_happened(output)),
                ("Steps", as_lines(output["steps"])),
                ("Kept (in use)", "\n".join(output["kept"])),
                ("Not removed yet", "\n".join(output["left"])),
                ("What to do", "\n".join(output["warnings"]) or "Nothing."),
            ),
            links=(f"Execution: {link}",) if link else (),
            data=output | {"executionArn": self.execution_arn},
        )


def of_plan(plan: RemovalPlan, removal: Json, execution: Execution, now: str) -> Removed:
    """Return the removal of a plan that was carried out.

    Parameters
    ----------
    removal : Json
        The last answer of "Remove endpoint".
    now : str
        The end of the removal; ISO 8601.
    """
    output = {
        "outcome": SUCCEEDED,
        "deploymentId": execution["name"],
        "changed": bool(removal["removed"]),
        "action": plan["action"],
        "endpointName": plan["endpointName"],
        "removed": removal["removed"],
        "kept": removal["kept"],
        "left": removal["left"],
        "planHash": plan["planHash"],
        "steps": views(plan["steps"]),
        "trigger": plan["trigger"],
        "warnings": [*plan["warnings"], *([LEFT] if removal["left"] else [])],
    }
    record = None if plan["deletesRecords"] else _record(plan, output, execution, now)
    return Removed(output, record, execution["arn"])


def _record(plan: RemovalPlan, output: Json, execution: Execution, now: str) -> Record:
    return Record(
        endpoint_name=plan["endpointName"],
        deployment_id=execution["name"],
        kind=plan["trigger"]["kind"],
        outcome=SUCCEEDED,
        changed=output["changed"],
        started_at=execution["startedAt"],
        ended_at=now,
        execution_arn=execution["arn"],
        action=plan["action"],
        request_hash=plan["requestHash"],
        rolled_back_to=plan["trigger"].get("deploymentId"),
    )


def _what_happened(output: Json) -> str:
    if output["trigger"]["kind"] == SCHEDULE:
        return AWAY.format(**output["trigger"])
    if output["left"]:
        return NOT_ALL
    return REMOVED if output["steps"] else NOTHING_THERE
