"""An execution is stopped, or a second one is started, in each state of each kind of deployment."""

import json
from dataclasses import dataclass
from typing import Any

from local_aws import until
from recover_execution import recovery
from shared.errors import BY_NAME
from tests.faults.cases import without_faults
from tests.faults.kinds import KINDS, Kind, newer
from tests.faults.promises import as_before, as_wanted, without_failed_endpoint
from tests.faults.world import World, snapshot
from tests.support import project
from tests.support.deployment import Slipway
from tools import stack

NOT_INTERRUPTIBLE = ("Choice", "Pass", "Fail", "Map", "Parallel", "Succeed")  # no waiting in these


@dataclass(frozen=True)
class Interruption:
    """A kind of deployment, and the state in which, or soon after which, it is interrupted."""

    kind: Kind
    state: str
    by: str

    def __str__(self) -> str:
        return f"{self.kind.name}: {self.by} in {self.state}"


def all_interruptions(slipway: Slipway) -> list[Interruption]:
    """Every state on the path of each kind, interrupted in each way."""
    found = []
    for kind in KINDS:
        path = without_faults(slipway, kind).path
        states = [state for state in path if project.states()[state]["Type"] not in NOT_INTERRUPTIBLE]
        found += [Interruption(kind, state, by) for state in states for by in ("stopped", "second")]
    return found


def run_interruption(slipway: Slipway, case: Interruption, name: str) -> list[str]:
    """Broken promises, one line each."""
    slipway.clear_faults()
    request = _prepared(slipway, case.kind, name)
    before = snapshot(slipway, name)
    arn = slipway.start(request)
    # The path depends on timing: an execution may end without entering the state.
    until(lambda: slipway.entered(arn, case.state) or slipway.has_ended(arn))
    found = _stopped(slipway, arn) if case.by == "stopped" else _second(slipway, arn, newer(name))
    slipway.clear_faults()
    after = snapshot(slipway, name)
    if without_failed_endpoint(before).endpoint and after.endpoint is None:
        found.append("the live endpoint is gone")
    # A planner that was stopped may take the lock after its execution ended; the next execution takes it over.
    if after.held_by not in (None, before.held_by) and not slipway.has_ended(after.held_by):
        found.append(f"the lock is held by {after.held_by}")
    request = request if case.by == "stopped" else newer(name)
    wanted = case.kind.expected(request) if case.by == "stopped" else request
    if case.by == "stopped" and slipway.recovers and not _was_finished(slipway, arn, wanted, after):
        found += as_before(before, after)
    again = slipway.wait(slipway.start(request))
    if again["status"] != "SUCCEEDED":
        found.append(f"the request again: {again.get('error')}: {again.get('cause')}")
        return found
    return found + [f"the request again: {line}" for line in as_wanted(wanted, snapshot(slipway, name))]


def _prepared(slipway: Slipway, kind: Kind, name: str) -> dict[str, Any]:
    request = kind.prepare(slipway, name)
    stack.make_models(slipway.aws, request)
    stack.make_models(slipway.aws, newer(name))
    kind.inject_failure(slipway, request)
    return request


def _stopped(slipway: Slipway, arn: str) -> list[str]:
    slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
    described = slipway.wait(arn)
    if described["status"] != "SUCCEEDED":  # it may have succeeded in the meantime
        slipway.wait_for_rule(arn)
        if slipway.exists(slipway.recovery_of(arn)):
            slipway.wait(slipway.recovery_of(arn))
    return notified_once(slipway, arn)


def _was_finished(slipway: Slipway, arn: str, wanted: dict[str, Any], after: World) -> bool:
    """Whether it has nothing to recover and the result is as requested."""
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
                found.append(f"{described['error']} is not a documented error")
        found += notified_once(slipway, each)
    return found + overlap(slipway, arn, second)


def notified_once(slipway: Slipway, arn: str) -> list[str]:
    outcomes = [message["attributes"]["outcome"] for message in slipway.messages_of(arn)]
    if "reason" in json.loads(slipway.wait(arn).get("output", "{}")):  # a schedule with nothing to do
        return [f"notifications are {outcomes}"] if outcomes else []
    return [] if len(outcomes) == 1 else [f"notifications are {outcomes}"]


def overlap(slipway: Slipway, one: str, other: str) -> list[str]:
    """Report whether both executions held the lock at the same time."""
    spans = [span for span in (_held(slipway, one), _held(slipway, other)) if span]
    if len(spans) == 2 and spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]:
        return [f"two deployments at the same time: {spans}"]
    return []


def _held(slipway: Slipway, arn: str) -> tuple[Any, Any] | None:
    """Start and end of the time in which the execution held the lock."""
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
