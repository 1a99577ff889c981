"""Which calls are made, in which order, and when the phase ends."""

import pytest

from shared.errors import DeadlineExceeded
from tests.support.plans import copy_of, create_component, delete_component, set_copies, update_component
from tests.unit.deploy_components.world import LOGS, World, planned
from tests.unit.fake_components import adapter_of


def test_a_component_is_created_once_and_waited_for() -> None:
    world = World(create_component())

    first = world.visit()
    assert (first["done"], first["waitSeconds"]) == (False, 15)
    assert first["calls"] == [
        {
            "operation": "CreateInferenceComponent",
            "what": "inference component llm on variant AllTraffic, 1 copy",
            "outcome": "done",
        }
    ]
    assert world.visit()["done"] is False
    world.finish("llm")

    last = world.visit()
    assert last["done"] is True
    assert last["components"] == [
        {
            "name": "llm",
            "status": "InService",
            "modelNames": ["m"],
            "currentCopyCount": 1,
            "desiredCopyCount": 1,
        }
    ]
    assert world.called == ["Create llm"]


def test_bases_are_created_together_and_an_adapter_after_its_base() -> None:
    world = World(create_component("llm"), create_component("other"), create_component("fr", base="llm"))

    world.visit()
    assert world.called == ["Create llm", "Create other"]
    world.finish("other")
    world.visit()
    assert world.called == ["Create llm", "Create other"]
    world.finish("llm")
    world.visit()
    assert world.called == ["Create llm", "Create other", "Create fr"]
    world.finish("fr")

    assert world.visit()["done"] is True


def test_a_base_is_found_whatever_the_case_of_its_name() -> None:
    world = World(create_component("LLM"), create_component("fr", base="llm"))

    world.visit()
    assert world.called == ["Create LLM"]
    world.finish("llm")
    world.visit()
    assert world.called == ["Create LLM", "Create fr"]


def test_an_adapter_is_created_when_a_change_of_its_base_has_ended() -> None:
    world = World(create_component("fr", base="llm"))
    world.sagemaker.add_component("llm", "Updating")

    first = world.visit()
    assert [each["outcome"] for each in first["calls"]] == ["in progress"]
    world.finish("llm")
    world.visit()
    world.finish("fr")

    assert world.visit()["done"] is True


def test_an_adapter_does_not_wait_for_the_base_of_another() -> None:
    world = World(create_component("fr", base="llm"), create_component("de", base="other"))
    world.sagemaker.add_component("llm")
    world.sagemaker.add_component("other")

    world.visit()

    assert world.called == ["Create fr", "Create de"]


def test_updates_run_one_at_a_time() -> None:
    world = World(update_component("a"), update_component("b"))
    for name in ("a", "b"):
        world.sagemaker.add_component(name, specification=copy_of("old"))

    world.visit()
    assert world.called == ["Update a"]
    world.finish("a")
    world.visit()
    assert world.called == ["Update a", "Update b"]
    world.finish("b")

    assert world.visit()["done"] is True


def test_an_adapter_is_deleted_before_its_base_and_deletions_come_last() -> None:
    world = World(create_component("new"), delete_component("fr"), delete_component())
    world.plan["components"] = [
        planned(create_component("new")),
        planned(delete_component("fr"), base="llm"),
        planned(delete_component("llm")),
    ]
    world.sagemaker.add_component("llm")
    world.sagemaker.add_component("fr", specification=adapter_of("llm"))

    world.visit()
    assert world.called == ["Create new"]
    world.finish("new")
    world.visit()
    assert world.called == ["Create new", "Delete fr"]
    world.finish("fr")
    world.visit()
    assert world.called == ["Create new", "Delete fr", "Delete llm"]
    world.finish("llm")

    assert world.visit()["done"] is True


def test_copies_are_set_and_counted() -> None:
    world = World(set_copies(count=3))
    world.sagemaker.add_component("llm")

    world.visit()
    assert world.visit()["components"][0]["desiredCopyCount"] == 3
    world.finish("llm")

    assert world.visit()["done"] is True
    assert [operation for operation, _ in world.sagemaker.calls if operation.startswith("Update")] == [
        "UpdateInferenceComponentRuntimeConfig"
    ]


def test_kept_components_are_checked_and_not_called() -> None:
    world = World(planned(name="llm"), planned(name="scaled", copies=None))
    world.sagemaker.add_component("llm")
    world.sagemaker.add_component("scaled", copies=0)

    assert world.visit()["done"] is True
    assert world.called == []


def test_the_waits_grow_with_the_time_waited() -> None:
    world = World(create_component())

    seconds = [world.visit(wait)["waitSeconds"] for wait in (0, 15, 600, 1800)]

    assert seconds == [15, 15, 31, 120]


def test_a_component_that_is_not_ready_at_the_deadline_is_too_late() -> None:
    world = World(create_component())
    world.visit()

    with pytest.raises(DeadlineExceeded) as raised:
        world.visit(3600)

    assert str(raised.value) == (
        "Inference component llm is Creating after 1 h, and not as planned. The deadline was 2026-11-21T06:30:00.000Z. "
        f"{LOGS}"
    )


def test_no_call_is_made_after_the_deadline() -> None:
    world = World(create_component())

    with pytest.raises(DeadlineExceeded, match="Inference component llm is not created after 0 s, and not as planned"):
        world.visit(3600)

    assert world.called == []


def test_a_component_that_is_ready_at_the_deadline_is_in_time() -> None:
    world = World(create_component())
    world.visit()
    world.finish("llm")

    assert world.visit(3600)["done"] is True
