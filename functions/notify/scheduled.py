"""What a failure of a schedule adds: whether the endpoint is still away, and the command that repeats the tick."""

import json
from typing import TYPE_CHECKING

from shared.live_config import LiveConfig
from shared.plan import SCHEDULED

if TYPE_CHECKING:
    from notify.failure import Failure, FailureFacts

STILL_AWAY = "the endpoint is still away"


def complete(failure: "Failure", facts: "FailureFacts") -> None:
    """Add to the failure what concerns only a schedule."""
    name = failure.endpoint_name
    if name is None:
        return
    if failure.live.is_missing and not failure.is_removal:
        since = facts["plan"]["trigger"].get("awaySince") if facts["plan"] else None
        sentence = f"Endpoint {name} is still away{f' (removed at {since})' if since else ''}."
        failure.live = LiveConfig(sentence, STILL_AWAY, is_missing=True)
    wants, what = ("away", "remove") if failure.is_removal else ("up", "start")
    # The time decides nothing.
    tick = {"endpointName": name, SCHEDULED: {"wants": wants, "time": facts["execution"]["startedAt"]}}
    machine_arn = failure.execution_arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    failure.remedy += (
        f"\nTo {what} it within its schedule: aws stepfunctions start-execution --state-machine-arn {machine_arn} "
        f"--input '{json.dumps(tick)}'"
    )
