"""The rollback of scaling: only what differs from before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import RollbackFailed, ServiceUnavailable
from shared.planning import calls
from tests.unit.fakes import client_error
from tests.unit.roll_back.updates import BEFORE, OLD, WANTED, World, nothing, plan, policy, scheduled, suspended, target


def restored(before: dict[str, Any], now: dict[str, Any], **wanted: Any) -> World:
    world = World(config=OLD)
    world.scale({**BEFORE, **now})
    world.look(plan(before={**BEFORE, **before}, wanted={**WANTED, **wanted}))
    return world


unsaid = {name: value for name, value in target().items() if name != "SuspendedState"}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param({}, {"targets": [unsaid]}, id="no suspension, said or not"),
        pytest.param(
            {"scheduledActions": [scheduled(StartTime="2026-11-30T23:00:00.000Z")]},
            {"scheduledActions": [scheduled(StartTime=datetime(2026, 11, 30, 23, tzinfo=UTC))]},
            id="a moment, as AWS has it",
        ),
        pytest.param({}, {"policies": [policy() | {"PolicyARN": "arn", "Alarms": []}]}, id="what AWS adds"),
    ],
)
def test_scaling_that_is_as_before_is_not_put_again(before: dict[str, Any], now: dict[str, Any]) -> None:
    assert restored(before, now).autoscaling.made() == []


def test_a_suspended_state_is_restored_and_so_is_none() -> None:
    halted = suspended(DynamicScalingInSuspended=True)

    put_back = restored({"targets": [target(SuspendedState=halted)]}, {"targets": [target()]})
    lifted = restored({"targets": [target()]}, {"targets": [target(SuspendedState=halted)]})

    (after,) = put_back.autoscaling.targets.values()
    assert after["SuspendedState"] == halted
    (after,) = lifted.autoscaling.targets.values()
    assert after["SuspendedState"] == suspended()


@pytest.mark.parametrize(
    ("kind", "thing", "operation"),
    [
        ("targets", target(MaxCapacity=9), "RegisterScalableTarget"),
        ("policies", policy(value=90), "PutScalingPolicy"),
        ("scheduledActions", scheduled(Timezone="Europe/Berlin"), "PutScheduledAction"),
    ],
)
def test_only_what_differs_is_restored(kind: str, thing: dict[str, Any], operation: str) -> None:
    assert restored({}, {kind: [thing]}, **{kind: [thing]}).autoscaling.made() == [operation]


def test_what_the_plan_added_is_removed_before_anything_is_restored() -> None:
    now = {
        "targets": [target(), target("B")],
        "policies": [policy("wanted"), policy("wanted-b", "B")],
        "scheduledActions": [scheduled(), scheduled("wanted-action")],
    }
    wanted = {
        "targets": [target(), target("B")],
        "policies": [policy("wanted"), policy("wanted-b", "B")],
        "scheduledActions": [scheduled("wanted-action")],
    }

    world = restored({}, now, **wanted)

    assert world.autoscaling.made() == [
        "DeregisterScalableTarget",
        "DeleteScalingPolicy",
        "DeleteScheduledAction",
        "PutScalingPolicy",
    ]
    assert list(world.autoscaling.targets) == ["endpoint/churn/variant/A"]
    assert list(world.autoscaling.policies) == ["before"]


def test_what_another_user_added_is_kept() -> None:
    world = restored({}, {"policies": [policy(), policy("theirs")]})

    assert (world.autoscaling.made(), sorted(world.autoscaling.policies)) == ([], ["before", "theirs"])


def test_a_plan_without_scaling_asks_for_none() -> None:
    world = World(config=OLD, ProductionVariants=[])

    assert world.look(plan(before=nothing(), wanted=nothing()))["done"] is True
    assert world.autoscaling.calls == []


def test_scaling_that_the_plan_does_not_change_is_restored_if_it_is_gone() -> None:
    world = World(config=OLD)
    world.scale(nothing())

    world.look(plan(wanted=nothing()))

    assert world.autoscaling.made() == ["RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"]


def test_scaling_that_another_user_changed_is_left_if_the_plan_does_not_change_it() -> None:
    world = World(config=OLD)
    world.scale({**BEFORE, "targets": [target(MaxCapacity=7)]})

    assert (world.look(plan(wanted=nothing()))["done"], world.autoscaling.made()) == (True, [])


MANY = {"scheduledActions": [scheduled(ScheduledActionName=f"a-schedule-{number:03}") for number in range(100)]}


def test_kept_changes_have_at_most_the_commands_that_the_next_state_can_be_given() -> None:
    world = World(config=OLD)
    world.scale(BEFORE)

    commands = world.look(plan(before={**BEFORE, **MANY}, wanted=WANTED, onFailure="KEEP"))["commands"]

    assert 20_000 < len("\n".join(commands)) <= 24_000
    assert commands[-1] == "… (cut here: the rest is in the execution history)"
    assert commands[-2].endswith("}'"), "a whole command"


def test_the_report_of_a_rollback_that_stopped_fits_into_a_cause() -> None:
    world = World(config=OLD)
    world.scale(BEFORE)
    world.autoscaling.errors["PutScheduledAction"] = client_error(
        "LimitExceededException", "no more", "PutScheduledAction"
    )

    with pytest.raises(RollbackFailed, match=r"The rollback stopped: .*LimitExceeded") as raised:
        world.look(plan(before={**BEFORE, **MANY}, wanted=WANTED))

    assert len(str(raised.value)) <= 24_000
    assert str(raised.value).endswith("(cut here: the rest is in the execution history)")


def test_a_scheduled_action_whose_only_time_has_passed_is_not_waited_for() -> None:
    once = scheduled(Schedule="at(2026-11-21T04:45:00)")
    world = World(config=OLD)
    world.scale(nothing(targets=[target()]))
    world.autoscaling.errors["PutScheduledAction"] = client_error("ValidationException", "in the past")

    progress = world.look(plan(before=nothing(targets=[target()], scheduledActions=[once]), wanted=nothing()))

    assert (progress["done"], progress["restored"]) == (True, [])
    assert progress["kept"] == [f"{calls.put_scheduled_action(once)['what']}: its one-time schedule has passed"]


@pytest.mark.parametrize("code", ["ValidationException", "ObjectNotFoundException", "FailedResourceAccessException"])
def test_a_refused_call_is_retried_for_ten_minutes(code: str) -> None:
    world = World(config=OLD)
    world.scale({**BEFORE, "policies": []})
    world.autoscaling.errors["PutScalingPolicy"] = client_error(code, "not now", "PutScalingPolicy")

    first = world.look()
    later = world.look(now="2026-11-21T05:10:29.000Z", previous=first)

    assert (first["done"], first["waitSeconds"], later["done"]) == (False, 30, False)
    assert world.sagemaker.made() == []
    with pytest.raises(RollbackFailed, match=r"not now(.|\n)*\naws application-autoscaling put-scaling-policy"):
        world.look(now="2026-11-21T05:10:30.000Z", previous=later)


@pytest.mark.parametrize(
    ("code", "status"),
    [("ConcurrentUpdateException", 400), ("ThrottlingException", 400), ("InternalServiceException", 500)],
)
def test_a_transient_error_is_for_the_state_to_retry(code: str, status: int) -> None:
    world = World(config=OLD)
    world.scale({**BEFORE, "policies": []})
    world.autoscaling.errors["PutScalingPolicy"] = client_error(code, "not now", "PutScalingPolicy", status)

    with pytest.raises(ServiceUnavailable, match=r"not now(.|\n)*\naws application-autoscaling put-scaling-policy"):
        world.look()


def test_a_policy_that_is_listed_but_not_found_is_looked_for_again() -> None:
    world = World(config=OLD)
    world.scale({**BEFORE, "policies": [policy(), policy("wanted")]})
    world.autoscaling.errors["DeleteScalingPolicy"] = client_error("ObjectNotFoundException", "gone")

    progress = world.look()

    assert (progress["done"], progress["waitSeconds"]) == (False, 30)
    assert progress["removed"] == []
    del world.autoscaling.policies["wanted"]
    assert world.look()["done"] is True
