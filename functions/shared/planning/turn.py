"""Whose turn it is: one change of an endpoint at a time, in the order of the executions' start.

The planner takes the lock before it reads anything else, so no plan is stale. An execution that already holds the lock
goes on: a planner that died is simply called again.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared import executions
from shared.aws import Client, Json, aws_errors
from shared.errors import Ending, EndpointBusy, ServiceUnavailable, Superseded
from shared.locks import Lock, Locks, Waiter
from shared.moments import after, moment, seconds_between

WhenBusy = Literal["FAIL", "WAIT"]

# Most of what others do to an endpoint, at the console or by a scaling policy, takes no longer.
PATIENCE_SECONDS = 900
# Step Functions ends an execution, not the functions that it has called: they work for as long as their Timeout says.
CALL_SECONDS = 60
# No lock outlives its execution, which may take 18 hours, and two more to be recovered (TimeoutSeconds of the state
# machines); then DynamoDB may delete it.
LOCK_SECONDS = 86_400
# Approvals that come later than that, such as from the dead-letter queue, which keeps them for 14 days, are not known.
APPROVAL_SECONDS = 30 * 86_400
# From ten minutes on, looks are 5 % of the time gone by apart, but a minute at most, to spare the history.
INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS = 30, 60
PATIENT_SHARE = 0.05
# One item of DynamoDB holds far more; a queue of that length wants a person.
MOST_WAITING = 50
# Each failure means that another planner has changed the lock in between.
MOST_TRIES = 20

logger = Logger(child=True)


@dataclass(frozen=True)
class Gate:
    """What deciding about turns needs."""

    locks: Locks
    states: Callable[[], Client]


@dataclass(frozen=True)
class Asked:
    """An execution, and how it asks for its turn.

    Attributes
    ----------
    waits_until : str
        How long it waits at most where it may wait; ISO 8601.
    """

    me: Waiter
    endpoint_name: str
    when_busy: WhenBusy
    waits_until: str


@dataclass(frozen=True)
class Turn:
    """What came of asking.

    Attributes
    ----------
    busy : Json or None
        The plan's `busy`; None when it is this execution's turn.
    since : str
        When the turn began, or the time where it has not; ISO 8601.
    """

    busy: Json | None
    since: str


def take(asked: Asked, now: str, gate: Gate) -> Turn:
    """Take the lock if it is this execution's turn, else join those that wait, if it may.

    Raises
    ------
    ServiceUnavailable
        When others change the lock all the time.
    """
    for _ in range(MOST_TRIES):
        seen = gate.locks.read(asked.endpoint_name)
        if seen.held_by == asked.me.execution_arn:
            return Turn(None, seen.held_since)
        lock = _without_the_dead(seen, asked.me, gate)
        busy = _superseded(lock, asked.me) or _behind(lock, asked, now)
        if busy:  # only the next lock holder removes a dead one: until then, recovery may take over from it
            lock = replace(lock, held_by=seen.held_by, broken_off_at=seen.broken_off_at)
        wanted = _outcome(lock, asked.me, busy, now)
        if replace(wanted, expires_at=seen.expires_at) == seen or gate.locks.replace(seen, wanted):
            return Turn(busy, now)
    raise ServiceUnavailable(f"The lock of endpoint {asked.endpoint_name} changed {MOST_TRIES} times in a row.")


def look(asked: Asked, now: str, gate: Gate) -> Turn:
    """What would come of asking now; changes nothing, for a dry run."""
    seen = gate.locks.read(asked.endpoint_name)
    return Turn(_behind(_without_the_dead(seen, asked.me, gate), asked, now), now)


@contextmanager
def given_back_on_failure(asked: Asked, gate: Gate) -> Iterator[None]:
    """Release the lock when planning fails; where the planner is called again, the execution keeps its place."""
    try:
        with aws_errors():
            yield
    except Exception as error:
        give_back(asked, gate, keeps_place=isinstance(error, ServiceUnavailable))
        raise


def give_back(asked: Asked, gate: Gate, *, keeps_place: bool = False) -> None:
    """Release the lock if this execution holds it. Where that fails, "Settle execution" does it after the end."""
    try:
        for _ in range(MOST_TRIES):
            seen = gate.locks.read(asked.endpoint_name)
            lock = replace(seen, held_by=None) if seen.held_by == asked.me.execution_arn else seen
            lock = lock.joined_by(asked.me) if keeps_place else lock.without(asked.me.execution_arn)
            if lock == seen or gate.locks.replace(seen, lock):
                return
    except (BotoCoreError, ClientError, Ending) as error:
        logger.warning("the lock was not released", reason=str(error))


def behind_external_change(turn: Turn, what: str, asked: Asked, deadline_at: str, now: str) -> Json:
    """The plan's `busy` where something that holds no lock is changing the endpoint.

    Parameters
    ----------
    what : str
        What is going on, a sentence.
    deadline_at : str
        The plan's deadline; ISO 8601.
    """
    patience_ends_at = after(turn.since, PATIENCE_SECONDS)
    until = deadline_at if asked.when_busy == "WAIT" else min(patience_ends_at, deadline_at, key=moment)
    cause = (
        f"{what} Nothing that holds Slipway's lock is changing it, and it did not come to rest until {until}. Wait "
        f"until it has (aws sagemaker wait endpoint-in-service --endpoint-name {asked.endpoint_name}), then start "
        "again."
    )
    return _busy(asked, cause, until, now)


def _without_the_dead(lock: Lock, me: Waiter, gate: Gate) -> Lock:
    """The lock without a holder that has ended, and without those before this execution that will have no turn."""
    if lock.held_by:
        ended_at = executions.ended_at(gate.states(), lock.held_by)
        if ended_at is None:
            return lock
        lock = replace(lock, held_by=None, broken_off_at=ended_at)
    for waiter in _before(lock, me):
        if not waiter.is_superseded_by(me) and executions.ended_at(gate.states(), waiter.execution_arn) is None:
            break
        lock = lock.without(waiter.execution_arn)
    return lock


def _before(lock: Lock, me: Waiter) -> list[Waiter]:
    return [waiter for waiter in lock.waiting if waiter.rank < me.rank]


def _superseded(lock: Lock, me: Waiter) -> Json | None:
    newer = None
    for each in (*lock.approvals, *lock.waiting):
        if me.is_superseded_by(each) and (newer is None or newer.is_superseded_by(each)):
            newer = each
    if newer is None or newer.approval is None or me.approval is None:
        return None
    cause = (
        f"{me.approval.package_arn}, approved at {me.approval.approved_at}, was superseded by "
        f"{newer.approval.package_arn}, approved at {newer.approval.approved_at}: execution {newer.execution_arn} "
        "deploys that version instead."
    )
    return {"error": Superseded.__name__, "cause": cause, "waitSeconds": 0}


def _behind(lock: Lock, asked: Asked, now: str) -> Json | None:
    """The plan's `busy` where it is not this execution's turn.

    Behind the same request it waits whatever `when_busy` says: when the other has succeeded, there is nothing to do.
    So it does behind one that has broken off, for that takes a minute.
    """
    name = asked.endpoint_name
    if lock.held_by:
        what = f"Endpoint {name} is being changed by another execution since {lock.held_since}: {lock.held_by}. "
        return _behind_another(lock, asked, what, [lock.request_hash], now)
    calls_end_at = after(lock.broken_off_at, CALL_SECONDS) if lock.broken_off_at else now
    if moment(calls_end_at) > moment(now):
        cause = (
            f"The last execution that changed endpoint {name} broke off at {lock.broken_off_at}; what it had called "
            f"may be at work until {calls_end_at}. Start again then."
        )
        return _busy(asked, cause, min(calls_end_at, asked.waits_until, key=moment), now)
    before = _before(lock, asked.me)
    if not before:
        return None
    what = f"Endpoint {name} is waited for by executions that were started before; next is {before[0].execution_arn}. "
    return _behind_another(lock, asked, what, [waiter.request_hash for waiter in before], now)


def _behind_another(lock: Lock, asked: Asked, what: str, hashes: list[str], now: str) -> Json:
    if len(lock.without(asked.me.execution_arn).waiting) >= MOST_WAITING:
        return _busy(asked, f"{what}{MOST_WAITING} executions wait already, which is the most that may.", now, now)
    if asked.when_busy == "WAIT" or asked.me.request_hash in hashes:
        cause = f"{what}This execution did not have its turn before {asked.waits_until}."
        return _busy(asked, cause, asked.waits_until, now)
    return _busy(asked, f'{what}To wait for it, say "whenBusy": "WAIT".', now, now)


def _busy(asked: Asked, cause: str, until: str, now: str) -> Json:
    waited_seconds = seconds_between(asked.me.started_at, now)
    wait_seconds = min(max(INTERVAL_SECONDS, round(PATIENT_SHARE * waited_seconds)), LONGEST_INTERVAL_SECONDS)
    left_seconds = max(0, math.ceil(seconds_between(now, until)))
    return {"error": EndpointBusy.__name__, "cause": cause, "waitSeconds": min(wait_seconds, left_seconds)}


def _outcome(lock: Lock, me: Waiter, busy: Json | None, now: str) -> Lock:
    """The lock as this execution leaves it: held by it, waited for by it, or without it."""
    lock = replace(lock, expires_at=max(lock.expires_at, int(moment(now).timestamp()) + LOCK_SECONDS))
    if busy:
        return lock.joined_by(me) if busy["waitSeconds"] > 0 else lock.without(me.execution_arn)
    lock = replace(lock, held_by=me.execution_arn, held_since=now, request_hash=me.request_hash, broken_off_at="")
    return _with_approval(lock.without(me.execution_arn), me, now)


def _with_approval(lock: Lock, me: Waiter, now: str) -> Lock:
    """The lock that remembers the approval, which no older one of the group may follow."""
    if me.approval is None:
        return lock
    others = [each for each in lock.approvals if each.approval and each.approval.group_name != me.approval.group_name]
    same = [each for each in lock.approvals if each not in others]
    newest = max([*same, me], key=lambda each: moment(each.approval.approved_at) if each.approval else moment(now))
    expires_at = int(moment(now).timestamp()) + APPROVAL_SECONDS
    return replace(lock, approvals=(*others, newest), expires_at=max(lock.expires_at, expires_at))
