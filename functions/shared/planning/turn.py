"""Whose turn it is: one change of an endpoint at a time, and none while something else changes it."""

import math
from typing import Literal

from shared.aws import Json
from shared.errors import DeadlineExceeded
from shared.locks import Lock
from shared.moments import after, moment, seconds_between

WhenBusy = Literal["FAIL", "WAIT"]

# Somebody at the console, or a policy that scales: most of what others do to an endpoint takes no longer.
PATIENCE_SECONDS = 900
# Step Functions ends an execution, not the functions that it has called: they work for as long as their Timeout says.
CALL_SECONDS = 60
# No lock outlives its execution, which may take ten hours, and two more to be taken back (TimeoutSeconds of the state
# machines); then DynamoDB may delete it.
LOCK_SECONDS = 86_400
INTERVAL_SECONDS = 30
# From ten minutes on, who waits does so for hours: looks are 5 % of the time gone by apart, to spare the history.
PATIENT_SHARE = 0.05


def lock_body(lock: Lock, request_hash: str, started_at: str) -> Json:
    """The plan's `lock`: what the state machine needs to take it, in the turn after the one that was seen."""
    return {
        "id": lock.lock_id,
        "turn": lock.turn,
        "requestHash": request_hash,
        "expiresAt": int(moment(started_at).timestamp()) + LOCK_SECONDS,
    }


def require_time(plan: Json, now: str) -> None:
    """See that the deadline has not passed while others were faster again and again.

    Who waits for its turn is told of the one that it waits for instead, and ends a little after its deadline.

    Raises
    ------
    DeadlineExceeded
        When it has, some time ago.
    """
    if seconds_between(plan["deadlineAt"], now) > INTERVAL_SECONDS:
        raise DeadlineExceeded(
            f"The lock of endpoint {plan['endpointName']} could not be had before the deadline, {plan['deadlineAt']}."
        )


def behind_holder(lock: Lock, plan: Json, request_hash: str, when_busy: WhenBusy, now: str) -> Json | None:
    """The plan's `busy` where another execution holds the lock, or may still be at work; None where none is.

    Behind the same request it waits whatever `when_busy` says: when the other has succeeded, there is nothing to do.
    So it does behind one that has broken off, for that takes a minute.

    Parameters
    ----------
    plan : Json
        ``endpointName``, ``executionArn``, ``startedAt`` and ``deadlineAt`` of the plan.
    """
    if lock.held_by is None:
        return _behind_calls(lock, plan, now)
    if lock.held_by == plan["executionArn"]:
        return None
    waits = when_busy == "WAIT" or lock.request_hash == request_hash
    cause = (
        f"Endpoint {plan['endpointName']} is being changed by another execution since {lock.held_since}: "
        f"{lock.held_by}. "
    )
    cause += "It did not end before this one's deadline." if waits else 'To wait for it, say "whenBusy": "WAIT".'
    until = plan["deadlineAt"] if waits else plan["startedAt"]
    return _busy(plan, lock.held_by, cause, until, now)


def _behind_calls(lock: Lock, plan: Json, now: str) -> Json | None:
    """The plan's `busy` while what the execution that broke off had called may still change the endpoint."""
    if not lock.broken_off_at:
        return None
    until = after(lock.broken_off_at, CALL_SECONDS)
    if moment(until) <= moment(now):
        return None
    cause = (
        f"The last execution that changed endpoint {plan['endpointName']} broke off at {lock.broken_off_at}; what it "
        f"had called may be at work until {until}. Start again then."
    )
    return _busy(plan, None, cause, min(until, plan["deadlineAt"], key=moment), now)


def behind_stranger(plan: Json, what: str, when_busy: WhenBusy, now: str) -> Json:
    """The plan's `busy` where something that holds no lock is changing the endpoint.

    Parameters
    ----------
    what : str
        What is going on, a sentence.
    """
    patience_ends_at = after(plan["startedAt"], PATIENCE_SECONDS)
    waits = when_busy == "WAIT" or moment(plan["deadlineAt"]) < moment(patience_ends_at)
    until = plan["deadlineAt"] if waits else patience_ends_at
    name = plan["endpointName"]
    cause = (
        f"{what} Nothing that holds Slipway's lock is changing it, and it did not come to rest until {until}. Wait "
        f"until it has (aws sagemaker wait endpoint-in-service --endpoint-name {name}), then start again."
    )
    return _busy(plan, None, cause, until, now)


def _busy(plan: Json, held_by: str | None, cause: str, until: str, now: str) -> Json:
    waited_seconds = seconds_between(plan["startedAt"], now)
    wait_seconds = max(INTERVAL_SECONDS, round(PATIENT_SHARE * waited_seconds))
    left_seconds = max(0, math.ceil(seconds_between(now, until)))
    return {"heldBy": held_by, "cause": cause, "waitSeconds": min(wait_seconds, left_seconds)}
