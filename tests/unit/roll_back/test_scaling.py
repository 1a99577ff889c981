"""The rollback of scaling changes only what differs from the previous scaling."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import RollbackFailed, ServiceUnavailable
from shared.planning import calls
from tests.support.plans import before_stack_update, step
from tests.unit.fakes import client_error
from tests.unit.roll_back.updates import (
    BEFORE,
    NEW,
    OLD,
    WANTED,
    World,
    around,
    nothing,
    plan,
    policy,
    scheduled,
    suspended,
    target,
)


def restored(before: dict[str, Any], now: dict[str, Any], **wanted: Any) -> World:
    world = World(config=OLD)
    world.scale({**BEFORE, **now})
    world.roll_back(plan(before={**BEFORE, **before}, wanted={**WANTED, **wanted}))
    return world


unset = {name: value for name, value in target().items() if name != "SuspendedState"}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param({}, {"targets": [unset]}, id="no suspension, unset or all false"),
        pytest.param(
            {"scheduledActions": [scheduled(StartTime="2026-11-30T23:00:00.000Z")]},
            {"scheduledActions": [scheduled(StartTime=datetime(2026, 11, 30, 23, tzinfo=UTC))]},
            id="a moment, as AWS has it",
        ),
        pytest.param({}, {"policies": [policy() | {"PolicyARN": "arn", "Alarms": []}]}, id="what AWS adds"),
    ],
)
def test_unchanged_scaling_is_not_put_again(before: dict[str, Any], now: dict[str, Any]) -> None:
    assert restored(before, now).autoscaling.mutations() == []


def test_the_suspended_state_is_restored() -> None:
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
    assert restored({}, {kind: [thing]}, **{kind: [thing]}).autoscaling.mutations() == [operation]


def test_additions_of_the_plan_are_removed_before_anything_is_restored() -> None:
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

    assert world.autoscaling.mutations() == [
        "DeregisterScalableTarget",
        "DeleteScalingPolicy",
        "DeleteScheduledAction",
        "PutScalingPolicy",
    ]
    assert list(world.autoscaling.targets) == ["endpoint/churn/variant/A"]
    assert list(world.autoscaling.policies) == ["before"]


def test_additions_of_another_user_are_kept() -> None:
    world = restored({}, {"policies": [policy(), policy("theirs")]})

    assert (world.autoscaling.mutations(), sorted(world.autoscaling.policies)) == ([], ["before", "theirs"])


def test_a_plan_without_scaling_reads_none() -> None:
    world = World(config=OLD, ProductionVariants=[])

    assert world.roll_back(plan(before=nothing(), wanted=nothing()))["done"] is True
    assert world.autoscaling.calls == []


def test_missing_scaling_is_restored_even_if_the_plan_does_not_change_it() -> None:
    world = World(config=OLD)
    world.scale(nothing())

    world.roll_back(plan(wanted=nothing()))

    assert world.autoscaling.mutations() == ["RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"]


def test_an_execution_that_began_before_a_stack_update_is_rolled_back() -> None:
    world = World(config=OLD)
    world.scale(nothing())

    assert world.roll_back(before_stack_update(plan(wanted=nothing())))["done"] is True
    assert world.autoscaling.mutations() == ["RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"]


def test_external_changes_of_scaling_that_the_plan_does_not_change_are_kept() -> None:
    world = World(config=OLD)
    world.scale({**BEFORE, "targets": [target(MaxCapacity=7)]})

    assert (world.roll_back(plan(wanted=nothing()))["done"], world.autoscaling.mutations()) == (True, [])


def test_nothing_is_put_on_a_target_that_another_user_deregistered() -> None:
    """As after a change of policies alone: the plan does not change the target, so it does not restore it."""
    world = World(config=NEW)
    world.sagemaker.tags = {}
    world.scale(nothing())
    only_the_policy = step("scale", calls.delete_policy(policy()), calls.put_policy(policy()))

    progress = world.roll_back(around(steps=[only_the_policy]))

    assert (progress["done"], world.mutations()) == (True, [])


MANY = {"scheduledActions": [scheduled(ScheduledActionName=f"a-schedule-{number:03}") for number in range(100)]}


def test_the_commands_of_kept_changes_are_limited_to_the_size_of_a_state_input() -> None:
    world = World(config=OLD)
    world.scale(BEFORE)

    commands = world.roll_back(plan(before={**BEFORE, **MANY}, wanted=WANTED, onFailure="KEEP"))["commands"]

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
        world.roll_back(plan(before={**BEFORE, **MANY}, wanted=WANTED))

    assert len(str(raised.value)) <= 24_000
    assert str(raised.value).endswith("(cut here: the rest is in the execution history)")


def test_a_scheduled_action_whose_only_time_has_passed_is_skipped() -> None:
    once = scheduled(Schedule="at(2026-11-21T04:45:00)")
    world = World(config=OLD)
    world.scale(nothing(targets=[target()]))
    world.autoscaling.errors["PutScheduledAction"] = client_error("ValidationException", "in the past")

    progress = world.roll_back(plan(before=nothing(targets=[target()], scheduledActions=[once]), wanted=nothing()))

    assert (progress["done"], progress["restored"]) == (True, [])
    assert progress["kept"] == [f"{calls.put_scheduled_action(once)['what']}: its one-time schedule has passed"]


@pytest.mark.parametrize("code", ["ValidationException", "ObjectNotFoundException", "FailedResourceAccessException"])
def test_a_refused_call_is_retried_for_ten_minutes(code: str) -> None:
    world = World(config=OLD)
    world.scale({**BEFORE, "policies": []})
    world.autoscaling.errors["PutScalingPolicy"] = client_error(code, "not now", "PutScalingPolicy")

    first = world.roll_back()
    later = world.roll_back(now="2026-11-21T05:10:29.000Z", previous=first)

    assert (first["done"], first["waitSeconds"], later["done"]) == (False, 30, False)
    assert world.sagemaker.mutations() == []
    with pytest.raises(RollbackFailed, match=r"not now(.|\n)*\naws application-autoscaling put-scaling-policy"):
        world.roll_back(now="2026-11-21T05:10:30.000Z", previous=later)


@pytest.mark.parametrize(
    ("code", "status"),
    [("ConcurrentUpdateException", 400), ("ThrottlingException", 400), ("InternalServiceException", 500)],
)
def test_a_transient_error_is_retried_by_the_state(code: str, status: int) -> None:
    world = World(config=OLD)
    world.scale({**BEFORE, "policies": []})
    world.autoscaling.errors["PutScalingPolicy"] = client_error(code, "not now", "PutScalingPolicy", status)

    with pytest.raises(ServiceUnavailable, match=r"not now(.|\n)*\naws application-autoscaling put-scaling-policy"):
        world.roll_back()


def test_a_listed_policy_that_is_not_found_is_read_again() -> None:
    world = World(config=OLD)
    world.scale({**BEFORE, "policies": [policy(), policy("wanted")]})
    world.autoscaling.errors["DeleteScalingPolicy"] = client_error("ObjectNotFoundException", "gone")

    progress = world.roll_back()

    assert (progress["done"], progress["waitSeconds"]) == (False, 30)
    assert progress["removed"] == []
    del world.autoscaling.policies["wanted"]
    assert world.roll_back()["done"] is True
