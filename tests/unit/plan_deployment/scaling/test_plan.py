"""The steps for the scaling of an endpoint, and their undo."""

from typing import Any

import pytest

from shared.autoscaling import NOT_SUSPENDED
from tests.support import steps
from tests.unit.plan_deployment.world import World, original, with_variant

POLICY = "test-endpoint-AllTraffic-target-tracking"
KEY = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/test-endpoint/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
ACTION = KEY | {"ScheduledActionName": "nights", "Schedule": "rate(1 day)", "ScalableTargetAction": {"MinCapacity": 0}}
TARGET = KEY | {"MinCapacity": 1, "MaxCapacity": 4, "SuspendedState": NOT_SUSPENDED}


@pytest.fixture
def world() -> World:
    world = World()
    world.deployed(original())
    return world


def undone(made: Any, operation: str) -> list[tuple[str, dict[str, Any]]]:
    return [(call["operation"], call["request"]) for call in steps.undo(made, operation)]


def test_the_undo_of_a_deregistration_restores_everything_on_the_target(world: World) -> None:
    world.autoscaling.put_scheduled_action(**ACTION)

    made = world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    assert [line for line in steps.lines(made) if "scal" in line or "policy" in line or "scheduled" in line] == [
        f"Prepare endpoint: deregister scalable target {KEY['ResourceId']} ({KEY['ScalableDimension']})",
        f"Register scaling: register scalable target {KEY['ResourceId']} ({KEY['ScalableDimension']}), 1 to 4",
        f"Register scaling: register policy {POLICY} of {KEY['ResourceId']}",
        f"Register scaling: register scheduled action nights of {KEY['ResourceId']}",
    ]
    policy = world.autoscaling.policies[POLICY]
    assert undone(made, "DeregisterScalableTarget") == [
        ("RegisterScalableTarget", TARGET),
        ("PutScalingPolicy", policy),
        ("PutScheduledAction", ACTION),
    ]


def test_a_plan_has_each_call_that_restores_scaling_once(world: World) -> None:
    world.autoscaling.put_scheduled_action(**ACTION)

    made = world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    registrations = [step for step in made["steps"] if step["operation"] in ("PutScalingPolicy", "PutScheduledAction")]
    assert [(step["operation"], step["undo"]) for step in registrations] == [
        ("PutScalingPolicy", []),
        ("PutScheduledAction", []),
    ]
    assert made["previous"]["scaling"] == []


def test_a_hundred_scheduled_actions_of_others_fit_into_a_plan(world: World) -> None:
    for number in range(100):
        name = f"morning-{number:03}-of-another-team-{'x' * 40}"
        world.autoscaling.put_scheduled_action(**ACTION | {"ScheduledActionName": name})

    made = world.plan(with_variant(original(), InstanceType="ml.c5.4xlarge"))

    assert len(steps.bodies(made, "PutScheduledAction")) == 100


def test_scaling_that_the_deployment_does_not_change_can_be_restored_too(world: World) -> None:
    world.autoscaling.put_scheduled_action(**ACTION)

    made = world.plan(with_variant(original(), ModelName="h2o3-gbm-2019-11-05-09-12-31"))

    assert [call["operation"] for call in made["previous"]["scaling"]] == [
        "RegisterScalableTarget",
        "PutScheduledAction",
    ]
    assert [call["operation"] for call in made["inEffect"]] == ["RegisterScalableTarget", "PutScalingPolicy"]


def with_rate(**bounds: int) -> Any:
    plain = {name: value for name, value in original().items() if "caling" not in name}
    action = {"name": "surge", "schedule": "rate(1 day)", "minCapacity": 3, "maxCapacity": 10} | bounds
    return plain | {"autoscaling": {"*": {"maxCapacity": 4, "scheduledActions": [action]}}}


def test_bounds_that_a_rate_has_set_are_kept_until_its_next_run() -> None:
    """When a rate without a start time ran last is unknown."""
    world = World()
    made = world.deployed(with_rate())
    world.autoscaling.put_scheduled_action(**steps.bodies(made, "PutScheduledAction")[0])
    assert steps.bodies(world.plan(with_rate()), "RegisterScalableTarget") == []

    world.autoscaling.targets[KEY["ResourceId"]] |= {"MinCapacity": 3, "MaxCapacity": 10}
    again = world.plan(with_rate())
    changed = world.plan(with_rate(minCapacity=5))

    assert steps.operations(again) == []
    assert again["scaling"][0]["minCapacity"] == 3
    assert again["warnings"] == [
        f"{KEY['ResourceId']} keeps the bounds 3 to 10 that scheduled action slipway-surge sets: when rate(1 day) without "
        "startTime ran last is unknown."
    ]
    (target,) = steps.bodies(changed, "RegisterScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (5, 10)


def test_bounds_that_no_rate_has_set_are_those_of_the_request() -> None:
    world = World()
    made = world.deployed(with_rate())
    world.autoscaling.put_scheduled_action(**steps.bodies(made, "PutScheduledAction")[0])
    world.autoscaling.targets[KEY["ResourceId"]] |= {"MinCapacity": 2, "MaxCapacity": 10}

    (target,) = steps.bodies(world.plan(with_rate()), "RegisterScalableTarget")

    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)


def test_the_undo_of_new_bounds_restores_the_old_ones(world: World) -> None:
    made = world.plan(original(autoscalingMaxCapacity=7))

    assert undone(made, "RegisterScalableTarget") == [("RegisterScalableTarget", TARGET)]


def test_slipways_own_scaling_that_is_no_longer_requested_is_deregistered_with_an_undo(world: World) -> None:
    made = world.plan({name: value for name, value in original().items() if "caling" not in name})

    (step,) = made["steps"]
    assert (step["state"], step["operation"], step["request"]) == ("Register scaling", "DeregisterScalableTarget", KEY)
    assert [operation for operation, _ in undone(made, step["operation"])] == [
        "RegisterScalableTarget",
        "PutScalingPolicy",
    ]


def test_next_to_external_scaling_only_slipways_policy_is_deleted(world: World) -> None:
    policy = world.autoscaling.policies[POLICY]
    world.autoscaling.put_scheduled_action(**ACTION)

    made = world.plan({name: value for name, value in original().items() if "caling" not in name})

    assert steps.bodies(made, "DeleteScalingPolicy") == [KEY | {"PolicyName": POLICY}]
    assert undone(made, "DeleteScalingPolicy") == [("PutScalingPolicy", policy)]
