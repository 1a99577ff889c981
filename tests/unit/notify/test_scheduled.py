"""What the schedule of an endpoint does is recorded and reported as such."""

import json
from typing import Any, cast

import pytest

from notify import deployment, removal
from notify.failure import Failure, of_facts
from shared.notification import subject, text_of
from tests.support.plans import CONFIG, ENDPOINT, EXECUTION_ARN, busy, deployment_plan, removal_plan
from tests.unit.conftest import EXECUTION
from tests.unit.fakes import FakeSageMaker

NOW = "2026-11-21T05:20:00.000Z"
OF_NOON = {"deploymentId": "noon", "startedAt": "2026-11-20T11:00:00.000Z"}
UP: dict[str, Any] = {"kind": "schedule", "wants": "up", "scheduledTime": NOW, **OF_NOON}
AWAY: dict[str, Any] = {**UP, "wants": "away"}
FAILED = {"Error": "CreateFailed", "Cause": json.dumps({"errorMessage": "No capacity."})}
ROLLED_BACK = {"done": True, "waitSeconds": 1, "removed": [f"endpoint {ENDPOINT}"], "kept": []}
REMOVED = {"removed": [f"endpoint {ENDPOINT}"], "kept": [], "left": []}


def failure(sagemaker: FakeSageMaker | None = None, **changes: Any) -> Failure:
    trigger = {**UP, "awaySince": "2026-11-20T19:04:00.000Z"}
    facts = {
        "plan": deployment_plan("create", trigger=trigger),
        "request": {"endpointName": ENDPOINT, "scheduled": True},
        "failure": FAILED,
        "roll_back": ROLLED_BACK,
        "execution": EXECUTION,
    }
    return of_facts(cast(Any, facts | changes), NOW, sagemaker or FakeSageMaker())


def command(machine: str, wants: str) -> str:
    tick = {"endpointName": ENDPOINT, "scheduled": {"wants": wants, "time": EXECUTION["startedAt"]}}
    return (
        f"aws stepfunctions start-execution --state-machine-arn "
        f"arn:aws:states:eu-west-1:123456789012:stateMachine:{machine} --input '{json.dumps(tick)}'"
    )


def test_a_failed_morning_says_that_the_endpoint_is_still_away_and_how_to_start_it() -> None:
    failed = failure()

    assert failed.live.sentence == f"Endpoint {ENDPOINT} is still away (removed at 2026-11-20T19:04:00.000Z)."
    assert failed.remedy.endswith(f"\nTo start it within its schedule: {command('slipway-deploy', 'up')}")
    assert subject(failed.notification().headline) == (
        f"{ENDPOINT}: deployment failed, CreateFailed; the endpoint is still away"
    )
    assert failed.record is not None
    assert (failed.record.kind, failed.record.outcome, failed.record.rolled_back_to) == (
        "schedule",
        "CreateFailed",
        "noon",
    )


def test_a_morning_that_failed_before_its_plan_says_the_same_without_the_time() -> None:
    failed = failure(plan=None, roll_back=None, failure={"Error": "AccessDenied", "Cause": "No."})

    assert failed.live.sentence == f"Endpoint {ENDPOINT} is still away."
    assert command("slipway-deploy", "up") in failed.remedy
    assert failed.record is not None
    assert failed.record.kind == "schedule"


def test_a_failed_morning_of_an_endpoint_that_exists_does_not_say_that_it_is_away() -> None:
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint(ENDPOINT, "InService", CONFIG)

    failed = failure(sagemaker)

    assert failed.live.traffic == "the new config is live"
    assert "still away" not in failed.cause


def test_a_failed_night_is_a_removal_that_says_how_to_repeat_it() -> None:
    sagemaker, arn = FakeSageMaker(), EXECUTION_ARN.replace("deploy", "remove")
    sagemaker.add_endpoint(ENDPOINT, "InService", CONFIG)
    execution = {**EXECUTION, "arn": arn, "kind": "removal"}

    failed = failure(sagemaker, plan=removal_plan(trigger=AWAY), roll_back=None, execution=execution)

    assert (failed.kind, failed.is_removal) == ("schedule", True)
    assert f"{ENDPOINT}: removal failed, CreateFailed; the endpoint is live" in failed.notification().headline
    assert failed.remedy.endswith(f"\nTo remove it within its schedule: {command('slipway-remove', 'away')}")
    assert "Start the same removal again" not in failed.remedy, "that would need a confirmation"
    assert failed.rolled_back.startswith("Resources that were not deleted")


@pytest.mark.parametrize("plan", [None, busy()])
def test_a_tick_without_its_turn_is_recorded_as_a_schedule(plan: Any) -> None:
    if plan:
        plan["trigger"] = {"kind": "schedule", "wants": "up", "scheduledTime": NOW}

    failed = failure(plan=plan, roll_back=None, failure={"Error": "EndpointBusy", "Cause": "It is being changed."})

    assert failed.record is not None
    assert (failed.record.kind, failed.record.request) == ("schedule", None)


def test_a_tick_of_no_endpoint_is_reported_without_a_command() -> None:
    failed = failure(plan=None, roll_back=None, request={"scheduled": True})

    assert failed.record is None
    assert "start-execution" not in failed.remedy


def test_a_night_is_reported_with_what_is_kept_and_recorded_without_a_request() -> None:
    done = removal.of_plan(removal_plan(trigger=AWAY), REMOVED, cast(Any, EXECUTION), NOW)

    text = text_of(done.notification())
    assert text.startswith(f"{ENDPOINT} is away until its hours begin.")
    assert "The hours of its schedule have ended, so the endpoint was removed. Its configs, models and sched" in text
    assert "Deployment noon of 2026-11-20T11:00:00.000Z is deployed again before the hours begin." in text
    record = done.record
    assert record is not None
    assert (record.kind, record.action, record.changed, record.is_deployed) == ("schedule", "remove", True, False)
    assert (record.rolled_back_to, record.request, record.models) == ("noon", None, [])


def test_a_morning_is_reported_with_its_deployment_and_recorded_without_its_request() -> None:
    plan = deployment_plan("create", trigger=UP, models=[{"ModelName": "m"}])
    endpoint = {"endpointConfigName": CONFIG, "elapsedSeconds": 140, "variants": []}

    done = deployment.of_plan(plan, deployment.Answers(endpoint), cast(Any, EXECUTION), NOW, [])

    text = text_of(done.notification())
    assert "The hours of its schedule begin, so deployment noon of 2026-11-20T11:00:00.000Z is back. The endp" in text
    assert "How to undo it" not in text
    record = done.record
    assert (record.kind, record.action, record.config_name, record.is_deployed) == ("schedule", "create", CONFIG, False)
    assert (record.rolled_back_to, record.request, record.models, record.tests) == ("noon", None, [], None)
