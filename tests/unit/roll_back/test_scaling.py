"""The scaling's way back: the snapshot again, and only what differs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import RollbackFailed, ServiceUnavailable
from tests.unit.fakes import client_error
from tests.unit.roll_back.updates import OLD, World, plan, policy, scaling, scheduled, suspended, target

SNAPSHOT = scaling()["snapshot"]


def restored(snapshot: dict[str, Any], now: dict[str, Any], **wanted: Any) -> World:
    world = World(config=OLD)
    world.scale({**SNAPSHOT, **now})
    world.look(plan(scaling=scaling(snapshot={**SNAPSHOT, **snapshot}, **wanted)))
    return world


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param({"targets": [target(SuspendedState=suspended())]}, {}, id="no suspension, said or not"),
        pytest.param(
            {"scheduledActions": [scheduled(StartTime="2026-12-01T00:00:00+01:00")]},
            {"scheduledActions": [scheduled(StartTime=datetime(2026, 11, 30, 23, tzinfo=UTC))]},
            id="a moment, in whatever form",
        ),
        pytest.param({}, {"policies": [policy() | {"PolicyARN": "arn", "Alarms": []}]}, id="what AWS adds"),
    ],
)
def test_what_is_as_it_was_is_not_put_again(before: dict[str, Any], now: dict[str, Any]) -> None:
    assert restored(before, now).autoscaling.made() == []


def test_a_suspended_state_is_put_back_and_so_is_none() -> None:
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
def test_only_what_differs_is_put(kind: str, thing: dict[str, Any], operation: str) -> None:
    assert restored({}, {kind: [thing]}).autoscaling.made() == [operation]


def test_what_the_plan_added_goes_before_anything_is_put_for_it_may_follow_the_same_metric() -> None:
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


def test_what_somebody_else_added_meanwhile_stays() -> None:
    world = restored({}, {"policies": [policy(), policy("theirs")]})

    assert (world.autoscaling.made(), sorted(world.autoscaling.policies)) == ([], ["before", "theirs"])


@pytest.mark.parametrize("told", [{}, {"targets": [], "policies": []}])
def test_a_plan_that_knows_no_snapshot_touches_no_scaling(told: dict[str, Any]) -> None:
    world = World(config=OLD)

    world.look(plan(scaling=told))

    assert world.autoscaling.calls == []


def test_an_endpoint_that_was_not_scaled_and_is_not_is_not_asked_about() -> None:
    world = World(config=OLD, ProductionVariants=[])
    nothing: dict[str, Any] = {"targets": [], "policies": [], "scheduledActions": []}

    assert world.look(plan(scaling=nothing | {"snapshot": nothing}))["done"] is True
    assert world.autoscaling.calls == []


@pytest.mark.parametrize("code", ["ValidationException", "ObjectNotFoundException", "FailedResourceAccessException"])
def test_what_application_auto_scaling_refuses_is_tried_again_for_ten_minutes(code: str) -> None:
    world = World(config=OLD)
    world.scale({**SNAPSHOT, "policies": []})
    world.autoscaling.errors["PutScalingPolicy"] = client_error(code, "not now", "PutScalingPolicy")

    first = world.look()
    later = world.look(now="2026-11-21T05:10:29.000Z", previous=first)

    assert (first["done"], first["waitSeconds"], later["done"]) == (False, 30, False)
    assert world.sagemaker.made() == []
    with pytest.raises(RollbackFailed, match=r"not now[^\n]*\naws application-autoscaling put-scaling-policy"):
        world.look(now="2026-11-21T05:10:30.000Z", previous=later)


@pytest.mark.parametrize(
    ("code", "status"),
    [("ConcurrentUpdateException", 400), ("ThrottlingException", 400), ("InternalServiceException", 500)],
)
def test_what_passes_is_for_the_state_to_try_again(code: str, status: int) -> None:
    world = World(config=OLD)
    world.scale({**SNAPSHOT, "policies": []})
    world.autoscaling.errors["PutScalingPolicy"] = client_error(code, "not now", "PutScalingPolicy", status)

    with pytest.raises(ServiceUnavailable, match=r"not now[^\n]*\naws application-autoscaling put-scaling-policy"):
        world.look()


def test_a_policy_that_was_there_and_is_not_found_is_looked_for_again_before_it_counts_as_gone() -> None:
    world = World(config=OLD)
    world.scale({**SNAPSHOT, "policies": [policy(), policy("wanted")]})
    world.autoscaling.errors["DeleteScalingPolicy"] = client_error("ObjectNotFoundException", "gone")

    progress = world.look()

    assert (progress["done"], progress["waitSeconds"]) == (False, 30)
    assert "scaling policy wanted" not in progress["removed"]
    del world.autoscaling.policies["wanted"]
    assert world.look()["done"] is True
