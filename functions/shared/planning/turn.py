"""Turns: one change of an endpoint at a time, in the order in which the executions started.

The planner takes the lock before it reads anything else, so no plan is stale. An execution that already holds the lock
keeps it: a planner that died is called again.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared import executions, plan
from shared.aws import Client, aws_errors
from shared.errors import EndpointBusy, ServiceUnavailable, SlipwayError, Superseded
from shared.locks import Lock, Locks, Waiter
from shared.moments import after, moment, seconds_between
from shared.plan import Busy, Trigger

WhenBusy = Literal["FAIL", "WAIT"]

# Most external changes of an endpoint, such as by a scaling policy, take less.
PATIENCE_SECONDS = 900
# A function runs until its own Timeout, even if Step Functions has already ended its execution.
CALL_SECONDS = 60
# An execution takes at most 18 hours and its recovery two more (TimeoutSeconds of the state machines). DynamoDB may
# delete the lock after that.
LOCK_SECONDS = 86_400
# How long an approval can supersede older ones; the dead-letter queue keeps a late one for 14 days.
APPROVAL_SECONDS = 30 * 86_400
# After ten minutes the interval grows with the time waited, to keep the execution history short.
INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS = 30, 60
INTERVAL_SHARE = 0.05
# A DynamoDB item holds far more; a queue of this length needs a person.
MOST_WAITING = 50
# Each failed try means that another planner has changed the lock in between.
MOST_TRIES = 20

logger = Logger(child=True)


@dataclass(frozen=True)
class Gate:
    """The table of locks, and the client that tells whether a lock holder still runs."""

    locks: Locks
    states: Callable[[], Client]


@dataclass(frozen=True)
class Candidate:
    """An execution that asks for its turn.

    Attributes
    ----------
    when_busy : str
        Whether it waits for another execution.
    waits_until : str
        The longest that it waits; ISO 8601.
    """

    waiter: Waiter
    endpoint_name: str
    when_busy: WhenBusy
    waits_until: str


@dataclass(frozen=True)
class Admission:
    """Whether an execution has its turn.

    Attributes
    ----------
    busy : Busy or None
        The plan's `busy`; None if it has its turn.
    since : str
        When the turn began, or now if it has not; ISO 8601.
    """

    busy: Busy | None
    since: str


def plan_in_turn(
    candidate: Candidate,
    now: str,
    gate: Gate,
    *,
    dry_run: bool,
    waiting: Callable[[Admission], plan.Turn],
    planned: Callable[[Admission], plan.Turn],
) -> plan.Turn:
    """Take the lock and return the plan, or return a plan that says why the lock cannot be taken.

    A dry run does not need the lock. A plan that ends the execution, and a failure, release it.

    Parameters
    ----------
    waiting, planned : callable
        Return the plan without, and with, the turn.
    """
    if dry_run:
        return planned(look(candidate, now, gate))
    admission = take(candidate, now, gate)
    if admission.busy:
        return waiting(admission)
    with released_on_failure(candidate, gate):
        made = planned(admission)
    if made["busy"] and not made["busy"]["waitSeconds"]:
        release(candidate, gate)
    return made


def described(
    candidate: Candidate, admission: Admission, action: str, deadline_at: str, trigger: Trigger, *, dry_run: bool
) -> plan.Turn:
    """Return the members of every plan, with the admission's `busy`."""
    return {
        "action": action,
        "endpointName": candidate.endpoint_name,
        "executionArn": candidate.waiter.execution_arn,
        "startedAt": candidate.waiter.started_at,
        "turnSince": admission.since,
        "deadlineAt": deadline_at,
        "requestHash": candidate.waiter.request_hash,
        "trigger": trigger,
        "dryRun": dry_run,
        "busy": admission.busy,
    }


def take(candidate: Candidate, now: str, gate: Gate) -> Admission:
    """Take the lock if it is this execution's turn. Otherwise join the waiting executions, if it waits.

    Raises
    ------
    ServiceUnavailable
        If other planners keep changing the lock.
    """
    for _ in range(MOST_TRIES):
        seen = gate.locks.read(candidate.endpoint_name)
        if seen.held_by == candidate.waiter.execution_arn:
            return Admission(None, seen.held_since)
        lock = _without_the_dead(seen, candidate.waiter, gate)
        busy = _superseded(lock, candidate.waiter) or _behind(lock, candidate, now)
        if busy:  # only the next lock holder removes a dead one: until then, recovery may take over from it
            lock = replace(lock, held_by=seen.held_by, broken_off_at=seen.broken_off_at)
        wanted = _outcome(lock, candidate.waiter, busy, now)
        if replace(wanted, expires_at=seen.expires_at) == seen or gate.locks.replace(seen, wanted):
            return Admission(busy, now)
    raise ServiceUnavailable(f"The lock of endpoint {candidate.endpoint_name} changed {MOST_TRIES} times in a row.")


def look(candidate: Candidate, now: str, gate: Gate) -> Admission:
    """Return what `take` would return now, without changing the lock."""
    seen = gate.locks.read(candidate.endpoint_name)
    return Admission(_behind(_without_the_dead(seen, candidate.waiter, gate), candidate, now), now)


@contextmanager
def released_on_failure(candidate: Candidate, gate: Gate) -> Iterator[None]:
    """Release the lock when planning fails. The execution keeps its place if the planner is called again."""
    try:
        with aws_errors():
            yield
    except Exception as error:
        release(candidate, gate, keeps_place=isinstance(error, ServiceUnavailable))
        raise


def release(candidate: Candidate, gate: Gate, *, keeps_place: bool = False) -> None:
    """Release the lock if this execution holds it. If that fails, recovery does it after the execution's end."""
    try:
        for _ in range(MOST_TRIES):
            seen = gate.locks.read(candidate.endpoint_name)
            lock = replace(seen, held_by=None) if seen.held_by == candidate.waiter.execution_arn else seen
            lock = lock.joined_by(candidate.waiter) if keeps_place else lock.without(candidate.waiter.execution_arn)
            if lock == seen or gate.locks.replace(seen, lock):
                return
    except (BotoCoreError, ClientError, SlipwayError) as error:
        logger.warning("the lock was not released", reason=str(error))


def behind_external_change(admission: Admission, what: str, candidate: Candidate, deadline_at: str, now: str) -> Busy:
    """Return the plan's `busy` during an external change of the endpoint.

    Parameters
    ----------
    what : str
        The change; a sentence.
    deadline_at : str
        The plan's deadline; ISO 8601.
    """
    patience_ends_at = after(admission.since, PATIENCE_SECONDS)
    until = deadline_at if candidate.when_busy == "WAIT" else min(patience_ends_at, deadline_at, key=moment)
    cause = (
        f"{what} This is an external change: no Slipway execution made it. It did not end before {until}. Wait for "
        f"it (aws sagemaker wait endpoint-in-service --endpoint-name {candidate.endpoint_name}), then start again."
    )
    return _busy(candidate, cause, until, now)


def _without_the_dead(lock: Lock, me: Waiter, gate: Gate) -> Lock:
    """Return the lock without a holder that has ended, and without earlier executions that will not have a turn."""
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


def _superseded(lock: Lock, me: Waiter) -> Busy | None:
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


def _behind(lock: Lock, candidate: Candidate, now: str) -> Busy | None:
    """Return the plan's `busy` if it is not this execution's turn.

    An execution always waits for one with the same request, because then there is nothing left to do. It also waits
    for the calls of one that was stopped, which takes a minute.
    """
    name = candidate.endpoint_name
    if lock.held_by:
        what = f"Another execution has been changing endpoint {name} since {lock.held_since}: {lock.held_by}. "
        return _behind_another(lock, candidate, what, [lock.request_hash], now)
    calls_end_at = after(lock.broken_off_at, CALL_SECONDS) if lock.broken_off_at else now
    if moment(calls_end_at) > moment(now):
        cause = (
            f"The last execution that changed endpoint {name} was stopped at {lock.broken_off_at}. Its calls may run "
            f"until {calls_end_at}. Start again then."
        )
        return _busy(candidate, cause, min(calls_end_at, candidate.waits_until, key=moment), now)
    before = _before(lock, candidate.waiter)
    if not before:
        return None
    what = f"Executions that started earlier wait for endpoint {name}. The next one is {before[0].execution_arn}. "
    return _behind_another(lock, candidate, what, [waiter.request_hash for waiter in before], now)


def _behind_another(lock: Lock, candidate: Candidate, what: str, hashes: list[str], now: str) -> Busy:
    if len(lock.without(candidate.waiter.execution_arn).waiting) >= MOST_WAITING:
        return _busy(candidate, f"{what}{MOST_WAITING} executions already wait, which is the maximum.", now, now)
    if candidate.when_busy == "WAIT" or candidate.waiter.request_hash in hashes:
        cause = f"{what}This execution did not have its turn before {candidate.waits_until}."
        return _busy(candidate, cause, candidate.waits_until, now)
    return _busy(candidate, f'{what}To wait for it, add "whenBusy": "WAIT".', now, now)


def _busy(candidate: Candidate, cause: str, until: str, now: str) -> Busy:
    waited_seconds = seconds_between(candidate.waiter.started_at, now)
    wait_seconds = min(max(INTERVAL_SECONDS, round(INTERVAL_SHARE * waited_seconds)), LONGEST_INTERVAL_SECONDS)
    left_seconds = max(0, math.ceil(seconds_between(now, until)))
    return {"error": EndpointBusy.__name__, "cause": cause, "waitSeconds": min(wait_seconds, left_seconds)}


def _outcome(lock: Lock, me: Waiter, busy: Busy | None, now: str) -> Lock:
    """Return the lock as this execution leaves it: held by it, with it waiting, or without it."""
    lock = replace(lock, expires_at=max(lock.expires_at, int(moment(now).timestamp()) + LOCK_SECONDS))
    if busy:
        return lock.joined_by(me) if busy["waitSeconds"] > 0 else lock.without(me.execution_arn)
    lock = replace(lock, held_by=me.execution_arn, held_since=now, request_hash=me.request_hash, broken_off_at="")
    return _with_approval(lock.without(me.execution_arn), me, now)


def _with_approval(lock: Lock, me: Waiter, now: str) -> Lock:
    """Return the lock that remembers the approval, which supersedes older ones of its group."""
    if me.approval is None:
        return lock
    others = [each for each in lock.approvals if each.approval and each.approval.group_name != me.approval.group_name]
    same = [each for each in lock.approvals if each not in others]
    newest = max([*same, me], key=lambda each: moment(each.approval.approved_at) if each.approval else moment(now))
    expires_at = int(moment(now).timestamp()) + APPROVAL_SECONDS
    return replace(lock, approvals=(*others, newest), expires_at=max(lock.expires_at, expires_at))
