"""What a valid request to remove an endpoint asks for, with its defaults filled in."""

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
OF_A_DEPLOYMENT = frozenset({"productionVariants", "rollback", "rollbackTo"})


@dataclass(frozen=True)
class Request:
    """A valid request.

    Attributes
    ----------
    delete_records : bool
        Whether the history of the endpoint goes, too.
    dry_run : bool
        Whether nothing but the plan is wanted.
    plan_hash : str or None
        The plan that is wanted; None when any is.
    """

    endpoint_name: str
    delete_records: bool
    when_busy: WhenBusy
    deadline_seconds: int
    dry_run: bool
    plan_hash: str | None


def parse(document: Any) -> Request:
    """The request that a JSON document holds.

    Raises
    ------
    InvalidRequest
        With every fault at once; one of them is that it does not confirm which endpoint goes.
    """
    faults = of_another_machine(
        schema_faults(document, SCHEMA), OF_A_DEPLOYMENT, "a deployment", "DeployEndpointStateMachineArn"
    )
    if isinstance(document, dict) and not document.keys() & OF_A_DEPLOYMENT:
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
    """What is wrong with `confirm`; whether it is right cannot be told where one of the two is faulty by itself."""
    name, confirmed = request.get("endpointName"), request.get("confirm")
    if "confirm" not in request:
        if request.get("dryRun", False) is False:
            remedy = (
                "Repeat the endpoint's name there: requests to a removed endpoint fail; "
                'or see first what would go, with "dryRun": true'
            )
            yield Fault("/confirm", "is missing", remedy)
    elif None not in (name, confirmed) and name != confirmed:
        problem = f"expected {json.dumps(name)}, as in /endpointName, got {json.dumps(confirmed)}"
        yield Fault("/confirm", problem, "Make sure which endpoint is meant, then name the same one in both")
