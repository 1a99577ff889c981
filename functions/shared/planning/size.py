"""Whether a plan is small enough for the state machine that carries it out."""

import json

from shared.aws import Json
from shared.errors import InvalidRequest
from shared.planning.faults import Fault, message, pointer_to

# Step Functions passes 262,144 bytes from state to state (developer guide, quotas); the rest is for what the states
# add to the plan: answers, failures and the input of the machine that takes a deployment back.
MOST_BYTES = 200 * 1024


def require_size(plan: Json, request: Json) -> Json:
    """The plan, if the state machine can carry it.

    Parameters
    ----------
    request : Json
        What was asked for; its largest field is named where the plan is too large.

    Raises
    ------
    InvalidRequest
        When the plan is too large.
    """
    size = _bytes(plan)
    if size <= MOST_BYTES:
        return plan
    largest = max(request, key=lambda field: _bytes(request[field]))
    problem = (
        f"its {_bytes(request[largest]):,} bytes make a plan of {size:,} bytes, and the state machine carries "
        f"{MOST_BYTES:,}"
    )
    fault = Fault(pointer_to([largest]), problem, "Shorten it, or deploy fewer variants: some fields count for each")
    raise InvalidRequest(message("The request", [fault]))


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
