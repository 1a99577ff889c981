"""The schedules of an endpoint are created, updated and deleted, and read back."""

from typing import Any

import pytest

from register_scaling.logic import register
from shared.errors import ScalingFailed, ScalingNotReady
from shared.execute import Clients
from shared.plan import Call, DeploymentPlan
from shared.planning import calls
from tests.support.plans import STARTED_AT, deployment_plan, step
from tests.unit.fakes import FakeAutoScaling, FakeScheduler, client_error

BODY = {
    "GroupName": "slipway-off-hours",
    "Name": "e-0a1b2c3d-weekdays-away",
    "Description": "removes endpoint e on weekdays at 20:00 Berlin time",
    "ScheduleExpression": "cron(0 20 ? * MON-FRI *)",
    "ScheduleExpressionTimezone": "Europe/Berlin",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "State": "ENABLED",
    "ActionAfterCompletion": "NONE",
    "Target": {
        "Arn": "arn:aws:states:eu-west-1:123456789012:stateMachine:remove",
        "RoleArn": "arn:role",
        "Input": "{}",
    },
}
KEY = (BODY["GroupName"], BODY["Name"])
OLD = BODY | {"ScheduleExpression": "cron(0 19 ? * MON-FRI *)"}
WHAT = f"schedule {BODY['Name']}: {BODY['Description']}"


@pytest.fixture
def scheduler() -> FakeScheduler:
    return FakeScheduler()


def plan(*some: Call, **changes: Any) -> DeploymentPlan:
    return deployment_plan(steps=[step("scale", call) for call in some], **changes)


def registered(made: DeploymentPlan, scheduler: FakeScheduler) -> list[tuple[str, str]]:
    clients: Clients = {"application-autoscaling": FakeAutoScaling(), "scheduler": scheduler}
    return [(call["what"], call["outcome"]) for call in register(made, STARTED_AT, clients)]


@pytest.mark.parametrize("call", [calls.create_schedule, calls.update_schedule])
@pytest.mark.parametrize("before", [None, OLD, BODY], ids=["none", "another", "the same"])
def test_a_schedule_is_as_requested_whatever_is_there(call: Any, before: Any, scheduler: FakeScheduler) -> None:
    """An answer can be lost, and others can create or delete it."""
    scheduler.schedules = {KEY: before} if before else {}  # type: ignore[dict-item]

    assert registered(plan(call(BODY)), scheduler) == [(WHAT, "done")]

    assert scheduler.schedules == {KEY: BODY}


@pytest.mark.parametrize(("before", "outcome"), [({KEY: BODY}, "done"), ({}, "already done")])
def test_a_schedule_is_deleted_once(before: Any, outcome: str, scheduler: FakeScheduler) -> None:
    scheduler.schedules = dict(before)

    assert registered(plan(calls.delete_schedule(BODY)), scheduler) == [(WHAT, outcome)]
    assert scheduler.schedules == {}


def test_a_schedule_that_a_deletion_does_not_find_although_it_exists_is_not_ready(scheduler: FakeScheduler) -> None:
    scheduler.schedules = {KEY: BODY}  # type: ignore[dict-item]
    scheduler.errors["DeleteSchedule"] = client_error("ResourceNotFoundException", "not yet", "DeleteSchedule")

    with pytest.raises(ScalingNotReady, match="DeleteSchedule: ResourceNotFoundException: not yet"):
        registered(plan(calls.delete_schedule(BODY)), scheduler)


def test_a_schedule_that_is_in_effect_is_only_read(scheduler: FakeScheduler) -> None:
    scheduler.schedules = {KEY: BODY}  # type: ignore[dict-item]

    assert registered(plan(inEffect=[calls.create_schedule(BODY)]), scheduler) == []
    assert scheduler.mutations() == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, f"{WHAT}: it does not exist"),
        (
            {KEY: OLD},
            f"{WHAT}: /ScheduleExpression is 'cron(0 19 ? * MON-FRI *)', expected 'cron(0 20 ? * MON-FRI *)'",
        ),
        ({KEY: BODY | {"State": "DISABLED"}}, f"{WHAT}: /State is 'DISABLED', expected 'ENABLED'"),
        ({KEY: BODY | {"KmsKeyArn": "arn:key"}}, f"{WHAT}: /KmsKeyArn is 'arn:key', expected None"),
    ],
)
def test_a_schedule_that_is_not_as_planned_is_named(found: Any, expected: str, scheduler: FakeScheduler) -> None:
    scheduler.schedules = found

    with pytest.raises(ScalingNotReady) as raised:
        registered(plan(inEffect=[calls.create_schedule(BODY)]), scheduler)

    assert str(raised.value) == f"The registered scaling is not as planned. {expected}."


def test_a_schedule_that_still_exists_is_named(scheduler: FakeScheduler) -> None:
    class Sticky(FakeScheduler):
        def on_delete_schedule(self, parameters: dict[str, Any]) -> Any:
            return {}

    sticky = Sticky()
    sticky.schedules = {KEY: BODY}  # type: ignore[dict-item]

    with pytest.raises(ScalingNotReady, match="it still exists, and is expected to be deleted"):
        registered(plan(calls.delete_schedule(BODY)), sticky)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ConflictException", ScalingNotReady),
        ("ValidationException", ScalingFailed),
        ("ResourceNotFoundException", ScalingNotReady),
    ],
)
def test_a_refusal_of_scheduler_is_named(code: str, error: type[Exception], scheduler: FakeScheduler) -> None:
    scheduler.errors |= {name: client_error(code, "from AWS", name) for name in ("CreateSchedule", "UpdateSchedule")}

    with pytest.raises(error, match=rf"^schedule {BODY['Name']}: (Create|Update)Schedule: {code}: from AWS$"):
        registered(plan(calls.create_schedule(BODY)), scheduler)


def test_a_plan_without_schedules_does_not_need_scheduler() -> None:
    assert register(plan(), STARTED_AT, {"application-autoscaling": FakeAutoScaling()}) == []
