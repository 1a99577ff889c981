"""Every fault of every call in the recovery of a stopped execution, once and always."""

from functools import cache
from typing import Any

from local_aws import until
from shared.errors import BY_NAME
from tests.faults.cases import Case, cases_at, places_of
from tests.faults.kinds import KINDS, Kind
from tests.faults.promises import as_before
from tests.faults.world import snapshot
from tests.support.deployment import Run, Slipway
from tools import stack

# The recoveries of these kinds make every call that a recovery can make.
STOPPED_AND_RECOVERED = [kind for kind in KINDS if kind.name in ("create", "update")]
STOPPED_IN = "Check endpoint"


def all_recoveries(slipway: Slipway) -> list[Case]:
    """Every case; a call that both kinds make is tested with one of them."""
    places = {
        place: kind for kind in STOPPED_AND_RECOVERED for place in places_of(_without_faults(slipway, kind).calls)
    }
    cases = [case for place, kind in places.items() for case in cases_at(kind, place)]
    # If "Recover execution" always fails, the event stays in the dead-letter queue, which has an alarm.
    return [case for case in cases if case.is_once or case.place.role != "RecoverExecutionFunctionRole"]


def run_recovery(slipway: Slipway, case: Case, name: str) -> list[str]:
    """Broken promises of the case, one line each."""
    slipway.clear_faults()
    request = _prepared(slipway, case.kind, name)
    before = snapshot(slipway, name)
    run = _stopped_and_recovered(slipway, request, case)
    slipway.clear_faults()
    after = snapshot(slipway, name)
    arn = slipway.execution_arn(run.arn)
    found = []
    if after.held_by not in (None, arn, run.arn):  # the next deployment takes over the lock of an ended execution
        found.append(f"the lock is held by {after.held_by}")
    messages = slipway.messages_of(arn)
    outcomes = [message["attributes"]["outcome"] for message in messages]
    if len(outcomes) != 1 or outcomes[0] not in BY_NAME:
        found.append(f"notifications are {outcomes}")
    elif outcomes == ["ExecutionStopped"] and "another execution has taken the lock" not in messages[0]["message"]:
        found += as_before(before, after)
    elif outcomes == ["RollbackFailed"] and "aws " not in messages[0]["message"]:
        found.append(f"the message has no command: {messages[0]['message']}")
    return found


@cache
def _without_faults(slipway: Slipway, kind: Kind) -> Run:
    return _stopped_and_recovered(slipway, _prepared(slipway, kind, f"no-faults-{kind.name}"))


def _prepared(slipway: Slipway, kind: Kind, name: str) -> dict[str, Any]:
    request = kind.prepare(slipway, name)
    stack.make_models(slipway.aws, request)
    return request


def _stopped_and_recovered(slipway: Slipway, request: dict[str, Any], case: Case | None = None) -> Run:
    """Stop a running deployment and return its recovery; the fault is injected just before the stop."""
    with slipway.real_time():
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
