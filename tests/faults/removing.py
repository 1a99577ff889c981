"""Every fault of every call of a removal, once and always; stops and concurrent removals in every state."""

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

from local_aws import until
from tests.faults.cases import Case, cases_at, places_of
from tests.faults.interruptions import NOT_INTERRUPTIBLE, Interruption, notified_once, overlap
from tests.faults.kinds import Kind, approved, original
from tests.faults.promises import closing_promises, own_changes, privilege
from tests.faults.ticking import night
from tests.faults.world import snapshot
from tests.support import project
from tests.support.components import adapter, component, hosting_request
from tests.support.deployment import Run, Slipway
from tests.workflow.test_history import history
from tools import stack

REMEDY, REMEDY_OF_TICKS = "Start the same removal again", "To remove it within its schedule: aws stepfunctions"


def _confirmed(name: str) -> dict[str, Any]:
    return {"endpointName": name, "confirm": name, "deleteRecords": True}


def _with_scaling_and_alarms(slipway: Slipway, name: str) -> dict[str, Any]:
    request = original(name, alarms="create", schedule={"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"})
    stack.make_models(slipway.aws, request)
    assert slipway.wait(slipway.start(request))["status"] == "SUCCEEDED"
    return _confirmed(name)


def _deployed_by_approval(slipway: Slipway, name: str) -> dict[str, Any]:
    assert slipway.wait(slipway.start(approved(slipway, name)))["status"] == "SUCCEEDED"
    return _confirmed(name)


def _with_components(slipway: Slipway, name: str) -> dict[str, Any]:
    """A base with an adapter, both of which Slipway created."""
    request = hosting_request(slipway, name, component(f"{name}-llm"), adapter(f"{name}-fr", f"{name}-llm"))
    stack.make_models(slipway.aws, request)
    assert slipway.wait(slipway.start(request))["status"] == "SUCCEEDED"
    return _confirmed(name)


def _lock_of_ended_execution(slipway: Slipway, name: str) -> dict[str, Any]:
    holder = slipway.start_removal({"endpointName": "-"})
    slipway.wait(holder)
    slipway.wait_for_rule(holder)  # otherwise the rule would release the lock
    request = _with_scaling_and_alarms(slipway, name)
    slipway.lock(name, holder)
    return request


def _night(slipway: Slipway, name: str) -> dict[str, Any]:
    return night(slipway, original(name, alarms="create"))


def _alarm_deletion_fails(slipway: Slipway, request: dict[str, Any]) -> None:
    slipway.fault("cloudwatch", "DeleteAlarms", "AccessDenied", "not now", status=403, principal="CleanUpFunctionRole")


REMOVALS = (
    Kind("removal", _with_scaling_and_alarms),
    Kind("removal after an approval", _deployed_by_approval),
    Kind("removal with components", _with_components),
    Kind("removal with the lock of an ended execution", _lock_of_ended_execution),
    Kind("removal that fails", _with_scaling_and_alarms, _alarm_deletion_fails),
    Kind("night of a schedule", _night),
)


def all_removals(slipway: Slipway) -> list[Case]:
    """Every case, shuffled with a fixed seed; a call of several kinds is tested with the first of them."""
    places: dict[Any, Kind] = {}
    for kind in REMOVALS:
        for place in places_of(_without_faults(slipway, kind).calls):
            places.setdefault(place, kind)
    cases = [case for place, kind in places.items() for case in cases_at(kind, place)]
    random.Random(20261121).shuffle(cases)
    # If "Recover execution" always fails, the event stays in the dead-letter queue, which has an alarm.
    return [case for case in cases if case.is_once or case.place.role != "RecoverExecutionFunctionRole"]


def run_removal(slipway: Slipway, case: Case, name: str) -> list[str]:
    """Broken promises of the case, one line each."""
    request = _prepared(slipway, case.kind, name)
    before = snapshot(slipway, name)
    case.inject(slipway)
    run = _removed(slipway, request)
    slipway.clear_faults()
    found = [*closing_promises(slipway, run), *privilege(run)]
    held_by = snapshot(slipway, name).held_by
    if held_by not in (None, run.arn, before.held_by):  # the next execution takes over the lock of an ended one
        found.append(f"the lock is held by {held_by}")
    if run.status == "SUCCEEDED":
        found += _remaining(slipway, request)
        if bool(own_changes(run)) != run.output["changed"]:
            found.append(f"output has changed {run.output['changed']}")
    elif "Remove endpoint" in run.visited and run.error != "NotificationFailed" and _remedy(request) not in run.cause:
        found.append(f"the cause does not say how to continue: {run.cause}")
    return found + _repeated(slipway, request)


def all_removals_interrupted(slipway: Slipway) -> list[Interruption]:
    """Every state on the path of each kind, with a stop and with a second removal of the same endpoint."""
    states = project.states(project.REMOVES)
    return [
        Interruption(kind, state, by)
        for kind in REMOVALS
        for state in _without_faults(slipway, kind).path
        if states[state]["Type"] not in NOT_INTERRUPTIBLE
        for by in ("stopped", "second")
    ]


def run_removal_interrupted(slipway: Slipway, case: Interruption, name: str) -> list[str]:
    """Broken promises, one line each."""
    request = _prepared(slipway, case.kind, name)
    before = snapshot(slipway, name)
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
        found += notified_once(slipway, each)
    slipway.clear_faults()
    if len(arns) == 2:
        found += overlap(slipway, *arns)
    held_by = snapshot(slipway, name).held_by
    if held_by not in (None, before.held_by) and not slipway.has_ended(held_by):
        found.append(f"the lock is held by {held_by}")
    return found + _repeated(slipway, request)


@cache
def _without_faults(slipway: Slipway, kind: Kind) -> Run:
    request = _prepared(slipway, kind, "no-faults-" + kind.name.replace(" ", "-"))
    run = _removed(slipway, request)
    slipway.clear_faults()
    return run


def _prepared(slipway: Slipway, kind: Kind, name: str) -> dict[str, Any]:
    slipway.clear_faults()
    request = kind.prepare(slipway, name)
    kind.inject_failure(slipway, request)
    return request


def _removed(slipway: Slipway, request: dict[str, Any]) -> Run:
    with slipway.recorded() as finish:
        run: Run = finish(slipway.start_removal(request))
        if run.status != "SUCCEEDED":
            slipway.wait_for_rule(run.arn)
            run = finish(run.arn)  # including the calls of "Recover execution"
    return run


def _repeated(slipway: Slipway, request: dict[str, Any]) -> list[str]:
    """Repeat the removal without faults: it must succeed."""
    again = slipway.wait(slipway.start_removal(request))
    if again["status"] != "SUCCEEDED":
        return [f"the same removal again: {again.get('error')}: {again.get('cause')}"]
    return [f"the same removal again: {line}" for line in _remaining(slipway, request)]


def _remedy(request: dict[str, Any]) -> str:
    return REMEDY_OF_TICKS if "scheduled" in request else REMEDY


def _remaining(slipway: Slipway, request: dict[str, Any]) -> Iterator[str]:
    """Resources that the removal should have deleted, or a schedule kept."""
    name = request["endpointName"]
    world = snapshot(slipway, name)
    is_tick = "scheduled" in request
    for kind in ("endpoint", "scaling", "alarms", "components", *(() if is_tick else ("configs", "schedules"))):
        if getattr(world, kind):
            yield f"{kind} left: {getattr(world, kind)}"
    if is_tick:
        if not world.configs or not any(record.is_deployed for record in history(slipway, name)):
            yield f"the next morning is impossible with configs {sorted(world.configs)}"
        return
    models = [model for model in world.models if model.startswith(f"{name}-")]
    if models:
        yield f"models left: {models}"
    if records := history(slipway, name):
        yield f"records left: {[record.outcome for record in records]}"
