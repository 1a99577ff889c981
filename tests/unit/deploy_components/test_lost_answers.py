"""A call whose answer is lost is neither made twice nor a failure, and a stale read is not believed."""

from typing import Any

import pytest

from shared.errors import UpdateRolledBack
from tests.support.plans import copy_of, create_component, delete_component, set_copies, update_component
from tests.unit.deploy_components.world import LOGS, World
from tests.unit.fake_components import FakeComponents
from tests.unit.fakes import client_error


class Hiding(FakeComponents):
    """SageMaker that does not show a component at first."""

    def __init__(self, reads: int) -> None:
        super().__init__()
        self.reads = reads

    def on_describe_inference_component(self, parameters: Any) -> Any:
        self.reads -= 1
        if self.reads >= 0:
            raise client_error("ValidationException", 'Could not find inference component "…".')
        return super().on_describe_inference_component(parameters)


def test_a_creation_whose_answer_is_lost_is_not_repeated() -> None:
    world = World(create_component())

    world.visit(lost=True)
    assert world.visit(0)["done"] is False
    world.finish("llm")

    assert world.visit()["done"] is True
    assert world.called == ["Create llm"]


def test_a_creation_that_is_not_shown_yet_is_recognized_when_it_is_refused() -> None:
    world = World(create_component())
    world.sagemaker = Hiding(reads=2)

    world.visit(lost=True)
    retried = world.visit(0)
    world.finish("llm")

    assert [call["outcome"] for call in retried["calls"]] == ["already done"]
    assert world.visit()["done"] is True


def test_a_new_component_that_is_not_shown_yet_is_waited_for() -> None:
    world = World(create_component())
    world.visit()
    found = world.sagemaker.components.pop("llm")

    assert world.visit(15)["done"] is False
    world.sagemaker.components["llm"] = found
    world.finish("llm")

    assert world.visit()["done"] is True
    assert world.called == ["Create llm"]


def test_an_update_whose_answer_is_lost_is_not_repeated() -> None:
    world = World(update_component())
    world.sagemaker.add_component("llm", specification=copy_of("old"))

    world.visit(lost=True)
    retried = world.visit(0)
    assert (retried["done"], retried["calls"]) == (False, [])
    world.finish("llm")

    assert world.visit()["done"] is True
    assert world.called == ["Update llm"]


def test_an_update_to_a_model_that_was_created_again_is_made_although_nothing_seems_to_change() -> None:
    world = World(update_component(model="m", before="m"))
    world.sagemaker.add_component("llm", specification=copy_of("m"))

    world.visit()
    assert world.called == ["Update llm"]
    world.finish("llm")

    assert world.visit()["done"] is True
    assert world.called == ["Update llm"]


def test_a_stale_read_after_an_update_is_no_rollback() -> None:
    world = World(update_component())
    before = dict(world.sagemaker.add_component("llm", specification=copy_of("old")))
    world.visit()
    updating = world.sagemaker.components["llm"]
    world.sagemaker.components["llm"] = before

    assert world.visit(15)["done"] is False
    world.sagemaker.components["llm"] = updating
    world.finish("llm")

    assert world.visit()["done"] is True


def test_the_former_content_later_is_a_rollback_also_without_a_reason() -> None:
    world = World(update_component())
    before = dict(world.sagemaker.add_component("llm", specification=copy_of("old")))
    world.visit()
    world.sagemaker.components["llm"] = before

    with pytest.raises(UpdateRolledBack) as raised:
        world.visit(60)

    assert str(raised.value) == (
        "SageMaker rolled back the update. Inference component llm is InService as before it: SageMaker gives no "
        f"reason\n{LOGS}"
    )


def test_copies_that_are_set_already_are_not_set_again() -> None:
    world = World(set_copies(count=2))
    world.sagemaker.add_component("llm")

    world.visit(lost=True)
    world.visit(0)
    world.finish("llm")

    assert world.visit()["done"] is True
    assert len(world.called) == 1


def test_a_deletion_whose_answer_is_lost_is_not_repeated() -> None:
    world = World(delete_component())
    world.sagemaker.add_component("llm")

    world.visit(lost=True)
    assert world.visit(0)["done"] is False
    world.finish("llm")

    assert world.visit()["done"] is True
    assert world.called == ["Delete llm"]


def test_a_deletion_that_is_denied_because_nothing_is_left_is_done() -> None:
    world = World(delete_component())
    world.sagemaker.add_component("llm")

    def deleted_meanwhile(_: Any) -> None:
        world.sagemaker.components.clear()
        raise client_error("AccessDeniedException", "no identity-based policy allows it", "DeleteInferenceComponent")

    world.sagemaker.on_delete_inference_component = deleted_meanwhile  # type: ignore[method-assign]

    assert [call["outcome"] for call in world.visit()["calls"]] == ["already done"]
    assert world.visit()["done"] is True


@pytest.mark.parametrize("status", ["Creating", "Updating"])
@pytest.mark.parametrize(
    "step", [update_component(), set_copies(), delete_component()], ids=lambda step: step["operation"]
)
def test_a_component_that_scaling_changes_is_called_when_the_change_has_ended(status: str, step: Any) -> None:
    world = World(step)
    world.sagemaker.add_component("llm", status, specification=copy_of("old"))

    first = world.visit()
    assert {call["outcome"] for call in first["calls"]} <= {"in progress"}
    world.finish("llm")
    second = world.visit()

    assert [call["outcome"] for call in second["calls"]] == ["done"]


def test_a_refusal_because_the_component_began_to_change_is_retried_later() -> None:
    world = World(update_component())
    world.sagemaker.add_component("llm", specification=copy_of("old"))
    busy = 'Cannot update inference component "…" while it is in state UPDATE_RC_IN_PROGRESS.'
    world.sagemaker.errors["UpdateInferenceComponent"] = client_error("ValidationException", busy)

    assert [call["outcome"] for call in world.visit()["calls"]] == ["in progress"]
    world.sagemaker.errors.clear()

    assert [call["outcome"] for call in world.visit()["calls"]] == ["done"]


def test_a_refusal_because_the_endpoint_is_changing_is_retried_later() -> None:
    world = World(create_component())
    world.sagemaker.add_endpoint("test-endpoint", "Updating")
    world.sagemaker.errors["CreateInferenceComponent"] = client_error(
        "ValidationException", "Endpoint is not InService"
    )

    assert [call["outcome"] for call in world.visit()["calls"]] == ["in progress"]
    world.sagemaker.add_endpoint("test-endpoint")
    world.sagemaker.errors.clear()

    assert [call["outcome"] for call in world.visit()["calls"]] == ["done"]


def test_a_visit_that_fails_after_a_call_is_retried_without_a_second_call() -> None:
    world = World(create_component("a"), create_component("b"))
    throttled = client_error("ThrottlingException", "Rate exceeded", "DescribeInferenceComponent")

    class Throttling(FakeComponents):
        answers = iter([throttled])

        def on_describe_inference_component(self, parameters: Any) -> Any:
            error = next(self.answers, None) if parameters["InferenceComponentName"] == "b" else None
            if error:
                raise error
            return super().on_describe_inference_component(parameters)

    world.sagemaker = Throttling()
    with pytest.raises(type(throttled), match="Rate exceeded"):
        world.visit()

    world.visit(0)

    assert world.called == ["Create a", "Create b"]
