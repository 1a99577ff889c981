"""A valid request to remove an endpoint, with its defaults filled in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.aws import Json
from shared.errors import InvalidRequest
from shared.planning.faults import Fault, message, of_another_machine
from shared.planning.turn import WhenBusy
from shared.planning.validation import read, schema_faults, sound

SCHEMA = read(Path(__file__).with_name("request.schema.json"))
DEPLOYMENT_FIELDS = frozenset({"productionVariants", "rollback", "rollbackTo"})


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
    faults = of_another_machine(
        schema_faults(document, SCHEMA), DEPLOYMENT_FIELDS, "a deployment", "DeployEndpointStateMachineArn"
    )
    if isinstance(document, dict) and not document.keys() & DEPLOYMENT_FIELDS:
        faults += _confirmation_faults(sound(document, faults))
    if faults:
        raise InvalidRequest(message("The request", faults))
    given = {name: member["default"] for name, member in SCHEMA["properties"].items() if "default" in member} | document
    return Request(
        endpoint_name=given["endpointName"],
        delete_records=given["deleteRecords"],
        when_busy=given["whenBusy"],
        deadline_seconds=int(given["deadlineSeconds"]),
        dry_run=given["dryRun"],
        plan_hash=given.get("planHash"),
    )


def _confirmation_faults(request: Json) -> Iterator[Fault]:
    """Yield the faults of `confirm`, which is only compared if it and the endpoint's name are valid."""
    name, confirmed = request.get("endpointName"), request.get("confirm")
    if "confirm" not in request:
        if request.get("dryRun", False) is False:
            remedy = (
                "Repeat the endpoint's name there, because requests to a removed endpoint fail. "
                'To see first what would be deleted, add "dryRun": true'
            )
            yield Fault("/confirm", "is missing", remedy)
    elif None not in (name, confirmed) and name != confirmed:
        problem = f"expected {json.dumps(name)}, as in /endpointName, got {json.dumps(confirmed)}"
        yield Fault("/confirm", problem, "Check which endpoint is meant, then give the same name in both")
