"""Step policies that a change must not delete."""

from typing import Any

import pytest

from shared.errors import InvalidRequest
from tests.support import project, steps
from tests.unit.fakes import POLICY_ARN
from tests.unit.plan_deployment.world import World, original, with_variant

TRACKING, SURGE = project.event("deploy_scaled")["autoscaling"]["Champion"]["policies"]
REFUSED = (
    "/productionVariants/0: this change deletes step policy slipway-surge of variant AllTraffic, and alarm theirs, which "
    "Slipway did not create, triggers it. Remove the policy from the alarm's actions"
)


def scaled(*policies: Any) -> Any:
    plain = {name: value for name, value in original().items() if "caling" not in name}
    return plain | {"autoscaling": {"*": {"maxCapacity": 4, "policies": list(policies)}}}


@pytest.fixture
def world() -> World:
    """An endpoint with a step policy of Slipway, which the alarm of another user triggers, too."""
    world = World()
    world.deployed(scaled(TRACKING, SURGE))
    world.cloudwatch.put_metric_alarm(AlarmName="theirs", AlarmActions=["arn:topic", f"{POLICY_ARN}:slipway-surge"])
    return world


def refusal(world: World, request: Any) -> str:
    with pytest.raises(InvalidRequest) as raised:
        world.plan(request)
    return str(raised.value)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(with_variant(scaled(TRACKING, SURGE), InstanceType="ml.m5.4xlarge"), id="deregistered"),
        pytest.param(scaled(TRACKING), id="no longer requested"),
        pytest.param(scaled(TRACKING | {"name": "surge"}), id="another type"),
    ],
)
def test_a_step_policy_that_an_external_alarm_triggers_is_not_deleted(world: World, request_: Any) -> None:
    found = refusal(world, request_)

    assert REFUSED in found
    assert "aws cloudwatch delete-alarms --alarm-names theirs" in found
    assert "scaling-surge" not in found


def test_a_variant_that_goes_is_refused_at_the_list_of_variants(world: World) -> None:
    found = refusal(world, with_variant(scaled(TRACKING, SURGE), VariantName="Other"))

    assert "/productionVariants: this change deletes step policy slipway-surge" in found


@pytest.mark.parametrize("action", ["arn:topic", f"{POLICY_ARN}:slipway-surge-2"])
def test_an_alarm_without_the_policy_does_not_prevent_its_deletion(world: World, action: str) -> None:
    world.cloudwatch.put_metric_alarm(AlarmName="theirs", AlarmActions=[action])

    assert "DeleteScalingPolicy" in steps.operations(world.plan(scaled(TRACKING)))


def test_a_change_that_deletes_no_step_policy_reads_no_alarms_of_others(world: World) -> None:
    changed = SURGE | {"step": SURGE["step"] | {"Cooldown": 240}}

    made = world.plan(scaled(TRACKING, changed))

    assert "PutScalingPolicy" in steps.operations(made)
    assert all("ActionPrefix" not in parameters for _, parameters in world.cloudwatch.calls)


def test_an_external_step_policy_prevents_a_deregistration(world: World) -> None:
    steps_of_others = world.autoscaling.policies["slipway-surge"] | {"PolicyName": "wake-up"}
    world.autoscaling.put_scaling_policy(**steps_of_others)
    world.cloudwatch.delete_alarms(AlarmNames=["theirs"])

    world.plan(with_variant(scaled(TRACKING, SURGE), ModelName="h2o3-gbm-2019-11-05-09-12-31"))
    found = refusal(world, with_variant(scaled(TRACKING, SURGE), InstanceType="ml.m5.4xlarge"))

    assert "/productionVariants/0: variant AllTraffic must be deregistered from scaling" in found
    assert "--policy-name wake-up" in found
