"""A valid request to remove an endpoint, with its defaults filled in."""

from dataclasses import dataclass
from typing import Any

from plan_removal import rules
from shared.errors import InvalidRequest
from shared.plan import SCHEDULED
from shared.planning import ticks
from shared.planning.faults import message
from shared.planning.ticks import Tick
from shared.planning.turn import WhenBusy

DEFAULTS = {name: member["default"] for name, member in rules.SCHEMA["properties"].items() if "default" in member}


@dataclass(frozen=True)
class Request:
    """A valid request.

    Attributes
    ----------
    delete_records : bool
        Whether the history of the endpoint is also deleted.
    plan_hash : str or None
        The plan that is to be carried out; None for any.
    tick : Tick or None
        The tick, if a schedule started the execution.
    """

    endpoint_name: str
    delete_records: bool
    when_busy: WhenBusy
    deadline_seconds: int
    dry_run: bool
    plan_hash: str | None
    tick: Tick | None = None


def parse(document: Any) -> Request:
    """Return the request in a JSON document.

    Raises
    ------
    InvalidRequest
        With every fault; a request that does not confirm which endpoint is removed is one. A schedule confirms nothing,
        but can only remove what is due by the last deployment's request.
    """
    if isinstance(document, dict) and SCHEDULED in document:
        return _of_tick(ticks.parse(document, ticks.AWAY))
    if faults := rules.faults(document):
        raise InvalidRequest(message("The request", faults))
    given = DEFAULTS | document
    return Request(
        endpoint_name=given["endpointName"],
        delete_records=given["deleteRecords"],
        when_busy=given["whenBusy"],
        deadline_seconds=int(given["deadlineSeconds"]),
        dry_run=given["dryRun"],
        plan_hash=given.get("planHash"),
    )


def _of_tick(tick: Tick) -> Request:
    return Request(
        endpoint_name=tick.endpoint_name,
        delete_records=False,
        when_busy="WAIT",  # no user is there to start it again
        deadline_seconds=DEFAULTS["deadlineSeconds"],
        dry_run=False,
        plan_hash=None,
        tick=tick,
    )
