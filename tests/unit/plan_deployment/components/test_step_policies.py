"""Step policies of inference components that a change must not delete."""

import pytest

from shared.errors import InvalidRequest
from tests.unit.fakes import POLICY_ARN
from tests.unit.plan_deployment.components.world import ADAPTER, ComponentWorld, llm, request


@pytest.fixture
def world() -> ComponentWorld:
    """A component that scales to zero, so that a step policy adds its first copy."""
    world = ComponentWorld()
    world.deployed(request(llm(autoscaling={"preset": "to-zero", "maxCapacity": 3})))
    return world


def test_a_step_policy_that_an_external_alarm_triggers_is_not_deleted_with_the_scaling(world: ComponentWorld) -> None:
    world.cloudwatch.put_metric_alarm(AlarmName="theirs", AlarmActions=[f"{POLICY_ARN}:slipway-wake-up"])

    with pytest.raises(InvalidRequest) as raised:
        world.plan(request(llm()))

    assert (
        "/inferenceComponents: this change deletes step policy slipway-wake-up of inference component llm, and alarm "
        "theirs, which Slipway did not create, triggers it."
    ) in str(raised.value)


def test_a_component_with_an_external_step_policy_is_not_deleted(world: ComponentWorld) -> None:
    (own,) = (each for each in world.autoscaling.policies.values() if each["PolicyType"] == "StepScaling")
    world.autoscaling.put_scaling_policy(**own | {"PolicyName": "theirs"})

    with pytest.raises(InvalidRequest, match="/inferenceComponents: inference component llm must be deregistered"):
        world.plan(request(llm(name="other")))

    world.plan(request(llm(autoscaling={"preset": "to-zero", "maxCapacity": 3}), ADAPTER))
