"""A removal deletes the inference components of the endpoint before the endpoint."""

from collections.abc import Iterable
from typing import Any

import pytest

from clean_up.logic import CleanedUp, Services, clean_up
from shared.errors import DeadlineExceeded, EndpointBusy
from shared.planning import calls
from shared.time_budget import UNLIMITED
from tests.support.plans import removal_plan, removal_step
from tests.unit.fake_components import FakeComponents, adapter_of
from tests.unit.fakes import FakeAutoScaling, FakeCloudWatch
from tests.unit.plan_removal.test_planned_components import COPIES

NOW = "2026-11-21T05:01:00.000Z"
PLAN = removal_plan(
    [
        removal_step(each)
        for each in (
            calls.delete_alarm("slipway/test-endpoint/llm/wake-up"),
            calls.deregister_target(COPIES),
            calls.delete_component("fr"),
            calls.delete_component("de"),
            calls.delete_component("llm"),
            calls.delete_endpoint("test-endpoint", "which is InService"),
        )
    ],
    startedAt="2026-11-21T05:00:00.000Z",
)
SCALING = ["alarm slipway/test-endpoint/llm/wake-up", "scalable target inference-component/llm"]
ADAPTERS = ["inference component fr", "inference component de"]
BASE = ["inference component llm"]


class World:
    """An endpoint with a component and two adapters."""

    def __init__(self) -> None:
        self.sagemaker, self.autoscaling, self.cloudwatch = FakeComponents(), FakeAutoScaling(), FakeCloudWatch()
        self.sagemaker.add_endpoint("test-endpoint")
        self.sagemaker.add_component("llm")
        for name in ("fr", "de"):
            self.sagemaker.add_component(name, specification=adapter_of("llm"))
        self.autoscaling.targets["inference-component/llm"] = COPIES

    def clean_up(self, previous: CleanedUp | None = None, now: str = NOW) -> CleanedUp:
        clients: Any = {
            "sagemaker": self.sagemaker,
            "application-autoscaling": self.autoscaling,
            "cloudwatch": self.cloudwatch,
        }
        return clean_up(PLAN, now, previous, Services(clients, "deployments"), UNLIMITED)

    def deletions(self) -> list[str]:
        """Names of the components and endpoints that were deleted, in order."""
        named = [parameters for operation, parameters in self.sagemaker.calls if operation.startswith("Delete")]
        return [name for parameters in named for name in parameters.values()]


@pytest.fixture
def world() -> World:
    return World()


def outcomes(cleaned: CleanedUp, operation: str) -> list[str]:
    return [made["outcome"] for made in cleaned["calls"] if made["operation"] == operation]


def finish(world: World, names: Iterable[str]) -> None:
    for name in names:
        world.sagemaker.finish(name)


def test_components_are_deleted_in_order_and_each_attempt_says_what_is_gone(world: World) -> None:
    first = world.clean_up()
    assert (world.deletions(), world.autoscaling.targets) == (["fr", "de"], {})
    assert (first["done"], first["waitSeconds"], first["removed"]) == (False, 15, SCALING)
    assert outcomes(first, "DeleteInferenceComponent") == ["in progress"] * 3

    world.sagemaker.finish("fr")
    second = world.clean_up(first)
    assert (world.deletions(), second["removed"]) == (["fr", "de"], [*SCALING, ADAPTERS[0]])
    assert outcomes(second, "DeleteInferenceComponent") == ["done", "in progress", "in progress"]

    world.sagemaker.finish("de")
    third = world.clean_up(second)
    assert (world.deletions(), third["removed"]) == (["fr", "de", "llm"], [*SCALING, *ADAPTERS])

    world.sagemaker.finish("llm")
    fourth = world.clean_up(third)
    assert (world.deletions(), fourth["removed"]) == (
        ["fr", "de", "llm", "test-endpoint"],
        [*SCALING, *ADAPTERS, *BASE],
    )
    assert outcomes(fourth, "DeleteInferenceComponent") == ["done"]

    world.sagemaker.endpoints.clear()
    last = world.clean_up(fourth)
    assert (last["done"], last["removed"]) == (True, [*SCALING, *ADAPTERS, *BASE, "endpoint test-endpoint"])
    assert outcomes(last, "DeleteInferenceComponent") == []


@pytest.mark.parametrize("status", ["Creating", "Updating"])
def test_a_component_in_progress_is_deleted_when_its_change_has_ended(world: World, status: str) -> None:
    world.sagemaker.components["de"]["InferenceComponentStatus"] = status

    first = world.clean_up()
    assert world.deletions() == ["fr"]

    finish(world, ["de", "fr"])
    world.clean_up(first)
    assert world.deletions() == ["fr", "de"]


def test_what_scaled_components_that_are_gone_already_is_removed(world: World) -> None:
    world.sagemaker.components.clear()
    world.sagemaker.endpoints.clear()

    cleaned = world.clean_up()

    assert (cleaned["done"], world.autoscaling.targets) == (True, {})
    assert cleaned["removed"] == [*ADAPTERS, *BASE, "endpoint test-endpoint", *SCALING]


def test_an_endpoint_with_a_component_that_the_plan_does_not_know_is_not_deleted(world: World) -> None:
    world.sagemaker.components.clear()
    world.sagemaker.add_component("by-hand")

    with pytest.raises(EndpointBusy) as caught:
        world.clean_up()

    assert str(caught.value) == (
        "Endpoint test-endpoint hosts inference components that did not exist when the removal was planned: by-hand. "
        "It is not deleted, because SageMaker would keep them without their endpoint."
    )
    assert world.deletions() == []


def test_components_that_still_exist_at_the_deadline_are_a_failure(world: World) -> None:
    world.sagemaker.components["fr"] |= {"InferenceComponentStatus": "Failed", "FailureReason": "Try again."}

    with pytest.raises(DeadlineExceeded) as caught:
        world.clean_up(now=PLAN["deadlineAt"])

    assert str(caught.value) == (
        "Inference component llm is InService; Inference component fr is Failed (Try again.); "
        "Inference component de is InService. "
        f"The deadline for the deletion was {PLAN['deadlineAt']}."
    )
