"""What an update of a component needs: alarms, room for its time, rights and preserved instances."""

from typing import Any

import pytest

from shared.errors import EndpointNotOwned, InvalidRequest
from shared.moments import seconds_between
from tests.support import steps
from tests.unit.fakes import FakeCloudWatch
from tests.unit.plan_deployment.components.world import VARIANT, ComponentWorld, llm, request, specified

Json = dict[str, Any]
ALARM = "/inferenceComponents/0/DeploymentConfig/AutoRollbackConfiguration/Alarms/0/AlarmName"
CHANGED = {"ComputeResourceRequirements": {"MinMemoryRequiredInMb": 2048}}
DEFAULT_SECONDS = 3600


@pytest.fixture
def world() -> ComponentWorld:
    return ComponentWorld()


def guarded(*alarms: str, wait: int = 0, **policy: Any) -> Json:
    rolling = {"MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50}, "WaitIntervalInSeconds": wait}
    named = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}} if alarms else {}
    return {"DeploymentConfig": {"RollingUpdatePolicy": rolling | policy, **named}}


def refusal(world: ComponentWorld, asked: Json) -> str:
    with pytest.raises(InvalidRequest) as refused:
        world.plan(asked)
    return str(refused.value)


def test_an_alarm_that_does_not_exist_is_refused_before_the_first_update(world: ComponentWorld) -> None:
    found = refusal(world, request(llm(**guarded("missing"))))

    assert f'{ALARM}: there is no alarm "missing" in this account and Region' in found


def test_an_alarm_that_is_on_is_refused_for_an_update_only(world: ComponentWorld) -> None:
    world.cloudwatch = FakeCloudWatch(errors="ALARM")

    world.deployed(request(llm(**guarded("errors"))))

    assert f'{ALARM}: alarm "errors" is already in ALARM' in refusal(
        world, request(specified(**CHANGED) | guarded("errors"))
    )


def deadline(made: Any) -> float:
    return seconds_between(made["turnSince"], made["deadlineAt"])


@pytest.mark.parametrize(
    ("members", "more"),
    [
        ({}, 600),
        ({"StartupParameters": {"ContainerStartupHealthCheckTimeoutInSeconds": 1800}}, 2400),
    ],
)
def test_the_default_deadline_has_the_time_of_a_creation(world: ComponentWorld, members: Json, more: int) -> None:
    assert deadline(world.plan(request(specified(**members)))) == DEFAULT_SECONDS + more


@pytest.mark.parametrize(
    ("config", "more"),
    [
        ({}, 600),
        (guarded(wait=300), 2 * 300 + 600),
        (guarded(MaximumExecutionTimeoutInSeconds=7200), 7200),
        (guarded(MaximumBatchSize={"Type": "COPY_COUNT", "Value": 1}, wait=100), 4 * 100 + 600),
    ],
)
def test_the_default_deadline_has_the_time_of_every_batch_of_an_update(
    world: ComponentWorld, config: Json, more: int
) -> None:
    world.deployed(request(llm(copyCount=4)))

    made = world.plan(request(specified(**CHANGED) | {"copyCount": 4} | config))

    assert deadline(made) == DEFAULT_SECONDS + more


def test_a_given_deadline_stays_as_it_is_and_is_warned_about_if_it_is_short(world: ComponentWorld) -> None:
    slow = specified(StartupParameters={"ContainerStartupHealthCheckTimeoutInSeconds": 1800})

    made = world.plan(request(slow, deadlineSeconds=900))

    assert deadline(made) == 900
    assert any(
        each.startswith("/deadlineSeconds is 900, less than the 2400 s that the inference components can take")
        for each in made["warnings"]
    )


def test_a_component_of_another_tool_is_checked_and_not_changed(world: ComponentWorld) -> None:
    world.deployed(request(llm(copyCount=1)))
    world.sagemaker.tags.pop(world.sagemaker.components["llm"]["InferenceComponentArn"])

    assert world.plan(request(llm(copyCount=1)))["steps"] == []
    with pytest.raises(EndpointNotOwned) as refused:
        world.plan(request(llm(copyCount=2)))

    assert str(refused.value) == (
        "Slipway did not create inference component llm, and the stack may only change what has the tag "
        "slipway:execution. To let Slipway change it: aws sagemaker add-tags --resource-arn "
        "arn:aws:sagemaker:eu-west-1:123456789012:inference-component/llm --tags Key=slipway:execution,Value=adopted"
    )


def test_an_update_preserves_the_instances_that_sagemaker_manages(world: ComponentWorld) -> None:
    managed = VARIANT | {"ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 5}}
    world.deployed(request(productionVariants=[managed]))

    made = world.plan(request(productionVariants=[managed | {"InitialInstanceCount": 2}]))

    assert steps.change(made)["RetainAllVariantProperties"] is True
    assert steps.change(made)["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]
    assert not [each for each in made["warnings"] if "InitialInstanceCount" in each]
