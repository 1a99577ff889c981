"""Everything that the plan registers is read back and compared."""

from typing import Any

import pytest

from register_scaling.logic import register
from shared.errors import ScalingNotReady
from shared.execute import Clients
from shared.plan import DeploymentPlan
from shared.planning import calls
from tests.support.plans import ENDPOINT, POLICY, TARGET, deployment_plan, put_policy, register_target, step
from tests.unit.fakes import FakeAutoScaling, FakeCloudWatch

Json = dict[str, Any]
NOW = "2026-11-21T05:20:00.000Z"
ACTION = TARGET | {
    "ScheduledActionName": "slipway-morning",
    "Schedule": "cron(0 7 ? * MON-FRI *)",
    "ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 4},
}
ALARM = {
    "AlarmName": f"slipway/{ENDPOINT}/AllTraffic/scaling-surge",
    "MetricName": "m",
    "EvaluationPeriods": 1,
    "Threshold": 9,
}
SURGE = TARGET | {
    "PolicyName": "slipway-surge",
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {"AdjustmentType": "ChangeInCapacity"},
}
PUT_ACTION = step("scale", calls.put_scheduled_action(ACTION))
PUT_ALARM = step("scale", calls.put_scaling_alarm(ALARM, SURGE))
STEPS = [register_target(), put_policy(), step("scale", calls.put_policy(SURGE)), PUT_ACTION, PUT_ALARM]


class World:
    """Application Auto Scaling and CloudWatch, which answer otherwise than they were asked."""

    def __init__(self) -> None:
        self.autoscaling, self.cloudwatch = FakeAutoScaling(), FakeCloudWatch()
        self.clients: Clients = {"application-autoscaling": self.autoscaling, "cloudwatch": self.cloudwatch}

    def register(self, **changes: Any) -> None:
        register(plan(**changes), NOW, self.clients)


def plan(**changes: Any) -> DeploymentPlan:
    return deployment_plan(**{"steps": STEPS} | changes)


def unchanged() -> DeploymentPlan:
    """A plan that finds everything registered."""
    return plan(steps=[], inEffect=[{name: each[name] for name in each if name in CALL} for each in STEPS])


CALL = ("service", "operation", "request", "what", "policy")


def test_what_is_registered_as_asked_passes() -> None:
    world = World()

    world.register()
    register(unchanged(), NOW, world.clients)

    assert list(world.autoscaling.policies) == [POLICY["PolicyName"], "slipway-surge"]


@pytest.mark.parametrize(
    ("kind", "name", "change", "text"),
    [
        ("targets", TARGET["ResourceId"], {"MaxCapacity": 3}, "/MaxCapacity is 3, expected 4"),
        (
            "policies",
            POLICY["PolicyName"],
            {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 9}},
            "/TargetTrackingScalingPolicyConfiguration/TargetValue is 9, expected 5000.0",
        ),
        (
            "scheduled_actions",
            "slipway-morning",
            {"Timezone": "Asia/Tokyo"},
            "/Timezone is 'Asia/Tokyo', expected 'UTC'",
        ),
        ("alarms", ALARM["AlarmName"], {"Threshold": 8}, "/Threshold is 8, expected 9"),
        (
            "alarms",
            ALARM["AlarmName"],
            {"AlarmActions": ["arn:aws:sns:1:on-call"]},
            "it does not trigger policy slipway-surge",
        ),
    ],
)
def test_a_difference_is_named_with_its_place(kind: str, name: str, change: Json, text: str) -> None:
    world = World()
    world.register()
    service: Any = world.cloudwatch if kind == "alarms" else world.autoscaling
    getattr(service, kind)[name] |= change

    with pytest.raises(ScalingNotReady, match=r"^The registered scaling is not as planned\. ") as raised:
        register(unchanged(), NOW, world.clients)

    assert text in str(raised.value)


@pytest.mark.parametrize("kind", ["targets", "policies", "scheduled_actions"])
def test_what_is_missing_is_named(kind: str) -> None:
    world = World()
    world.register()
    getattr(world.autoscaling, kind).popitem()

    with pytest.raises(ScalingNotReady, match="it is not registered"):
        register(unchanged(), NOW, world.clients)


def test_what_is_still_there_is_named() -> None:
    """A stale read: the policy was deleted, and is still listed."""
    world = World()
    world.register()
    delete = step("scale", calls.delete_scheduled_action(ACTION))
    world.autoscaling.on_delete_scheduled_action = lambda _: {}  # type: ignore[method-assign]

    with pytest.raises(ScalingNotReady, match=r"scheduled action slipway-morning .*: it is still registered"):
        world.register(steps=[delete])


def test_bounds_that_a_scheduled_action_has_set_pass() -> None:
    world = World()
    world.register()

    world.autoscaling.targets[TARGET["ResourceId"]] |= {"MinCapacity": 2}
    register(unchanged(), NOW, world.clients)

    world.autoscaling.targets[TARGET["ResourceId"]] |= {"MinCapacity": 3}
    with pytest.raises(ScalingNotReady, match="/MinCapacity is 3, expected 1"):
        register(unchanged(), NOW, world.clients)


def test_without_scaling_nothing_is_read() -> None:
    world = World()

    world.register(steps=[])

    assert (world.autoscaling.calls, world.cloudwatch.calls) == ([], [])


def test_bounds_are_those_that_a_schedule_has_set_since_the_plan() -> None:
    """The office hours began during the creation of the endpoint: the plan is of 05:12."""
    hours = ACTION | {"Schedule": "cron(15 5 * * ? *)"}
    steps = [register_target(), step("scale", calls.put_scheduled_action(hours))]
    before, since = World(), World()

    register(plan(steps=steps), "2026-11-21T05:14:59.000Z", before.clients)
    register(plan(steps=steps), "2026-11-21T05:15:00.000Z", since.clients)

    found = [world.autoscaling.targets[TARGET["ResourceId"]]["MinCapacity"] for world in (before, since)]
    assert found == [1, 2]


def test_bounds_of_the_plan_stay_if_no_schedule_was_due_since() -> None:
    yesterday = ACTION | {"Schedule": "cron(0 5 * * ? *)"}
    world = World()

    world.register(steps=[register_target(), step("scale", calls.put_scheduled_action(yesterday))])

    assert world.autoscaling.targets[TARGET["ResourceId"]]["MinCapacity"] == 1


@pytest.mark.parametrize(("bounds", "expected"), [((2, 4), 2), ((1, 9), 1)])
def test_bounds_that_a_rate_has_set_since_the_plan_are_kept(bounds: tuple[int, int], expected: int) -> None:
    daily = ACTION | {"Schedule": "rate(1 day)"}
    in_effect = [calls.put_scheduled_action(daily)]
    world = World()
    world.autoscaling.put_scheduled_action(**daily)
    world.autoscaling.register_scalable_target(**TARGET, MinCapacity=bounds[0], MaxCapacity=bounds[1])

    world.register(steps=[register_target()], inEffect=in_effect)

    assert world.autoscaling.targets[TARGET["ResourceId"]]["MinCapacity"] == expected
