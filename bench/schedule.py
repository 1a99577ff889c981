"""Schedule of "Check endpoint", evaluated from the state machine's own expression, its only definition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import yaml

from local_aws.offline import evaluate
from slipway import graph
from tools import stack

ASKED_AT = datetime(2026, 11, 21, 5, tzinfo=UTC)
FAR_SECONDS = 10 * 86_400  # means no deadline


@cache
def expression() -> str:
    """`TimeoutSeconds` of the state."""
    machine = yaml.safe_load((stack.ROOT / "statemachine" / "deploy_endpoint.asl.yaml").read_text())
    return str(dict(graph.states(machine))["Check endpoint"]["TimeoutSeconds"])


def timeout_seconds(
    elapsed_seconds: float, seconds_to_deadline: float, first_check_seconds: float, *, is_refused: bool = False
) -> int:
    """Seconds that the state waits for an event before it checks again.

    Parameters
    ----------
    elapsed_seconds : float
        From the call on the endpoint to the entry of the state.
    seconds_to_deadline : float
        From the entry of the state; negative if the deadline has passed.
    first_check_seconds : float
        The plan's ``firstCheckSeconds``.
    is_refused : bool
        Whether SageMaker refused the call on the endpoint.
    """
    entered_at = ASKED_AT + timedelta(seconds=elapsed_seconds)
    deadline_at = entered_at + timedelta(seconds=min(seconds_to_deadline, FAR_SECONDS))
    bindings = {
        "askedAt": _iso(ASKED_AT),
        "refused": [{"operation": "UpdateEndpoint"}] if is_refused else [],
        "plan": {"firstCheckSeconds": first_check_seconds, "deadlineAt": _iso(deadline_at)},
        "states": {"context": {"State": {"EnteredTime": _iso(entered_at)}}},
    }
    return int(evaluate(expression(), bindings, "TimeoutSeconds"))


def _iso(point: datetime) -> str:
    return point.isoformat(timespec="milliseconds").replace("+00:00", "Z")
