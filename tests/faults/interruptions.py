"""Somebody stops an execution, or starts a second one, while it is in a state; each state, each kind of deployment."""

from dataclasses import dataclass
from typing import Any

from local_aws import until
from recover_execution import recovery
from shared.errors import BY_NAME
from tests.faults.cases import unharmed
from tests.faults.kinds import KINDS, Kind, newer
from tests.faults.promises import as_before, as_wanted, without_wreck
from tests.faults.world import World, look
from tests.support import project
from tests.support.deployment import Slipway
from tools import stack

GONE_BY = ("Choice", "Pass", "Fail", "Parallel")  # nothing waits in these, so nobody can step in


@dataclass(frozen=True)
class Interruption:
    """A kind of deployment, and the state in which it is interrupted, or soon after it."""

    kind: Kind
    state: str
    by: str

    def __str__(self) -> str:
        return f"{self.kind.name}: {self.by} in {self.state}"


def all_interruptions(slipway: Slipway) -> list[Interruption]:
    """Every state that each kind comes by, interrupted in each way."""
    found = []
    for kind in KINDS:
        path = unharmed(slipway, kind).path
        states = [state for state in path if project.states()[state]["Type"] not in GONE_BY]
        found += [Interruption(kind, state, by) for state in states for by in ("stopped", "second")]
    return found


def run_interruption(slipway: Slipway, case: Interruption, name: str) -> list[str]:
    """The promises that are broken, a line each."""
    slipway.heal()
    request = _prepared(slipway, case.kind, name)
    before = look(slipway, name)
    arn = slipway.start(request)
    # Which way it takes is partly chance: it may end without coming by.
    until(lambda: slipway.entered(arn, case.state) or slipway.has_ended(arn))
    found = _stopped(slipway, arn) if case.by == "stopped" else _second(slipway, arn, newer(name))
    slipway.heal()
    after = look(slipway, name)
    if without_wreck(before).endpoint and after.endpoint is None:
        found.append("what served before is gone")
    # A planner that was stopped may take the lock after its end; the next one goes past it.
    if after.held_by not in (None, before.held_by) and not slipway.has_ended(after.held_by):
        found.append(f"the lock is held by {after.held_by}")
    request = request if case.by == "stopped" else newer(name)
    wanted = case.kind.wants(request) if case.by == "stopped" else request
    if case.by == "stopped" and slipway.recovers and not _had_come_to_its_end(slipway, arn, wanted, after):
        found += as_before(before, after)
    again = slipway.wait(slipway.start(request))
    if again["status"] != "SUCCEEDED":
        found.append(f"the request again: {again.get('error')}: {again.get('cause')}")
        return found
    return found + [f"the request again: {line}" for line in as_wanted(wanted, look(slipway, name))]


def _prepared(slipway: Slipway, kind: Kind, name: str) -> dict[str, Any]:
    request = kind.prepare(slipway, name)
    stack.make_models(slipway.aws, request)
    stack.make_models(slipway.aws, newer(name))
    kind.spoil(slipway, request)
    return request


def _stopped(slipway: Slipway, arn: str) -> list[str]:
    slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
    described = slipway.wait(arn)
    if described["status"] != "SUCCEEDED":  # which it may have done in the meantime
        slipway.wait_for_rule(arn)
        if slipway.exists(slipway.recovery_of(arn)):
            slipway.wait(slipway.recovery_of(arn))
    return told_once(slipway, arn)


def _had_come_to_its_end(slipway: Slipway, arn: str, wanted: dict[str, Any], after: World) -> bool:
    """Whether it is not to be taken back, and it is as it was wanted."""
    done = any(slipway.entered(arn, state) for state in recovery.DONE)
    return done and not as_wanted(wanted, after)


def _second(slipway: Slipway, arn: str, request: dict[str, Any]) -> list[str]:
    second = slipway.start(request)
    found = []
    for each in (arn, second):
        described = slipway.wait(each)
        if described["status"] == "FAILED":
            slipway.wait_for_rule(each)
            if described["error"] not in BY_NAME:
                found.append(f"{described['error']} is in no list of endings")
        found += told_once(slipway, each)
    return found + overlap(slipway, arn, second)


def told_once(slipway: Slipway, arn: str) -> list[str]:
    told = [message["attributes"]["outcome"] for message in slipway.messages_of(arn)]
    return [] if len(told) == 1 else [f"told {told}"]


def overlap(slipway: Slipway, one: str, other: str) -> list[str]:
    """Whether both held the lock at a time."""
    spans = [span for span in (_held(slipway, one), _held(slipway, other)) if span]
    if len(spans) == 2 and spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]:
        return [f"two deployments at a time: {spans}"]
    return []


def _held(slipway: Slipway, arn: str) -> tuple[Any, Any] | None:
    """From when to when the execution held the lock."""
    pages = slipway.aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event for page in pages for event in page["events"]]
    took = [
        event["timestamp"]
        for event in events
        if event.get("stateEnteredEventDetails", {}).get("name") == recovery.CHANGING
    ]
    gave = [
        event["timestamp"]
        for event in events
        if event.get("stateEnteredEventDetails", {}).get("name")
        in ("Notify success", "Notify removal", "Notify failure")
    ]
    return (took[0], gave[-1]) if took and gave else None
