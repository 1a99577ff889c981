"""Scaling of inference components in a plan."""

from typing import Any

import pytest

from shared.errors import InvalidRequest
from tests.support import steps
from tests.unit.plan_deployment.components.world import ADAPTER, ComponentWorld, component_steps, llm, request

Json = dict[str, Any]
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "inference-component/llm",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}
TO_ZERO = {"preset": "to-zero", "maxCapacity": 3}
COPIES = "UpdateInferenceComponentRuntimeConfig"


@pytest.fixture
def world() -> ComponentWorld:
    return ComponentWorld()


def test_the_preset_to_zero_is_registered_after_the_component(world: ComponentWorld) -> None:
    made = world.plan(request(llm(autoscaling=TO_ZERO)))

    assert [step["phase"] for step in made["steps"]][-5:] == ["components", "scale", "scale", "scale", "scale"]
    assert steps.bodies(made, "RegisterScalableTarget") == [TARGET | {"MinCapacity": 0, "MaxCapacity": 3}]
    assert [body["PolicyType"] for body in steps.bodies(made, "PutScalingPolicy")] == [
        "TargetTrackingScaling",
        "StepScaling",
    ]
    (alarm,) = steps.bodies(made, "PutMetricAlarm")
    assert (alarm["MetricName"], alarm["Dimensions"]) == (
        "NoCapacityInvocationFailures",
        [{"Name": "InferenceComponentName", "Value": "llm"}],
    )
    (scaled,) = made["scaling"]
    assert (scaled["kind"], scaled["name"]) == ("component", "llm")
    assert scaled["sentence"].startswith("0 to 3 copies, holding 1 invocation per copy and minute")
    assert made["components"][0]["copyCount"] is None


@pytest.mark.parametrize(("members", "copies"), [({}, 2), ({"copyCount": 3}, 3)])
def test_a_new_component_begins_with_its_copies_or_the_minimum(
    world: ComponentWorld, members: Json, copies: int
) -> None:
    made = world.plan(request(llm(autoscaling={"minCapacity": 2, "maxCapacity": 4}, **members)))

    (body,) = steps.bodies(made, "CreateInferenceComponent")
    assert body["RuntimeConfig"] == {"CopyCount": copies}


def test_scaling_sets_the_copies_of_a_live_component(world: ComponentWorld) -> None:
    world.deployed(request(llm(copyCount=1, autoscaling=TO_ZERO)))
    world.sagemaker.components["llm"]["RuntimeConfig"] |= {"DesiredCopyCount": 0, "CurrentCopyCount": 0}

    assert world.plan(request(llm(copyCount=2, autoscaling=TO_ZERO)))["steps"] == []


def test_an_update_without_copies_says_when_the_new_specification_is_tried(world: ComponentWorld) -> None:
    world.deployed(request(llm(autoscaling=TO_ZERO)))
    world.sagemaker.components["llm"]["RuntimeConfig"] |= {"DesiredCopyCount": 0, "CurrentCopyCount": 0}

    made = world.plan(request(llm(autoscaling=TO_ZERO), force=True))

    assert "RuntimeConfig" not in steps.bodies(made, "UpdateInferenceComponent")[0]
    assert any("has 0 copies while it is updated" in each for each in made["warnings"])


def test_scaling_that_ends_is_deregistered_first_and_then_the_request_sets_the_copies(world: ComponentWorld) -> None:
    world.deployed(request(llm(autoscaling=TO_ZERO)))

    made = world.plan(request(llm(copyCount=2)))

    assert [(step["phase"], step["operation"]) for step in made["steps"]] == [
        ("prepare", "DeregisterScalableTarget"),
        ("components", COPIES),
        ("scale", "DeleteAlarms"),
    ]
    restored = [call["operation"] for call in steps.undo(made, "DeregisterScalableTarget")]
    assert restored == ["RegisterScalableTarget", "PutScalingPolicy", "PutScalingPolicy"]


def test_the_scaling_of_a_deleted_component_is_deregistered_before_it(world: ComponentWorld) -> None:
    world.deployed(request(llm(autoscaling=TO_ZERO), llm(name="other")))

    made = world.plan(request(llm(name="other")))

    assert next(step["operation"] for step in made["steps"]) == "DeregisterScalableTarget"
    assert component_steps(made) == [("DeleteInferenceComponent", "llm")]


def register(world: ComponentWorld, policy_type: str = "TargetTrackingScaling") -> None:
    """Scale the component as another user does."""
    tracking = {"TargetValue": 1.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "any"}}
    step = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    world.autoscaling.targets[TARGET["ResourceId"]] = TARGET | {"MinCapacity": 1, "MaxCapacity": 9}
    configuration = {"StepScalingPolicyConfiguration": step}
    if policy_type == "TargetTrackingScaling":
        configuration = {"TargetTrackingScalingPolicyConfiguration": tracking}
    world.autoscaling.policies["theirs"] = TARGET | {"PolicyName": "theirs", "PolicyType": policy_type, **configuration}


def test_external_scaling_sets_the_copies_too(world: ComponentWorld) -> None:
    world.deployed(request(llm(copyCount=1)))
    register(world)

    made = world.plan(request(llm(copyCount=2)))

    assert made["steps"] == []
    assert any(each.startswith("inference-component/llm stays registered for scaling") for each in made["warnings"])


def test_external_scaling_of_a_deleted_component_is_deleted_with_a_warning(world: ComponentWorld) -> None:
    world.deployed(request(llm(), llm(name="other")))
    register(world)

    made = world.plan(request(llm(name="other")))

    assert any(
        "policy theirs of inference-component/llm, which Slipway did not create, will be" in each
        for each in made["warnings"]
    )


def test_an_external_step_policy_on_a_deleted_component_is_refused(world: ComponentWorld) -> None:
    world.deployed(request(llm(), llm(name="other")))
    register(world, "StepScaling")

    with pytest.raises(InvalidRequest) as refused:
        world.plan(request(llm(name="other")))

    assert "/inferenceComponents: inference component llm must be deregistered from scaling" in str(refused.value)


def test_an_adapter_has_no_scaling_and_no_copies(world: ComponentWorld) -> None:
    world.deployed(request(llm(autoscaling=TO_ZERO), ADAPTER))

    made = world.plan(request(llm(autoscaling=TO_ZERO), ADAPTER))

    assert [each["copyCount"] for each in made["components"]] == [None, None]
