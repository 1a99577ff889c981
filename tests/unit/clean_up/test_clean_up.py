from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clean_up.logic import CleanedUp, Services, clean_up
from shared import records
from shared.errors import DeadlineExceeded, ScalingNotReady
from shared.plan import PlanWithSteps
from shared.planning import calls
from shared.time_budget import UNLIMITED, Budget
from tests.support.plans import TARGET, deployment_plan, removal_plan, removal_step, step
from tests.unit.conftest import RECORD, Context
from tests.unit.fakes import FakeAutoScaling, FakeCloudWatch, FakeSageMaker, FakeScheduler, client_error

IF_UNUSED = ", unless it is in use"
NOW = "2026-11-21T05:01:00.000Z"
ALARM_NAME = "slipway/test-endpoint/A/server-errors"
CLEAN_UP = [calls.delete_alarm(ALARM_NAME), calls.delete_config("old", IF_UNUSED), calls.delete_model("m-1", IF_UNUSED)]
REMOVAL = removal_plan(
    [
        removal_step(each)
        for each in (
            calls.delete_endpoint("test-endpoint", "which is InService"),
            calls.deregister_target(TARGET),
            *CLEAN_UP,
            calls.delete_records("test-endpoint", 1),
        )
    ],
    startedAt="2026-11-21T05:00:00.000Z",
    deletesRecords=True,
)
SCHEDULE = {"GroupName": "slipway-off-hours", "Name": "test-endpoint-0a1b2c3d-weekdays-up"}
DEPLOYMENT = deployment_plan(steps=[step("clean up", each) for each in CLEAN_UP])
ALL = [
    "endpoint test-endpoint",
    f"scalable target {TARGET['ResourceId']}",
    f"alarm {ALARM_NAME}",
    "endpoint config old",
    "model m-1",
    "1 record of endpoint test-endpoint",
]


class World:
    """An endpoint on an old config, with everything that Slipway created for it."""

    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb
        self.sagemaker, self.autoscaling, self.cloudwatch = FakeSageMaker(), FakeAutoScaling(), FakeCloudWatch()
        self.sagemaker.configs["old"] = {"ProductionVariants": [{"VariantName": "A", "ModelName": "m-1"}]}
        self.sagemaker.models.add("m-1")
        self.autoscaling.targets = {TARGET["ResourceId"]: TARGET}
        self.cloudwatch.alarms = {ALARM_NAME: {}}
        self.scheduler = FakeScheduler()
        self.scheduler.schedules = {("slipway-off-hours", SCHEDULE["Name"]): SCHEDULE}
        for number, endpoint_name in enumerate(("Test-Endpoint", "test-endpoint-2")):
            record = {**vars(RECORD), "endpoint_name": endpoint_name, "deployment_id": str(number)}
            assert records.write(dynamodb, "deployments", records.Record(**record)) is None

    @property
    def services(self) -> Services:
        clients: Any = {
            "sagemaker": self.sagemaker,
            "application-autoscaling": self.autoscaling,
            "cloudwatch": self.cloudwatch,
            "dynamodb": self.dynamodb,
            "scheduler": self.scheduler,
        }
        return Services(clients, "deployments")

    def clean_up(
        self, plan: PlanWithSteps, now: str = NOW, previous: CleanedUp | None = None, budget: Budget = UNLIMITED
    ) -> CleanedUp:
        return clean_up(plan, now, previous, self.services, budget)

    def records_of(self, endpoint_name: str) -> int:
        return len(list(records.newest_first(self.dynamodb, "deployments", endpoint_name)))


@pytest.fixture
def world(dynamodb: Any) -> World:
    return World(dynamodb)


def test_a_removal_waits_for_the_deletion_of_the_endpoint_before_anything_else(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", config="old")

    first = world.clean_up(REMOVAL)

    assert first == {
        "done": False,
        "waitSeconds": 15,
        "removed": [],
        "kept": [],
        "left": [],
        "calls": [{"operation": "DeleteEndpoint", "what": REMOVAL["steps"][0]["what"], "outcome": "in progress"}],
    }
    assert (world.sagemaker.mutations(), world.autoscaling.calls, world.cloudwatch.calls) == (
        ["DeleteEndpoint"],
        [],
        [],
    )

    world.sagemaker.endpoints.clear()
    second = world.clean_up(REMOVAL, previous=first)

    assert (second["done"], second["removed"], second["kept"], second["left"]) == (True, ALL, [], [])
    assert [(made["operation"], made["outcome"]) for made in second["calls"]] == [
        ("DeleteEndpoint", "done"),
        ("DeregisterScalableTarget", "done"),
        ("DeleteAlarms", "done"),
        ("DeleteEndpointConfig", "done"),
        ("DeleteModel", "done"),
        ("DeleteItem", "done"),
    ]
    assert (world.sagemaker.configs, world.sagemaker.models, world.autoscaling.targets) == ({}, set(), {})
    assert (world.records_of("test-endpoint"), world.records_of("test-endpoint-2")) == (0, 1)


def test_schedules_are_deleted_once_and_before_the_endpoint(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint")
    removal = {**REMOVAL, "steps": [removal_step(calls.delete_schedule(SCHEDULE)), *REMOVAL["steps"]]}

    waiting = world.clean_up(removal)  # type: ignore[arg-type]

    assert (waiting["done"], waiting["removed"]) == (False, [f"schedule {SCHEDULE['Name']}"])
    assert world.scheduler.schedules == {}

    del world.sagemaker.endpoints["test-endpoint"]
    done = world.clean_up(removal, previous=waiting)  # type: ignore[arg-type]

    assert (done["done"], done["removed"]) == (True, [f"schedule {SCHEDULE['Name']}", *ALL])
    assert world.scheduler.mutations() == ["DeleteSchedule"]


def test_an_endpoint_stays_if_its_schedules_cannot_be_deleted(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint")
    world.scheduler.errors["DeleteSchedule"] = client_error("ConflictException", "being changed", "DeleteSchedule")
    removal = {**REMOVAL, "steps": [removal_step(calls.delete_schedule(SCHEDULE)), *REMOVAL["steps"]]}

    with pytest.raises(ScalingNotReady, match="DeleteSchedule: ConflictException: being changed"):
        world.clean_up(removal)  # type: ignore[arg-type]

    assert world.sagemaker.mutations() == []


def test_alarms_and_targets_that_were_deleted_with_the_endpoint_are_still_removed(world: World) -> None:
    world.autoscaling.targets.clear()

    cleaned = world.clean_up(REMOVAL)

    assert cleaned["removed"] == ALL
    assert cleaned["calls"][1]["outcome"] == "already done"


def test_an_endpoint_that_was_already_being_deleted_does_not_count_as_removed(world: World) -> None:
    assert world.clean_up(REMOVAL | {"endpointStatus": "Deleting"})["removed"] == ALL[1:]


def test_an_endpoint_that_still_exists_at_the_deadline_is_a_failure(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "Deleting")

    with pytest.raises(DeadlineExceeded, match=r"Endpoint test-endpoint is Deleting\. The deadline"):
        world.clean_up(REMOVAL, now=REMOVAL["deadlineAt"])


def test_records_are_kept_while_configs_or_models_are_left(world: World) -> None:
    cleaned = world.clean_up(REMOVAL, budget=Budget(lambda: 0))

    assert (cleaned["left"], cleaned["removed"]) == (["endpoint config old", "model m-1"], ALL[:3])
    assert world.records_of("test-endpoint") == 1


def test_a_removal_that_runs_out_of_time_is_called_again_while_it_makes_progress(world: World) -> None:
    world.sagemaker.configs["older"] = {"ProductionVariants": []}
    plan = removal_plan(map(removal_step, (calls.delete_config("older"), *CLEAN_UP[1:])))
    left_milliseconds = iter([60_000] * 3 + [0] * 9)

    first = world.clean_up(plan, budget=Budget(lambda: next(left_milliseconds)))
    stuck = world.clean_up(plan, previous=first, budget=Budget(lambda: 0))
    second = world.clean_up(plan, previous=first)

    assert (first["done"], first["removed"]) == (False, ["endpoint config older"])
    assert (stuck["done"], stuck["left"]) == (True, ["endpoint config old", "model m-1"])
    assert (second["done"], second["removed"]) == (True, ["endpoint config older", "endpoint config old", "model m-1"])


def test_a_deployment_deletes_what_it_no_longer_keeps(world: World) -> None:
    cleaned = world.clean_up(DEPLOYMENT)

    assert (cleaned["done"], cleaned["removed"]) == (True, ALL[2:5])
    assert world.records_of("test-endpoint") == 1


def test_a_resource_in_use_is_kept_and_is_not_a_failure(world: World) -> None:
    world.sagemaker.add_endpoint("by-hand", config="old")

    cleaned = world.clean_up(DEPLOYMENT)

    assert cleaned["done"] is True
    assert cleaned["kept"] == [
        "endpoint config old: endpoint by-hand uses it",
        "model m-1: endpoint config old uses it",
    ]
    assert [made["operation"] for made in cleaned["calls"]] == ["DeleteAlarms"]
    assert world.sagemaker.mutations() == []


def test_nothing_is_read_if_there_is_nothing_to_clean_up(world: World) -> None:
    cleaned = world.clean_up(deployment_plan(steps=[]))

    assert (cleaned["done"], cleaned["removed"], cleaned["calls"]) == (True, [], [])
    assert world.sagemaker.calls == []


def test_an_error_of_aws_is_raised(world: World) -> None:
    world.cloudwatch.errors["DeleteAlarms"] = client_error("AccessDenied", "not authorized", "DeleteAlarms")
    with pytest.raises(ClientError, match="not authorized"):
        world.clean_up(DEPLOYMENT)

    conflict = client_error("ConcurrentUpdateException", "not now", "DeregisterScalableTarget")
    world.autoscaling.errors["DeregisterScalableTarget"] = conflict
    with pytest.raises(ScalingNotReady, match="not now"):
        world.clean_up(REMOVAL)


@pytest.mark.parametrize("previous", [{}, {"previous": None}])
def test_the_handler_returns_what_was_removed(
    app: Callable[[str], ModuleType],
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    previous: dict[str, Any],
) -> None:
    module = app("clean_up")
    monkeypatch.setattr(module, "SERVICES", world.services)

    assert module.lambda_handler({"plan": DEPLOYMENT, "now": NOW} | previous, context)["removed"] == ALL[2:5]
