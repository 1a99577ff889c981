"""A removal meets every error at every call that it makes, once and always, and is stopped, and met by another."""

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

from local_aws import until
from tests.faults.cases import Case, cases_at, places_of
from tests.faults.interruptions import GONE_BY, Interruption, overlap, told_once
from tests.faults.kinds import Kind, approved, original
from tests.faults.promises import ending, own_changes, privilege
from tests.faults.world import look
from tests.support import project
from tests.support.deployment import Run, Slipway
from tests.workflow.test_history import history
from tools import stack

TAKE_UP = "Start the same removal again"


def _confirmed(name: str) -> dict[str, Any]:
    return {"endpointName": name, "confirm": name, "deleteRecords": True}


def _scaled_and_watched(slipway: Slipway, name: str) -> dict[str, Any]:
    request = original(name, alarms="create")
    stack.make_models(slipway.aws, request)
    assert slipway.wait(slipway.start(request))["status"] == "SUCCEEDED"
    return _confirmed(name)


def _deployed_on_approval(slipway: Slipway, name: str) -> dict[str, Any]:
    assert slipway.wait(slipway.start(approved(slipway, name)))["status"] == "SUCCEEDED"
    return _confirmed(name)


def _orphaned(slipway: Slipway, name: str) -> dict[str, Any]:
    holder = slipway.start_removal({"endpointName": "-"})
    slipway.wait(holder)
    slipway.wait_for_rule(holder)  # else that would free the lock
    request = _scaled_and_watched(slipway, name)
    slipway.lock(name, holder)
    return request


def _alarms_stay(slipway: Slipway, request: dict[str, Any]) -> None:
    slipway.fault("cloudwatch", "DeleteAlarms", "AccessDenied", "not now", status=403, principal="CleanUpFunctionRole")


REMOVALS = (
    Kind("removal", _scaled_and_watched),
    Kind("removal of what was approved", _deployed_on_approval),
    Kind("removal of an orphaned lock", _orphaned),
    Kind("removal that fails", _scaled_and_watched, _alarms_stay),
)


def all_removals(slipway: Slipway) -> list[Case]:
    """Every case, in an order that chance made once; a call that several kinds make is met in the first of them."""
    places: dict[Any, Kind] = {}
    for kind in REMOVALS:
        for place in places_of(_unharmed(slipway, kind).calls):
            places.setdefault(place, kind)
    cases = [case for place, kind in places.items() for case in cases_at(kind, place)]
    random.Random(20261121).shuffle(cases)
    # What always keeps the rule's function from it leaves the event in the queue with the alarm.
    return [case for case in cases if case.is_once or case.place.role != "RecoverExecutionFunctionRole"]


def run_removal(slipway: Slipway, case: Case, name: str) -> list[str]:
    """The promises that the case breaks, a line each."""
    request = _prepared(slipway, case.kind, name)
    before = look(slipway, name)
    case.inject(slipway)
    run = _removed(slipway, request)
    slipway.heal()
    found = [*ending(slipway, run), *privilege(run)]
    held_by = look(slipway, name).held_by
    if held_by not in (None, run.arn, before.held_by):  # whoever comes next frees what an ended execution holds
        found.append(f"the lock is held by {held_by}")
    if run.status == "SUCCEEDED":
        found += _left(slipway, name)
        if bool(own_changes(run)) != run.output["changed"]:
            found.append(f"says changed {run.output['changed']}")
    elif "Remove endpoint" in run.visited and run.error != "NotificationFailed" and TAKE_UP not in run.cause:
        found.append(f"the cause does not say how to go on: {run.cause}")
    return found + _again(slipway, request)


def all_removals_interrupted(slipway: Slipway) -> list[Interruption]:
    """Every state that each kind comes by, stopped there, and met there by the same removal."""
    states = project.states(project.REMOVES)
    return [
        Interruption(kind, state, by)
        for kind in REMOVALS
        for state in _unharmed(slipway, kind).path
        if states[state]["Type"] not in GONE_BY
        for by in ("stopped", "second")
    ]


def run_removal_interrupted(slipway: Slipway, case: Interruption, name: str) -> list[str]:
    """The promises that are broken, a line each."""
    request = _prepared(slipway, case.kind, name)
    before = look(slipway, name)
    arn = slipway.start_removal(request)
    until(lambda: slipway.entered(arn, case.state) or slipway.has_ended(arn))
    arns = [arn]
    if case.by == "stopped":
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
    else:
        arns.append(slipway.start_removal(request))
    found = []
    for each in arns:
        if slipway.wait(each)["status"] != "SUCCEEDED":
            slipway.wait_for_rule(each)
        found += told_once(slipway, each)
    slipway.heal()
    if len(arns) == 2:
        found += overlap(slipway, *arns)
    held_by = look(slipway, name).held_by
    if held_by not in (None, before.held_by) and not slipway.has_ended(held_by):
        found.append(f"the lock is held by {held_by}")
    return found + _again(slipway, request)


@cache
def _unharmed(slipway: Slipway, kind: Kind) -> Run:
    request = _prepared(slipway, kind, "unharmed-" + kind.name.replace(" ", "-"))
    run = _removed(slipway, request)
    slipway.heal()
    return run


def _prepared(slipway: Slipway, kind: Kind, name: str) -> dict[str, Any]:
    slipway.heal()
    request = kind.prepare(slipway, name)
    kind.spoil(slipway, request)
    return request


def _removed(slipway: Slipway, request: dict[str, Any]) -> Run:
    with slipway.recorded() as finish:
        run: Run = finish(slipway.start_removal(request))
        if run.status != "SUCCEEDED":
            slipway.wait_for_rule(run.arn)
            run = finish(run.arn)  # with what settled it
    return run


def _again(slipway: Slipway, request: dict[str, Any]) -> list[str]:
    """Whatever went wrong, the same removal comes to its end once nothing is wrong any more."""
    again = slipway.wait(slipway.start_removal(request))
    if again["status"] != "SUCCEEDED":
        return [f"the same removal again: {again.get('error')}: {again.get('cause')}"]
    return [f"the same removal again: {line}" for line in _left(slipway, request["endpointName"])]


def _left(slipway: Slipway, name: str) -> Iterator[str]:
    """What is left of the endpoint that should not be."""
    world = look(slipway, name)
    for kind in ("endpoint", "configs", "scaling", "alarms"):
        if getattr(world, kind):
            yield f"{kind} left: {getattr(world, kind)}"
    models = [model for model in world.models if model.startswith(f"{name}-")]
    if models:
        yield f"models left: {models}"
    if records := history(slipway, name):
        yield f"records left: {[record.outcome for record in records]}"
