"""The plan of a removal, and its turn."""

import dataclasses
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from plan_removal.planner import MOST_CONFIGS, Services, Settings, plan
from shared import records
from shared.errors import AccessDenied, EndpointNotOwned, InvalidRequest, PlanOutdated
from shared.planning import names
from tests.support import steps
from tests.unit.conftest import EXECUTION, EXECUTION_ARN, RECORD, Context
from tests.unit.fakes import (
    ARN,
    FakeAutoScaling,
    FakeCloudWatch,
    FakeExecutions,
    FakeLocks,
    FakeSageMaker,
    FakeScheduler,
    client_error,
)

SETTINGS = Settings("locks", "deployments", "slipway", "slipway-off-hours")
OTHER = f"{EXECUTION_ARN}-other"
NOW = EXECUTION["startedAt"]
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "MinCapacity": 1,
    "MaxCapacity": 4,
}


def config_name(number: int) -> str:
    return f"e-{number:012x}"


class World:
    """An account."""

    def __init__(self) -> None:
        self.sagemaker, self.dynamodb = FakeSageMaker(), FakeLocks()
        self.autoscaling, self.cloudwatch = FakeAutoScaling(), FakeCloudWatch()
        self.scheduler = FakeScheduler()

    def create(self, config: str, model: str, *, endpoint: str = "e", ours: bool = True) -> None:
        self.sagemaker.configs[config] = {"ProductionVariants": [{"VariantName": "A", "ModelName": model}]}
        self.sagemaker.models.add(model)
        self.sagemaker.created_for[config] = endpoint
        for arn in (f"{ARN}:endpoint-config/{config}", f"{ARN}:model/{model}") if ours else ():
            self.sagemaker.tags[arn] = EXECUTION_ARN

    def record(self, **changes: Any) -> None:
        assert records.write(self.dynamodb, "deployments", dataclasses.replace(RECORD, **changes)) is None

    @property
    def services(self) -> Services:
        return Services(
            self.sagemaker, self.autoscaling, self.dynamodb, self.cloudwatch, FakeExecutions, self.scheduler
        )

    def plan(self, now: str = NOW, **request: Any) -> Any:
        asked = {"endpointName": "e", "confirm": "e"} | request
        return plan(asked, EXECUTION, now, self.services, SETTINGS)


@pytest.fixture
def world() -> World:
    return World()


def test_everything_of_the_endpoint_is_deleted_users_before_what_they_use(world: World) -> None:
    world.sagemaker.add_endpoint("e")
    world.create(config_name(1), "m-1")
    world.record()
    for name in ("e", "e-2"):
        world.autoscaling.targets[name] = TARGET | {"ResourceId": f"endpoint/{name}/variant/AllTraffic"}
        world.cloudwatch.on_put_metric_alarm({"AlarmName": f"slipway/{name}/AllTraffic/server-errors"})

    made = world.plan(deleteRecords=True)

    assert steps.lines(made) == [
        "Remove endpoint: delete endpoint e, which is InService",
        "Remove endpoint: delete alarm slipway/e/AllTraffic/server-errors",
        "Remove endpoint: deregister scalable target endpoint/e/variant/AllTraffic "
        "(sagemaker:variant:DesiredInstanceCount)",
        f"Remove endpoint: delete endpoint config {config_name(1)}, unless it is in use",
        "Remove endpoint: delete model m-1, unless it is in use",
        "Remove endpoint: delete 1 record of endpoint e",
    ]
    assert (made["action"], made["busy"]) == ("remove", None)
    assert [(step["operation"], step["request"]) for step in made["steps"]] == [
        ("DeleteEndpoint", {"EndpointName": "e"}),
        ("DeleteAlarms", {"AlarmNames": ["slipway/e/AllTraffic/server-errors"]}),
        ("DeregisterScalableTarget", {name: TARGET[name] for name in list(TARGET)[:3]}),
        ("DeleteEndpointConfig", {"EndpointConfigName": config_name(1)}),
        ("DeleteModel", {"ModelName": "m-1"}),
        ("DeleteItem", {"Key": {"endpoint": {"S": "e"}}}),
    ]
    assert all(step["phase"] == "clean up" and step["undo"] == [] for step in made["steps"])
    assert (made["endpointStatus"], made["deletesRecords"]) == ("InService", True)
    assert world.sagemaker.mutations() == world.autoscaling.mutations() == world.cloudwatch.mutations() == []


def test_the_schedules_of_the_endpoint_are_deleted_before_it(world: World) -> None:
    """Also while the endpoint is away, and with the endpoint's name in another case."""
    for endpoint_name, days, action in (("E", "weekdays", "up"), ("e", "weekends", "away"), ("e-2", "weekdays", "up")):
        name = names.schedule_name(endpoint_name, days, action)
        world.scheduler.schedules["slipway-off-hours", name] = {"GroupName": "slipway-off-hours", "Name": name}

    away = world.plan()
    world.sagemaker.add_endpoint("e")
    live = world.plan()

    schedules = [
        f"Remove endpoint: delete schedule {names.schedule_name('e', days, action)}"
        for days, action in (("weekdays", "up"), ("weekends", "away"))
    ]
    assert steps.lines(away) == schedules
    assert steps.lines(live) == [*schedules, "Remove endpoint: delete endpoint e, which is InService"]
    assert world.scheduler.mutations() == []


def test_without_an_endpoint_and_its_resources_there_are_no_steps(world: World) -> None:
    made = world.plan()

    assert (made["action"], made["steps"], made["endpointStatus"]) == ("none", [], None)


def test_only_what_slipway_created_for_this_endpoint_is_deleted(world: World) -> None:
    world.create(config_name(1), "m-by-hand", ours=False)
    world.create(config_name(2), "m-2", endpoint="e-with-a-longer-name")
    world.create("e-by-hand", "m-3")

    made = world.plan()

    assert made["steps"] == []


@pytest.mark.parametrize("status", ["InService", "Updating", "Failed"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_an_endpoint_that_slipway_did_not_create_is_not_removed(world: World, status: str, *, dry_run: bool) -> None:
    world.sagemaker.add_endpoint("e", status)
    world.sagemaker.tags.clear()

    with pytest.raises(
        EndpointNotOwned, match=r"aws sagemaker add-tags --resource-arn \S+:endpoint/e --tags Key=slipway"
    ):
        world.plan(dryRun=dry_run)


def test_an_endpoint_that_is_already_being_deleted_does_not_have_to_be_created_by_slipway(world: World) -> None:
    world.sagemaker.add_endpoint("e", "Deleting")
    world.sagemaker.tags.clear()

    assert world.plan()["action"] == "remove"


def test_models_of_the_history_are_deleted_even_without_their_configs(world: World) -> None:
    world.create("gone", "m-1")
    del world.sagemaker.configs["gone"]
    world.record(models=[{"ModelName": "m-1"}])

    assert steps.bodies(world.plan(), "DeleteModel") == [{"ModelName": "m-1"}]


def test_the_name_has_the_case_of_the_endpoint_or_of_the_history(world: World) -> None:
    world.record(endpoint_name="E")

    assert world.plan()["endpointName"] == "E"
    world.sagemaker.add_endpoint("E")
    assert world.plan()["endpointName"] == "E"


def test_scalable_targets_are_found_in_any_case(world: World) -> None:
    world.autoscaling.targets["any"] = TARGET | {"ResourceId": "endpoint/E/variant/A"}

    (target,) = steps.bodies(world.plan(), "DeregisterScalableTarget")
    assert target["ResourceId"] == "endpoint/E/variant/A"


def test_more_configs_than_a_function_can_check_need_another_removal(world: World) -> None:
    for number in range(MOST_CONFIGS + 2):
        world.create(config_name(number), "m")

    made = world.plan()

    assert len(steps.of(made, "DeleteEndpointConfig")) == MOST_CONFIGS
    assert made["warnings"] == ["The endpoint has more than 50 configs: start the same removal again for the rest."]


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_a_removal_waits_until_the_deadline_while_sagemaker_changes_the_endpoint(world: World, status: str) -> None:
    world.sagemaker.add_endpoint("e", status)

    made = world.plan()

    assert (made["action"], made["busy"]["error"], made["busy"]["waitSeconds"]) == ("wait", "EndpointBusy", 30)
    assert world.plan(now="2026-11-21T06:12:58.152Z")["busy"]["waitSeconds"] == 1
    late = world.plan(now="2026-11-21T06:12:59.152Z")["busy"]
    assert late["waitSeconds"] == 0
    assert f"Endpoint e is {status}." in late["cause"]


@pytest.mark.parametrize("status", ["Deleting", "Failed", "OutOfService", "UpdateRollbackFailed", "InService"])
def test_a_removal_does_not_wait_in_any_other_status(world: World, status: str) -> None:
    world.sagemaker.add_endpoint("e", status)

    assert world.plan()["busy"] is None


def held(request_hash: str = "another") -> FakeLocks:
    return FakeLocks(lockId="endpoint/e", heldBy=OTHER, heldSince=NOW, turn=3, requestHash=request_hash)


def test_a_removal_waits_for_another_execution_only_if_requested(world: World) -> None:
    world.dynamodb = held()

    busy = world.plan()["busy"]

    assert (busy["error"], busy["waitSeconds"]) == ("EndpointBusy", 0)
    assert f"Another execution has been changing endpoint e since {NOW}: {OTHER}." in busy["cause"]
    assert world.plan(whenBusy="WAIT")["busy"]["waitSeconds"] == 30


def test_a_removal_always_waits_for_an_equal_removal_but_not_for_one_that_deletes_more(world: World) -> None:
    same, more = (world.plan(**asked, dryRun=True)["requestHash"] for asked in ({}, {"deleteRecords": True}))

    world.dynamodb = held(same)
    assert world.plan()["busy"]["waitSeconds"] == 30
    world.dynamodb = held(more)
    assert world.plan()["busy"]["waitSeconds"] == 0


def test_a_dry_run_shows_the_plan_and_what_the_removal_would_wait_for(world: World) -> None:
    world.dynamodb = held()
    world.sagemaker.add_endpoint("e", "Updating")

    made = world.plan(dryRun=True)

    assert made["busy"] is None
    assert made["report"]["steps"] == [
        {"state": "Remove endpoint", "action": "delete", "what": "endpoint e, which is Updating"}
    ]
    assert made["report"]["exists"]["endpoint"]["status"] == "Updating"
    first, second = made["report"]["warnings"]
    assert first.endswith("What that execution changes can change this plan.")
    assert second == "Endpoint e is Updating. The removal waits until this change has ended."


def test_the_handler_refuses_a_request_without_confirmation(app: Callable[[str], ModuleType], context: Context) -> None:
    event = {"request": {"endpointName": "e"}, "execution": EXECUTION, "now": NOW}

    with pytest.raises(InvalidRequest, match="/confirm: is missing"):
        app("plan_removal").lambda_handler(event, context)


def test_the_lock_is_taken_before_anything_else_is_read(world: World) -> None:
    world.sagemaker.errors["DescribeEndpoint"] = client_error("AccessDeniedException", "no")

    with pytest.raises(AccessDenied):
        world.plan()

    assert [operation for operation, _ in world.dynamodb.calls] == ["GetItem", "UpdateItem", "GetItem", "UpdateItem"]
    assert "heldBy" not in world.dynamodb.item, "the lock is released if planning fails"


def test_an_outdated_plan_is_refused_with_the_current_plan(world: World) -> None:
    world.sagemaker.add_endpoint("e")
    seen = world.plan(dryRun=True)["planHash"]
    assert world.plan(planHash=seen)["steps"]
    world.create(config_name(1), "m-1")

    with pytest.raises(PlanOutdated, match=f"Delete endpoint config {config_name(1)}, unless it is in use"):
        world.plan(planHash=seen)
