"""The taking back of a stopped execution meets every error at every call that it makes, once and always."""

from functools import cache
from typing import Any

from local_aws import until
from shared.errors import BY_NAME
from tests.faults.cases import Case, cases_at, places_of
from tests.faults.kinds import KINDS, Kind
from tests.faults.promises import as_before
from tests.faults.world import look
from tests.support.deployment import Run, Slipway
from tools import stack

# What it takes to take these back is all that it may take.
STOPPED_AND_RECOVERED = [kind for kind in KINDS if kind.name in ("create", "update")]
STOPPED_IN = "Check endpoint"


def all_recoveries(slipway: Slipway) -> list[Case]:
    """Every case; what a creation and an update have in common is met by one of them."""
    places = {place: kind for kind in STOPPED_AND_RECOVERED for place in places_of(_unharmed(slipway, kind).calls)}
    cases = [case for place, kind in places.items() for case in cases_at(kind, place)]
    # What always keeps the rule's function from it leaves the event in the queue with the alarm.
    return [case for case in cases if case.is_once or case.place.role != "RecoverExecutionFunctionRole"]


def run_recovery(slipway: Slipway, case: Case, name: str) -> list[str]:
    """The promises that the case breaks, a line each."""
    slipway.heal()
    request = _prepared(slipway, case.kind, name)
    before = look(slipway, name)
    run = _stopped_and_taken_back(slipway, request, case)
    slipway.heal()
    after = look(slipway, name)
    arn = slipway.execution_arn(run.arn)
    found = []
    if after.held_by not in (None, arn, run.arn):  # whoever comes next frees what an ended execution holds
        found.append(f"the lock is held by {after.held_by}")
    messages = slipway.messages_of(arn)
    told = [message["attributes"]["outcome"] for message in messages]
    if len(told) != 1 or told[0] not in BY_NAME:
        found.append(f"told {told}")
    elif told == ["ExecutionStopped"] and "another execution has taken the lock" not in messages[0]["message"]:
        found += as_before(before, after)
    elif told == ["RollbackFailed"] and "aws " not in messages[0]["message"]:
        found.append(f"the message has no command: {messages[0]['message']}")
    return found


@cache
def _unharmed(slipway: Slipway, kind: Kind) -> Run:
    return _stopped_and_taken_back(slipway, _prepared(slipway, kind, f"unharmed-{kind.name}"))


def _prepared(slipway: Slipway, kind: Kind, name: str) -> dict[str, Any]:
    request = kind.prepare(slipway, name)
    stack.make_models(slipway.aws, request)
    return request


def _stopped_and_taken_back(slipway: Slipway, request: dict[str, Any], case: Case | None = None) -> Run:
    """What took back a deployment that was stopped on its way; the fault strikes only what comes after."""
    with slipway.standing_still():
        arn = slipway.start(request)
        until(lambda: slipway.entered(arn, STOPPED_IN))
        if case:
            case.inject(slipway)
        with slipway.recorded() as finish:
            slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
    slipway.wait_for_rule(arn)
    until(lambda: slipway.exists(slipway.recovery_of(arn)))
    run: Run = finish(slipway.recovery_of(arn))
    if run.status != "SUCCEEDED":
        slipway.wait_for_rule(run.arn)
    return run
