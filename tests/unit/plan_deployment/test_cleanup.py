"""The configs and models that are no longer kept after a successful deployment."""

import dataclasses
from typing import Any

import pytest

from plan_deployment import cleanup
from plan_deployment.environment import Services
from shared import records
from tests.support import steps
from tests.unit.conftest import EXECUTION_ARN, RECORD
from tests.unit.fakes import (
    ARN,
    FakeAutoScaling,
    FakeCloudWatch,
    FakeExecutions,
    FakeIam,
    FakeLocks,
    FakeS3,
    FakeSageMaker,
    FakeScheduler,
    FakeSsm,
)
from tests.unit.plan_deployment.world import SETTINGS

DELETIONS = {"DeleteEndpointConfig": "configs", "DeleteModel": "models"}


def name(number: int) -> str:
    return f"e-{number:012x}"


class World:
    """An account with an endpoint that was deployed several times, each time with a model created by Slipway."""

    def __init__(self, deployments: int) -> None:
        self.sagemaker, self.dynamodb = FakeSageMaker(), FakeLocks()
        for number in range(deployments):
            self.make(name(number), f"m-{number}")
            self.record(number)

    def make(self, config_name: str, model_name: str, endpoint_name: str = "e") -> None:
        variants = [{"VariantName": "AllTraffic", "ModelName": model_name}]
        self.sagemaker.configs[config_name] = {"ProductionVariants": variants}
        self.sagemaker.models.add(model_name)
        for arn in (f"{ARN}:endpoint-config/{config_name}", f"{ARN}:model/{model_name}"):
            self.sagemaker.tags[arn] = EXECUTION_ARN
        self.sagemaker.created_for[config_name] = endpoint_name

    def record(self, number: int, **changes: Any) -> None:
        record = dataclasses.replace(RECORD, config_name=name(number), **changes)
        assert records.write(self.dynamodb, "deployments", record) is None

    def old(self, in_use: list[str], kept: int = 3, models: tuple[str, ...] = ("new",)) -> dict[str, list[str]]:
        """Configs and models that the clean-up of an update deletes."""
        services = Services(
            self.sagemaker,
            FakeAutoScaling(),
            self.dynamodb,
            FakeSsm,
            FakeCloudWatch,
            FakeExecutions,
            FakeS3,
            FakeIam,
            FakeScheduler,
        )
        settings = dataclasses.replace(SETTINGS, kept_deployments=kept)
        made = cleanup.steps_for("e", in_use, models, services, settings)
        bodies = {operation: steps.bodies({"steps": made}, operation) for operation in DELETIONS}
        return {
            DELETIONS[operation]: [body[member] for body in found for member in body]
            for operation, found in bodies.items()
        }


def test_the_stack_configures_the_number_of_kept_deployments_including_the_planned_one() -> None:
    assert World(4).old([name(9), name(3)], kept=3) == {"configs": [name(1), name(0)], "models": ["m-0", "m-1"]}


def test_without_surplus_deployments_nothing_is_deleted_and_the_history_is_not_read() -> None:
    world = World(2)

    assert world.old([name(9), name(1)], kept=3) == {"configs": [], "models": []}
    assert "Query" not in [operation for operation, _ in world.dynamodb.calls]


def test_a_redeployed_config_is_kept_rather_than_one_that_was_created_later() -> None:
    world = World(3)
    world.record(0)

    assert world.old([name(9), name(0)], kept=2)["configs"] == [name(2), name(1)]


def test_the_records_of_a_schedule_do_not_count_and_keep_no_config() -> None:
    world = World(4)
    world.dynamodb.records.clear()
    for number in (2, 1, 3):
        world.record(number)
    for _ in range(cleanup.MOST_RECORDS):
        world.record(0, kind="schedule")

    assert world.old([name(9)], kept=3)["configs"] == [name(2), name(0)], "3 and 1 were deployed last"


def test_the_live_and_the_new_config_are_always_kept() -> None:
    assert World(2).old([name(9), name(0)], kept=1)["configs"] == [name(1)]


def test_the_config_of_a_failed_deployment_is_not_kept() -> None:
    world = World(2)
    world.make(name(7), "m-7")
    world.record(7, outcome="UpdateRolledBack", changed=False)

    assert world.old([name(9), name(1)], kept=3)["configs"] == [name(7)]


def test_without_a_history_the_configs_created_last_are_kept() -> None:
    world = World(4)
    world.dynamodb.records.clear()

    assert world.old([name(9), name(3)], kept=3)["configs"] == [name(1), name(0)]


@pytest.mark.parametrize("spoil", ["tags", "created_for"])
def test_configs_that_slipway_did_not_create_for_the_endpoint_are_kept(spoil: str) -> None:
    world = World(3)
    getattr(world.sagemaker, spoil).clear()

    assert world.old([name(9), name(2)], kept=2) == {"configs": [], "models": []}


@pytest.mark.parametrize(
    "other", ["e-2-0123456789ab", "e-0123456789ab-0123456789ab", "e-by-hand", "the-e-0123456789ab"]
)
def test_configs_of_other_endpoints_are_ignored(other: str) -> None:
    world = World(1)
    world.make(other, "m-other")

    assert world.old([name(0)], kept=1)["configs"] == []


def test_models_of_the_user_and_models_in_use_are_kept() -> None:
    world = World(3)
    world.sagemaker.configs[name(0)]["ProductionVariants"].append({"VariantName": "b", "ModelName": "of-the-user"})
    world.sagemaker.models.add("of-the-user")
    world.sagemaker.configs[name(2)]["ProductionVariants"].append({"VariantName": "b", "ModelName": "m-1"})

    assert world.old([name(9), name(2)], kept=2) == {"configs": [name(1), name(0)], "models": ["m-0"]}
    assert world.old([name(9), name(2)], kept=2, models=("m-0",))["models"] == []


def test_at_most_20_configs_are_deleted_at_a_time() -> None:
    assert len(World(40).old([name(39)], kept=1)["configs"]) == 20


def test_each_config_is_read_once() -> None:
    world = World(4)

    world.old([name(9), name(3)], kept=3)

    reads = [body["EndpointConfigName"] for call, body in world.sagemaker.calls if call == "DescribeEndpointConfig"]
    assert sorted(reads) == sorted([name(9), *map(name, range(4))])


def test_a_config_in_use_is_recognised_in_any_case() -> None:
    assert World(4).old([name(9), name(0).upper()], kept=3)["configs"] == [name(2), name(1)]


def test_a_model_in_use_is_recognised_in_any_case() -> None:
    assert World(4).old([name(9), name(3)], kept=3, models=("M-0",))["models"] == ["m-1"]
