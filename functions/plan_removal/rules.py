"""Every fault of a request to remove an endpoint, by its schema and by the rules across its fields."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.aws import Json
from shared.planning.faults import Fault, of_another_machine
from shared.planning.validation import read, schema_faults, sound

SCHEMA = read(Path(__file__).with_name("request.schema.json"))
DEPLOYMENT_FIELDS = frozenset({"productionVariants", "rollback", "rollbackTo"})


def faults(document: Any) -> list[Fault]:
    """Return every fault of the request; none if it is valid."""
    found = of_another_machine(
        schema_faults(document, SCHEMA), DEPLOYMENT_FIELDS, "a deployment", "DeployEndpointStateMachineArn"
    )
    if isinstance(document, dict) and not document.keys() & DEPLOYMENT_FIELDS:
        found += _confirmation_faults(sound(document, found))
    return found


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
