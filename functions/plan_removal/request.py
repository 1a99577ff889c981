"""A valid request to remove an endpoint, with its defaults filled in."""

from dataclasses import dataclass
from typing import Any

from plan_removal import rules
from shared.errors import InvalidRequest
from shared.planning.faults import message
from shared.planning.turn import WhenBusy


@dataclass(frozen=True)
class Request:
    """A valid request.

    Attributes
    ----------
    delete_records : bool
        Whether the history of the endpoint is also deleted.
    plan_hash : str or None
        The plan that is to be carried out; None for any.
    """

    endpoint_name: str
    delete_records: bool
    when_busy: WhenBusy
    deadline_seconds: int
    dry_run: bool
    plan_hash: str | None


def parse(document: Any) -> Request:
    """Return the request in a JSON document.

    Raises
    ------
    InvalidRequest
        With every fault; a request that does not confirm which endpoint is removed is one.
    """
    if faults := rules.faults(document):
        raise InvalidRequest(message("The request", faults))
    given = {
        name: member["default"] for name, member in rules.SCHEMA["properties"].items() if "default" in member
    } | document
    return Request(
        endpoint_name=given["endpointName"],
        delete_records=given["deleteRecords"],
        when_busy=given["whenBusy"],
        deadline_seconds=int(given["deadlineSeconds"]),
        dry_run=given["dryRun"],
        plan_hash=given.get("planHash"),
    )
