"""Turns: executions change an endpoint one at a time, in the order of their start.

The planner takes the lock before it reads anything else, so no plan is stale. An execution that already holds the lock
keeps it, because Step Functions retries a planner that failed.
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
from shared.locks import Lock, Locks, QueueEntry
from shared.moments import after, moment, seconds_between
from shared.plan import Busy, Trigger

WhenBusy = Literal["FAIL", "WAIT"]

# Longest wait for an external change, such as a new instance count; most take less.
PATIENCE_SECONDS = 900
# A function can run for its whole Timeout, even if its execution has already ended.
CALL_SECONDS = 60
# An execution takes at most 18 hours and its recovery two more (TimeoutSeconds of the state machines). DynamoDB may
# delete the lock after that.
LOCK_SECONDS = 86_400
# An approval supersedes older ones for that long. The dead-letter queue can deliver one up to 14 days late.
APPROVAL_SECONDS = 30 * 86_400
# After ten minutes the interval grows with the time waited, to keep the execution history short.
INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS = 30, 60
INTERVAL_SHARE = 0.05
# Longest queue. A DynamoDB item could store more, but a longer queue needs an operator.
MOST_WAITING = 50
# A try fails only if another planner has changed the lock in between.
MOST_TRIES = 20

logger = Logger(child=True)


@dataclass(frozen=True)
class Gate:
    """Access to the locks, and to Step Functions, which knows whether a lock holder still runs."""

    locks: Locks
    states: Callable[[], Client]


@dataclass(frozen=True)
class Candidate:
    """An execution that asks for its turn, and how long it is ready to wait.

    Attributes
    ----------
    entry : QueueEntry
        The execution as it is in the queue.
    when_busy : str
        Whether it waits for other executions.
    waits_until : str
        End of the longest wait; ISO 8601.
    """

    entry: QueueEntry
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
        Start of the turn, or now if it is not this execution's turn; ISO 8601.
    """

    busy: Busy | None
    since: str


def plan_in_turn(
    candidate: Candidate,
    now: str,
    gate: Gate,
    *,
    dry_run: bool,
    waiting: Callable[[Admission], plan.AnyPlan],
    planned: Callable[[Admission], plan.AnyPlan],
) -> plan.AnyPlan:
    """Take the lock and return the plan, or return a plan that says why the lock cannot be taken.

    A dry run does not need the lock. If planning fails, or the plan ends the execution, the lock is released.

    Parameters
    ----------
    planned : callable
        Returns the plan if it is this execution's turn.
    waiting : callable
        Returns the plan if it is not.
    """
    if dry_run:
        return planned(peek(candidate, now, gate))
    admission = take(candidate, now, gate)
    if admission.busy:
        return waiting(admission)
    with released_on_failure(candidate, gate):
        made = planned(admission)
    if "report" in made or (made["busy"] and not made["busy"]["waitSeconds"]):
        release(candidate, gate)
    return made


def members(
    candidate: Candidate, admission: Admission, action: str, deadline_at: str, trigger: Trigger, *, dry_run: bool
) -> plan.AnyPlan:
    """Return the members that every plan has."""
    return {
        "action": action,
        "endpointName": candidate.endpoint_name,
        "executionArn": candidate.entry.execution_arn,
        "startedAt": candidate.entry.started_at,
        "turnSince": admission.since,
        "deadlineAt": deadline_at,
        "requestHash": candidate.entry.request_hash,
        "trigger": trigger,
        "dryRun": dry_run,
        "busy": admission.busy,
    }


def nothing_to_do(planned: plan.AnyPlan, reason: str) -> plan.AnyPlan:
    """Return the plan of a schedule that has nothing to do, with the output of its execution.

    Parameters
    ----------
    planned : AnyPlan
        The members that every plan has.
    """
    output = {
        "outcome": "SUCCEEDED",
        "changed": False,
        "action": "none",
        "endpointName": planned["endpointName"],
        "trigger": planned["trigger"],
        "reason": reason,
    }
    return {**planned, "action": "none", "report": output}


def take(candidate: Candidate, now: str, gate: Gate) -> Admission:
    """Take the lock if it is this execution's turn. Otherwise join the queue, if the execution is to wait.

    Raises
    ------
    ServiceUnavailable
        If other planners keep changing the lock.
    """
    for _ in range(MOST_TRIES):
        seen = gate.locks.read(candidate.endpoint_name)
        if seen.held_by == candidate.entry.execution_arn:
            return Admission(None, seen.held_since)
        lock = _without_ended(seen, candidate.entry, gate)
        busy = _superseded(lock, candidate.entry) or _behind(lock, candidate, now)
        if busy:  # an ended lock holder stays until the next one takes the lock, so that its recovery can take over
            lock = replace(lock, held_by=seen.held_by, broken_off_at=seen.broken_off_at)
        wanted = _lock_after(lock, candidate.entry, busy, now)
        if replace(wanted, expires_at=seen.expires_at) == seen or gate.locks.replace(seen, wanted):
            return Admission(busy, now)
    raise ServiceUnavailable(f"The lock of endpoint {candidate.endpoint_name} changed {MOST_TRIES} times in a row.")


def peek(candidate: Candidate, now: str, gate: Gate) -> Admission:
    """Return what `take` would return now, and leave the lock as it is."""
    seen = gate.locks.read(candidate.endpoint_name)
    return Admission(_behind(_without_ended(seen, candidate.entry, gate), candidate, now), now)


@contextmanager
def released_on_failure(candidate: Candidate, gate: Gate) -> Iterator[None]:
    """Release the lock if planning fails. If the state is retried, the execution keeps its place in the queue."""
    try:
        with aws_errors():
            yield
    except Exception as error:
        release(candidate, gate, keeps_place=isinstance(error, ServiceUnavailable))
        raise


def release(candidate: Candidate, gate: Gate, *, keeps_place: bool = False) -> None:
    """Release the lock if this execution holds it. If that fails, `recover_execution` does it after the execution."""
    try:
        for _ in range(MOST_TRIES):
            seen = gate.locks.read(candidate.endpoint_name)
            lock = replace(seen, held_by=None) if seen.held_by == candidate.entry.execution_arn else seen
            lock = lock.joined_by(candidate.entry) if keeps_place else lock.without(candidate.entry.execution_arn)
            if lock == seen or gate.locks.replace(seen, lock):
                return
    except (BotoCoreError, ClientError, SlipwayError) as error:
        logger.warning("the lock was not released", reason=str(error))


def behind_external_change(
    admission: Admission, what: str, candidate: Candidate, deadline_at: str, now: str, command: str = ""
) -> Busy:
    """Return the plan's `busy` during an external change of the endpoint.

    Parameters
    ----------
    what : str
        The change; a sentence.
    deadline_at : str
        The plan's deadline; ISO 8601.
    command : str
        The command that waits for the end of the change, or shows it; by default that of the endpoint.
    """
    follow = command or f"aws sagemaker wait endpoint-in-service --endpoint-name {candidate.endpoint_name}"
    patience_ends_at = after(admission.since, PATIENCE_SECONDS)
    until = deadline_at if candidate.when_busy == "WAIT" else min(patience_ends_at, deadline_at, key=moment)
    cause = (
        f"{what} This is an external change: no running Slipway execution makes it. It did not end before {until}. "
        f"Wait for it ({follow}), then start again."
    )
    return _busy(candidate, cause, until, now)


def _without_ended(lock: Lock, me: QueueEntry, gate: Gate) -> Lock:
    """Return the lock without a holder that has ended, and without earlier entries that no longer wait for a turn."""
    if lock.held_by:
        ended_at = executions.ended_at(gate.states(), lock.held_by)
        if ended_at is None:
            return lock
        lock = replace(lock, held_by=None, broken_off_at=ended_at)
    for entry in _before(lock, me):
        if not entry.is_superseded_by(me) and executions.ended_at(gate.states(), entry.execution_arn) is None:
            break
        lock = lock.without(entry.execution_arn)
    return lock


def _before(lock: Lock, me: QueueEntry) -> list[QueueEntry]:
    return [entry for entry in lock.waiting if entry.rank < me.rank]


def _superseded(lock: Lock, me: QueueEntry) -> Busy | None:
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

    An execution always waits for another one with the same request, because afterwards there is nothing left to do. It
    also waits for a minute after a stopped execution, whose functions can still be running.
    """
    name = candidate.endpoint_name
    if lock.held_by:
        what = f"Another execution has been changing endpoint {name} since {lock.held_since}: {lock.held_by}. "
        return _behind_another(lock, candidate, what, [lock.request_hash], now)
    calls_end_at = after(lock.broken_off_at, CALL_SECONDS) if lock.broken_off_at else now
    if moment(calls_end_at) > moment(now):
        cause = (
            f"The last execution that changed endpoint {name} was stopped at {lock.broken_off_at}. Its calls may run "
            f"until {calls_end_at}. Start again after that."
        )
        return _busy(candidate, cause, min(calls_end_at, candidate.waits_until, key=moment), now)
    before = _before(lock, candidate.entry)
    if not before:
        return None
    what = f"Executions that started earlier wait for endpoint {name}. The next one is {before[0].execution_arn}. "
    return _behind_another(lock, candidate, what, [entry.request_hash for entry in before], now)


def _behind_another(lock: Lock, candidate: Candidate, what: str, hashes: list[str], now: str) -> Busy:
    if len(lock.without(candidate.entry.execution_arn).waiting) >= MOST_WAITING:
        return _busy(candidate, f"{what}{MOST_WAITING} executions already wait, which is the maximum.", now, now)
    if candidate.when_busy == "WAIT" or candidate.entry.request_hash in hashes:
        cause = f"{what}This execution did not have its turn before {candidate.waits_until}."
        return _busy(candidate, cause, candidate.waits_until, now)
    return _busy(candidate, f'{what}To wait for it, add "whenBusy": "WAIT".', now, now)


def _busy(candidate: Candidate, cause: str, until: str, now: str) -> Busy:
    waited_seconds = seconds_between(candidate.entry.started_at, now)
    wait_seconds = min(max(INTERVAL_SECONDS, round(INTERVAL_SHARE * waited_seconds)), LONGEST_INTERVAL_SECONDS)
    left_seconds = max(0, math.ceil(seconds_between(now, until)))
    return {"error": EndpointBusy.__name__, "cause": cause, "waitSeconds": min(wait_seconds, left_seconds)}


def _lock_after(lock: Lock, me: QueueEntry, busy: Busy | None, now: str) -> Lock:
    """Return the lock as this execution leaves it: with this execution as holder, in the queue, or neither."""
    lock = replace(lock, expires_at=max(lock.expires_at, int(moment(now).timestamp()) + LOCK_SECONDS))
    if busy:
        return lock.joined_by(me) if busy["waitSeconds"] > 0 else lock.without(me.execution_arn)
    lock = replace(lock, held_by=me.execution_arn, held_since=now, request_hash=me.request_hash, broken_off_at="")
    return _with_approval(lock.without(me.execution_arn), me, now)


def _with_approval(lock: Lock, me: QueueEntry, now: str) -> Lock:
    """Return the lock with the approval added, so that it supersedes older ones of its group."""
    if me.approval is None:
        return lock
    others = [each for each in lock.approvals if each.approval and each.approval.group_name != me.approval.group_name]
    same = [each for each in lock.approvals if each not in others]
    newest = max([*same, me], key=lambda each: moment(each.approval.approved_at) if each.approval else moment(now))
    expires_at = int(moment(now).timestamp()) + APPROVAL_SECONDS
    return replace(lock, approvals=(*others, newest), expires_at=max(lock.expires_at, expires_at))
