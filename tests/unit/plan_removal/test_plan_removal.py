"""What a removal takes away, and whose turn it is."""

import dataclasses
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from plan_removal.logic import MOST_CONFIGS, Services, Settings, plan
from plan_removal.preview import STEPS
from shared import records
from shared.errors import AccessDenied, EndpointNotOwned, InvalidRequest, PlanOutdated
from tests.support import project
from tests.unit.conftest import EXECUTION, EXECUTION_ARN, RECORD, Context
from tests.unit.fakes import (
    ARN,
    FakeAutoScaling,
    FakeCloudWatch,
    FakeExecutions,
    FakeLocks,
    FakeSageMaker,
    client_error,
)

SETTINGS = Settings("locks", "deployments", "slipway")
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

    def make(self, config: str, model: str, *, endpoint: str = "e", ours: bool = True) -> None:
        self.sagemaker.configs[config] = {"ProductionVariants": [{"VariantName": "A", "ModelName": model}]}
        self.sagemaker.models.add(model)
        self.sagemaker.made_for[config] = endpoint
        for arn in (f"{ARN}:endpoint-config/{config}", f"{ARN}:model/{model}") if ours else ():
            self.sagemaker.tags[arn] = EXECUTION_ARN

    def record(self, **changes: Any) -> None:
        assert records.write(self.dynamodb, "deployments", dataclasses.replace(RECORD, **changes)) is None

    def plan(self, now: str = NOW, **request: Any) -> Any:
        services = Services(self.sagemaker, self.autoscaling, self.dynamodb, self.cloudwatch, FakeExecutions)
        asked = {"endpointName": "e", "confirm": "e"} | request
        return plan(asked, EXECUTION, now, services, SETTINGS)


@pytest.fixture
def world() -> World:
    return World()


def steps(plan: dict[str, Any]) -> list[str]:
    return [f"{step['state']}: {step['action']} {step['what']}" for step in plan["steps"]]


def test_everything_of_the_endpoint_goes_in_the_order_of_the_states(world: World) -> None:
    world.sagemaker.add_endpoint("e")
    world.make(config_name(1), "m-1")
    world.record()
    for name in ("e", "e-2"):
        world.autoscaling.targets[name] = TARGET | {"ResourceId": f"endpoint/{name}/variant/AllTraffic"}
        world.cloudwatch.on_put_metric_alarm({"AlarmName": f"slipway/{name}/AllTraffic/server-errors"})

    made = world.plan(deleteRecords=True)

    assert steps(made) == [
        "Delete endpoint: delete endpoint e, which is InService",
        "Deregister scalable targets: deregister scalable target endpoint/e/variant/AllTraffic "
        "(sagemaker:variant:DesiredInstanceCount)",
        "Remove alarms: delete alarm slipway/e/AllTraffic/server-errors",
        f"Remove configs and models: delete endpoint config {config_name(1)}, unless somebody uses it",
        "Remove configs and models: delete model m-1, unless somebody uses it",
        "Remove records: delete 1 record of endpoint e",
    ]
    assert (made["action"], made["busy"]) == ("remove", None)
    assert made["scaling"]["deregister"] == [{name: TARGET[name] for name in list(TARGET)[:3]}]
    assert world.sagemaker.made() == world.autoscaling.made() == world.cloudwatch.made() == []


def test_the_steps_name_states_in_the_order_of_the_state_machine() -> None:
    states = list(project.states(project.REMOVES))

    named = [state for state, _, _ in STEPS]

    assert named == sorted(named, key=states.index)


def test_where_there_is_nothing_there_is_nothing_to_do(world: World) -> None:
    made = world.plan()

    assert (made["action"], made["steps"], made["endpoint"]) == ("none", [], {"exists": False, "status": None})


def test_only_what_slipway_made_for_this_endpoint_goes(world: World) -> None:
    world.make(config_name(1), "m-by-hand", ours=False)
    world.make(config_name(2), "m-2", endpoint="e-with-a-longer-name")
    world.make("e-by-hand", "m-3")

    made = world.plan()

    assert (made["configs"], made["models"]) == ([], [])


@pytest.mark.parametrize("status", ["InService", "Updating", "Failed"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_an_endpoint_that_slipway_did_not_create_is_not_removed(world: World, status: str, *, dry_run: bool) -> None:
    world.sagemaker.add_endpoint("e", status)
    world.sagemaker.tags.clear()

    with pytest.raises(
        EndpointNotOwned, match=r"aws sagemaker add-tags --resource-arn \S+:endpoint/e --tags Key=slipway"
    ):
        world.plan(dryRun=dry_run)


def test_an_endpoint_that_is_being_deleted_already_may_be_anybodys(world: World) -> None:
    world.sagemaker.add_endpoint("e", "Deleting")
    world.sagemaker.tags.clear()

    assert world.plan()["action"] == "remove"


def test_models_of_the_history_go_that_have_lost_their_configs(world: World) -> None:
    world.make("gone", "m-1")
    del world.sagemaker.configs["gone"]
    world.record(model={"ModelName": "m-1"})

    assert world.plan()["models"] == ["m-1"]


def test_the_name_has_the_case_of_the_endpoint_or_of_the_history(world: World) -> None:
    world.record(endpoint_name="E")

    assert world.plan()["endpointName"] == "E"
    world.sagemaker.add_endpoint("E")
    assert world.plan()["endpointName"] == "E"


def test_scalable_targets_are_found_in_whichever_case_they_were_registered(world: World) -> None:
    world.autoscaling.targets["any"] = TARGET | {"ResourceId": "endpoint/E/variant/A"}

    assert [target["ResourceId"] for target in world.plan()["scaling"]["deregister"]] == ["endpoint/E/variant/A"]


def test_more_configs_than_a_function_can_look_at_need_another_removal(world: World) -> None:
    for number in range(MOST_CONFIGS + 2):
        world.make(config_name(number), "m")

    made = world.plan()

    assert len(made["configs"]) == MOST_CONFIGS
    assert made["warnings"] == [
        "There are more than 50 configs of the endpoint: start the same removal again for the rest."
    ]


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_what_sagemaker_is_doing_is_waited_for_until_the_deadline(world: World, status: str) -> None:
    world.sagemaker.add_endpoint("e", status)

    made = world.plan()

    assert (made["action"], made["busy"]["error"], made["busy"]["waitSeconds"]) == ("wait", "EndpointBusy", 30)
    assert world.plan(now="2026-11-21T06:12:58.152Z")["busy"]["waitSeconds"] == 1
    late = world.plan(now="2026-11-21T06:12:59.152Z")["busy"]
    assert late["waitSeconds"] == 0
    assert f"Endpoint e is {status}." in late["cause"]


@pytest.mark.parametrize("status", ["Deleting", "Failed", "OutOfService", "UpdateRollbackFailed", "InService"])
def test_no_other_status_keeps_it_waiting(world: World, status: str) -> None:
    world.sagemaker.add_endpoint("e", status)

    assert world.plan()["busy"] is None


def held(request_hash: str = "another") -> FakeLocks:
    return FakeLocks(lockId="endpoint/e", heldBy=OTHER, heldSince=NOW, turn=3, requestHash=request_hash)


def test_behind_another_execution_it_waits_only_where_the_request_says_so(world: World) -> None:
    world.dynamodb = held()

    busy = world.plan()["busy"]

    assert (busy["error"], busy["waitSeconds"]) == ("EndpointBusy", 0)
    assert f"is being changed by another execution since {NOW}: {OTHER}." in busy["cause"]
    assert world.plan(whenBusy="WAIT")["busy"]["waitSeconds"] == 30


def test_behind_the_same_removal_it_waits_in_any_case_but_not_behind_one_that_deletes_more(world: World) -> None:
    same, more = (world.plan(**asked, dryRun=True)["lock"]["requestHash"] for asked in ({}, {"deleteRecords": True}))

    world.dynamodb = held(same)
    assert world.plan()["busy"]["waitSeconds"] == 30
    world.dynamodb = held(more)
    assert world.plan()["busy"]["waitSeconds"] == 0


def test_a_dry_run_shows_the_plan_whoever_is_busy_and_says_what_it_would_wait_for(world: World) -> None:
    world.dynamodb = held()
    world.sagemaker.add_endpoint("e", "Updating")

    made = world.plan(dryRun=True)

    assert made["busy"] is None
    assert made["report"]["steps"] == made["steps"]
    assert made["report"]["exists"]["endpoint"]["status"] == "Updating"
    first, second = made["report"]["warnings"]
    assert first.endswith("What it changes, changes this plan.")
    assert second == "Endpoint e is Updating. It is waited for."


def test_the_doorway_refuses_what_does_not_confirm(app: Callable[[str], ModuleType], context: Context) -> None:
    event = {"request": {"endpointName": "e"}, "execution": EXECUTION, "now": NOW}

    with pytest.raises(InvalidRequest, match="/confirm: is missing"):
        app("plan_removal").lambda_handler(event, context)


def test_the_lock_is_taken_before_anything_else_is_read(world: World) -> None:
    world.sagemaker.errors["DescribeEndpoint"] = client_error("AccessDeniedException", "no")

    with pytest.raises(AccessDenied):
        world.plan()

    assert [operation for operation, _ in world.dynamodb.calls] == ["GetItem", "UpdateItem", "GetItem", "UpdateItem"]
    assert "heldBy" not in world.dynamodb.item, "and released where planning fails"


def test_a_plan_that_is_not_the_one_that_was_seen_is_refused_with_the_plan_of_now(world: World) -> None:
    world.sagemaker.add_endpoint("e")
    seen = world.plan(dryRun=True)["planHash"]
    assert world.plan(planHash=seen)["steps"]
    world.make(config_name(1), "m-1")

    with pytest.raises(PlanOutdated, match=f"Delete endpoint config {config_name(1)}, unless somebody uses it"):
        world.plan(planHash=seen)
