"""The inference components of an endpoint in the plan of its removal."""

from typing import Any

import pytest

from shared.errors import EndpointNotOwned
from tests.support import steps
from tests.unit.fake_components import COPY, FakeComponents, adapter_of
from tests.unit.fakes import ARN, POLICY_ARN
from tests.unit.plan_removal.test_plan_removal import TARGET, World

COPIES = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "inference-component/llm",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
    "MinCapacity": 0,
    "MaxCapacity": 2,
}
WAKES_UP = {"PolicyName": "wake-up", "PolicyType": "StepScaling", **{name: COPIES[name] for name in list(COPIES)[:3]}}


class HostingWorld(World):
    """An endpoint `e` with a component and its adapter."""

    sagemaker: FakeComponents

    def __init__(self) -> None:
        super().__init__()
        self.sagemaker = FakeComponents()
        self.sagemaker.add_endpoint("e")
        self.sagemaker.add_component("llm", EndpointName="e")
        self.sagemaker.add_component("fr", specification=adapter_of("llm"), EndpointName="e")

    def forget(self, name: str) -> None:
        """Let another user be the creator of the component."""
        del self.sagemaker.tags[f"{ARN}:inference-component/{name}"]


@pytest.fixture
def world() -> HostingWorld:
    return HostingWorld()


def test_components_are_deleted_before_their_endpoint_and_after_what_scales_them(world: HostingWorld) -> None:
    world.autoscaling.targets = {"llm": COPIES, "e": TARGET, "other": COPIES | {"ResourceId": "inference-component/o"}}
    world.autoscaling.policies["wake-up"] = WAKES_UP
    for name, actions in {"llm/wake-up": [f"{POLICY_ARN}:wake-up"], "A/errors": []}.items():
        world.cloudwatch.on_put_metric_alarm({"AlarmName": f"slipway/e/{name}", "AlarmActions": actions})

    assert steps.lines(world.plan()) == [
        "Remove endpoint: delete alarm slipway/e/llm/wake-up",
        "Remove endpoint: deregister scalable target inference-component/llm "
        "(sagemaker:inference-component:DesiredCopyCount)",
        "Remove endpoint: delete inference component fr",
        "Remove endpoint: delete inference component llm",
        "Remove endpoint: delete endpoint e, which is InService",
        "Remove endpoint: delete alarm slipway/e/A/errors",
        "Remove endpoint: deregister scalable target endpoint/e/variant/AllTraffic "
        "(sagemaker:variant:DesiredInstanceCount)",
    ]


def test_the_models_that_slipway_created_for_components_are_deleted(world: HostingWorld) -> None:
    world.create("made", "m")
    world.sagemaker.models.add("by-hand")
    world.sagemaker.add_component("second", specification=COPY | {"ModelName": "by-hand"}, EndpointName="e")

    assert steps.lines(world.plan())[-1] == "Remove endpoint: delete model m, unless it is in use"


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_endpoint_with_components_of_another_user_is_not_removed(world: HostingWorld, *, dry_run: bool) -> None:
    world.forget("llm")
    world.forget("fr")

    with pytest.raises(EndpointNotOwned) as caught:
        world.plan(dryRun=dry_run)

    assert str(caught.value) == (
        "Endpoint e has inference components that Slipway did not create: fr, llm. SageMaker would keep them without "
        "the endpoint, and the stack may only delete what has the tag slipway:execution. To let Slipway delete them: "
        f"aws sagemaker add-tags --resource-arn {ARN}:inference-component/fr --tags Key=slipway:execution,Value=adopted; "
        f"aws sagemaker add-tags --resource-arn {ARN}:inference-component/llm --tags Key=slipway:execution,Value=adopted. "
        "To delete them yourself: aws sagemaker delete-inference-component --inference-component-name fr; "
        "aws sagemaker delete-inference-component --inference-component-name llm"
    )


def test_a_component_that_is_already_being_deleted_does_not_have_to_be_created_by_slipway(world: HostingWorld) -> None:
    world.forget("fr")
    world.sagemaker.components["fr"]["InferenceComponentStatus"] = "Deleting"

    assert "Remove endpoint: delete inference component fr" in steps.lines(world.plan())


@pytest.mark.parametrize("status", [None, "Deleting"])
def test_components_that_outlive_their_endpoint_are_deleted_if_slipway_created_them(
    world: HostingWorld, status: str | None
) -> None:
    world.forget("fr")
    if status:
        world.sagemaker.endpoints["e"]["EndpointStatus"] = status
    else:
        world.sagemaker.endpoints.clear()

    made: Any = world.plan()

    assert steps.lines(made)[0] == "Remove endpoint: delete inference component llm"
    assert made["warnings"] == [
        "Inference component fr is left without its endpoint. Slipway did not create it, so it is not deleted: "
        "aws sagemaker delete-inference-component --inference-component-name fr"
    ]
