"""What SageMaker could not do, and what others do meanwhile, is reported as it is."""

from typing import Any

import pytest

from shared.component_content import content_hash
from shared.errors import ComponentFailed, EndpointBusy, InternalError, RequestRefused, SlipwayError, UpdateRolledBack
from tests.support.plans import copy_of, create_component, delete_component, set_copies, update_component
from tests.unit.deploy_components.world import LOGS, World, planned
from tests.unit.fakes import client_error

REASON = "There is not enough hardware resources on the instances for this endpoint to create a copy."


def raised_by(world: World, seconds: float = 120) -> SlipwayError:
    with pytest.raises(SlipwayError) as raised:
        world.visit(seconds)
    return raised.value


def keeping(name: str = "llm", copies: int | None = 1) -> World:
    """A world that keeps a component with copies of the model "m"."""
    world = World()
    found = world.sagemaker.add_component(name, specification=copy_of("m"))
    world.plan["components"] = [planned(name=name, copies=copies, content=content_hash(found))]
    return world


def test_a_creation_that_fails_is_reported_with_the_reason_and_the_log_group() -> None:
    world = World(create_component())
    world.visit()
    world.sagemaker.components["llm"] |= {"InferenceComponentStatus": "Failed", "FailureReason": REASON}

    error = raised_by(world)

    assert type(error) is ComponentFailed
    assert str(error) == f"Inference component llm is Failed: {REASON}\n{LOGS}"


def test_an_update_that_sagemaker_rolled_back_is_reported_with_the_reason() -> None:
    world = World(update_component())
    found = world.sagemaker.add_component("llm", specification=copy_of("old"))
    world.visit()
    found |= {"Specification": copy_of("old"), "FailureReason": "Rolled back because of the alarm errors."}
    world.finish("llm")

    error = raised_by(world)

    assert type(error) is UpdateRolledBack
    assert str(error) == (
        "SageMaker rolled back the update. Inference component llm is InService as before it: Rolled back because of "
        f"the alarm errors.\n{LOGS}"
    )


@pytest.mark.parametrize(("reason", "error"), [(REASON, UpdateRolledBack), ("an earlier reason", None)])
def test_the_rollback_of_an_update_that_changes_no_content_is_recognized_by_a_new_reason(
    reason: str, error: type[SlipwayError] | None
) -> None:
    world = World(update_component(model="m", before="m"))
    found = world.sagemaker.add_component("llm", specification=copy_of("m"), FailureReason="an earlier reason")
    world.visit()
    world.finish("llm")
    found["FailureReason"] = reason

    if error is None:
        assert world.visit()["done"] is True
    else:
        assert type(raised_by(world)) is error


def test_an_update_that_left_the_component_failed_is_reported() -> None:
    world = World(update_component())
    found = world.sagemaker.add_component("llm", specification=copy_of("old"))
    world.visit()
    found |= {"InferenceComponentStatus": "Failed", "FailureReason": REASON}

    assert str(raised_by(world)) == f"Inference component llm is Failed: {REASON}\n{LOGS}"


def test_copies_for_which_there_is_no_room_are_reported() -> None:
    world = World(set_copies(count=3))
    found = world.sagemaker.add_component("llm")
    world.visit()
    world.finish("llm")
    found |= {"RuntimeConfig": {"DesiredCopyCount": 3, "CurrentCopyCount": 2}, "FailureReason": REASON}

    error = raised_by(world)

    assert type(error) is ComponentFailed
    assert str(error) == f"Inference component llm has 2 of 3 copies: {REASON}\n{LOGS}"


def test_copies_that_are_missing_without_a_reason_are_waited_for() -> None:
    world = World(set_copies(count=3))
    found = world.sagemaker.add_component("llm")
    world.visit()
    world.finish("llm")
    found["RuntimeConfig"] = {"DesiredCopyCount": 3, "CurrentCopyCount": 2}

    assert world.visit()["done"] is False


@pytest.mark.parametrize("status", ["Failed", "InService"])
def test_a_deletion_that_fails_is_reported(status: str) -> None:
    world = World(delete_component())
    found = world.sagemaker.add_component("llm")
    world.visit()
    found |= {"InferenceComponentStatus": status, "FailureReason": "Please try again."}

    error = raised_by(world)

    assert type(error) is ComponentFailed
    assert str(error) == "Inference component llm was not deleted: Please try again."


def test_a_refused_call_says_what_was_refused_and_where() -> None:
    world = World(create_component())
    message = "Inference Components are not supported in this Endpoint."
    refused = client_error("ValidationException", message, "CreateInferenceComponent")
    world.sagemaker.errors["CreateInferenceComponent"] = refused

    error = raised_by(world)

    assert type(error) is RequestRefused
    assert str(error) == (
        "inference component llm on variant AllTraffic, 1 copy: CreateInferenceComponent: ValidationException: "
        f"{message}\nFailed in the state Deploy components, which called sagemaker:createInferenceComponent."
    )


def test_a_missing_model_does_not_count_as_a_missing_component() -> None:
    world = World(update_component())
    world.sagemaker.add_component("llm", specification=copy_of("old"))
    missing = client_error("ValidationException", 'Could not find model "m".', "UpdateInferenceComponent")
    world.sagemaker.errors["UpdateInferenceComponent"] = missing

    assert type(raised_by(world)) is RequestRefused


def test_a_denied_call_is_not_taken_for_a_refusal() -> None:
    world = World(set_copies())
    world.sagemaker.add_component("llm")
    denied = client_error("AccessDeniedException", "no policy allows it", "UpdateInferenceComponentRuntimeConfig")
    world.sagemaker.errors["UpdateInferenceComponentRuntimeConfig"] = denied

    with pytest.raises(type(denied), match="AccessDeniedException"):
        world.visit()


def test_a_component_that_another_user_created_is_not_taken_over() -> None:
    world = World(create_component())
    world.sagemaker.add_component("llm")

    error = raised_by(world)

    assert type(error) is EndpointBusy
    assert str(error) == "Inference component llm exists already: another user or tool created it."
    assert world.called == []


@pytest.mark.parametrize("step", [update_component(), set_copies(), None], ids=["update", "copies", "keep"])
def test_a_component_that_another_user_deleted_is_reported(step: Any) -> None:
    error = raised_by(World(step or planned()))

    assert type(error) is EndpointBusy
    assert str(error) == "Inference component llm does not exist any more: another user or tool deleted it."


def test_a_component_that_another_user_deletes_is_reported() -> None:
    world = keeping()
    world.sagemaker.components["llm"]["InferenceComponentStatus"] = "Deleting"

    assert str(raised_by(world)) == "Inference component llm is Deleting: another user or tool deletes it."


def test_a_new_component_that_another_user_deleted_is_reported() -> None:
    world = World(create_component())
    world.visit()
    world.sagemaker.components.clear()

    assert str(raised_by(world)) == (
        "Inference component llm does not exist any more: another user or tool deleted it."
    )


def test_a_component_that_vanishes_before_its_update_is_reported() -> None:
    world = World(update_component())
    world.sagemaker.add_component("llm", specification=copy_of("old"))

    def deleted_meanwhile(_: Any) -> None:
        world.sagemaker.components.clear()
        raise client_error("AccessDeniedException", "no identity-based policy allows it", "UpdateInferenceComponent")

    world.sagemaker.on_update_inference_component = deleted_meanwhile  # type: ignore[method-assign]

    assert str(raised_by(world)) == (
        "Inference component llm does not exist any more: another user or tool deleted it."
    )


@pytest.mark.parametrize("step", [create_component(), update_component()], ids=["create", "update"])
def test_a_component_that_another_user_updated_is_reported(step: Any) -> None:
    world = World(step)
    if step["action"] == "update":
        world.sagemaker.add_component("llm", specification=copy_of("old"))
    world.visit()
    world.finish("llm")
    world.sagemaker.components["llm"]["Specification"] = copy_of("another")

    error = raised_by(world)

    assert type(error) is EndpointBusy
    assert str(error) == ("Inference component llm is not as planned: another user or tool changed its specification.")


def test_a_component_that_another_user_updated_before_its_update_is_not_overwritten() -> None:
    world = World(update_component())
    world.sagemaker.add_component("llm", specification=copy_of("another"))

    assert type(raised_by(world)) is EndpointBusy
    assert world.called == []


def test_a_kept_component_that_another_user_updated_is_reported() -> None:
    world = keeping()
    world.sagemaker.components["llm"]["Specification"] = copy_of("another")

    assert str(raised_by(world)) == (
        "Inference component llm is not as planned: another user or tool changed its specification."
    )


def test_a_number_of_copies_that_another_user_changed_is_reported() -> None:
    world = keeping()
    world.sagemaker.components["llm"]["RuntimeConfig"] = {"DesiredCopyCount": 4, "CurrentCopyCount": 1}

    assert str(raised_by(world)) == (
        "Inference component llm is to have 4 copies, not 1: another user or tool changed their number."
    )


def test_a_number_of_copies_that_scaling_sets_is_as_planned() -> None:
    world = keeping(copies=None)
    world.sagemaker.components["llm"]["RuntimeConfig"] = {"DesiredCopyCount": 4, "CurrentCopyCount": 1}

    assert world.visit()["done"] is True


def test_a_kept_component_that_scaling_changes_is_waited_for() -> None:
    world = keeping(copies=None)
    world.sagemaker.components["llm"]["InferenceComponentStatus"] = "Updating"

    assert world.visit()["done"] is False
    world.finish("llm")
    assert world.visit()["done"] is True


def test_a_kept_component_that_has_failed_is_reported() -> None:
    world = keeping()
    world.sagemaker.components["llm"] |= {"InferenceComponentStatus": "Failed"}

    assert str(raised_by(world)) == f"Inference component llm is Failed: SageMaker gives no reason\n{LOGS}"


def test_an_unknown_status_is_an_error_of_slipway() -> None:
    world = keeping()
    world.sagemaker.components["llm"] |= {"InferenceComponentStatus": "Paused"}

    error = raised_by(world)

    assert type(error) is InternalError
    assert str(error) == "Inference component llm is Paused, a status that Slipway does not know."


def test_a_failed_component_is_deleted() -> None:
    world = World(delete_component())
    world.sagemaker.add_component("llm", "Failed")

    world.visit()
    world.finish("llm")

    assert world.visit()["done"] is True
