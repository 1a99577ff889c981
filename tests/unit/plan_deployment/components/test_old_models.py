"""Models of inference components, which no config names, are found by the records of earlier deployments."""

import dataclasses
from typing import Any

import pytest

from shared import records
from tests.support import steps
from tests.unit.conftest import EXECUTION_ARN, RECORD
from tests.unit.fakes import ARN
from tests.unit.plan_deployment.components.world import ComponentWorld, request, specified
from tests.unit.plan_deployment.world import SETTINGS


def record(world: ComponentWorld, number: int, *models: str, **changes: Any) -> None:
    """Record a deployment for which Slipway made the models."""
    made = dataclasses.replace(
        RECORD,
        endpoint_name="llms",
        deployment_id=f"at-{number}",
        started_at=f"2026-11-20T{number:02}:00:00.000Z",
        request_hash=f"hash-{number}",
        models=[{"ModelName": model} for model in models],
    )
    assert records.write(world.dynamodb, "deployments", dataclasses.replace(made, **changes)) is None
    for model in models:
        world.sagemaker.models.add(model)
        world.sagemaker.tags[f"{ARN}:model/{model}"] = EXECUTION_ARN


def old_models(world: ComponentWorld, **changes: Any) -> list[str]:
    """Models that a deployment deletes which only updates a component."""
    wanted = request(specified(ModelName="other-model")) | changes
    return [body["ModelName"] for body in steps.bodies(world.plan(wanted), "DeleteModel")]


@pytest.fixture
def world() -> ComponentWorld:
    """A component in service, and as many deployments before as are kept, and two more."""
    made = ComponentWorld()
    made.deployed(request())
    for number in range(SETTINGS.kept_deployments + 1):
        record(made, number, f"m-{number}")
    return made


def test_the_models_of_deployments_that_are_no_longer_kept_are_deleted(world: ComponentWorld) -> None:
    made = world.plan(request(specified(ModelName="other-model")))

    assert made["action"] == "none"
    assert steps.lines(made)[-2:] == [
        "Clean up: delete model m-0, unless it is in use",
        "Clean up: delete model m-1, unless it is in use",
    ]


def test_a_model_that_a_kept_deployment_or_the_request_names_is_kept(world: ComponentWorld) -> None:
    record(world, 9, "M-1", request_hash="hash-5")  # the newest request again
    world.sagemaker.models.add("m-0")

    assert old_models(world) == ["m-0"]
    assert old_models(world, inferenceComponents=[specified(ModelName="m-0")]) == []


def test_failed_deployments_and_ticks_do_not_count(world: ComponentWorld) -> None:
    record(world, 8, outcome="ComponentFailed", changed=False)
    record(world, 9, kind="schedule", action="create")

    assert old_models(world) == ["m-0", "m-1"]


def test_models_of_the_user_are_kept(world: ComponentWorld) -> None:
    del world.sagemaker.tags[f"{ARN}:model/m-1"]

    assert old_models(world) == ["m-0"]


def test_a_deployment_that_changes_nothing_deletes_nothing(world: ComponentWorld) -> None:
    assert world.plan(request())["steps"] == []
