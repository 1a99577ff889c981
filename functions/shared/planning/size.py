"""The size of a plan, which the state machine has to carry."""

import json

from shared.aws import Json
from shared.errors import InvalidRequest
from shared.plan import AnyPlan
from shared.planning.faults import Fault, message, pointer_to

# Step Functions passes at most 262,144 bytes from state to state (developer guide, quotas). The rest is for what the
# states add to the plan: answers, failures and the input of the recovery.
MOST_BYTES = 180 * 1024


def require_size(plan: AnyPlan, request: Json) -> None:
    """Check that the state machine can carry the plan.

    Parameters
    ----------
    request : Json
        What is deployed; the message names its largest field.

    Raises
    ------
    InvalidRequest
        If it cannot.
    """
    size = _bytes(plan)
    if size <= MOST_BYTES:
        return
    largest = max(request, key=lambda field: _bytes(request[field]))
    problem = (
        f"its {_bytes(request[largest]):,} bytes make a plan of {size:,} bytes; the state machine can carry "
        f"{MOST_BYTES:,}"
    )
    remedy = "Shorten it, or deploy fewer variants: some fields count for each of them, and so does registered scaling"
    fault = Fault(pointer_to([largest]), problem, remedy)
    raise InvalidRequest(message("The request", [fault]))


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
