"""A tick in the hours deploys again what was deployed last, and nothing else."""

import dataclasses
from typing import Any

import pytest

from plan_deployment.planner import plan
from shared import records
from shared.errors import EndpointNotUpdatable, InvalidRequest, ModelNotFound
from shared.records import Record
from tests.support import steps
from tests.unit.conftest import EXECUTION, RECORD
from tests.unit.fakes import ARN, FakeLocks
from tests.unit.plan_deployment.components.world import LLM, ROLE, ComponentWorld
from tests.unit.plan_deployment.components.world import VARIANT as HOST
from tests.unit.plan_deployment.guarded import VARIANT
from tests.unit.plan_deployment.world import SETTINGS, World

HOURS = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}
BEFORE, MORNING, EVENING = "2026-11-23T05:44:59.000Z", "2026-11-23T05:45:00.000Z", "2026-11-23T19:00:00.000Z"
TICK = {"endpointName": "e", "scheduled": {"wants": "up", "time": MORNING}}
TEST = {"name": "golden", "body": [1, 2]}
REQUEST = {"endpointName": "e", "productionVariants": [VARIANT], "schedule": HOURS}


class Morning(World):
    """An account with the record of a deployment with hours, whose endpoint is away."""

    def __init__(self, **request: Any) -> None:
        super().__init__()
        self.sagemaker.models.add("m")
        made = self.plan(REQUEST | request, EVENING)
        self.config_name = made["endpointConfigName"]
        self.sagemaker.configs[self.config_name] = steps.config(made)
        self.deployed = records.of_plan(made, {**EXECUTION, "name": "noon"}, RECORD.ended_at, "SUCCEEDED", changed=True)  # type: ignore[typeddict-item]
        self.record(self.deployed)
        self.sagemaker.calls.clear()
        self.dynamodb.item.clear()

    def record(self, record: Record) -> None:
        assert records.write(self.dynamodb, "deployments", record) is None

    def tick(self, now: str = MORNING, **members: Any) -> Any:
        return plan(TICK | members, {**EXECUTION, "startedAt": MORNING}, now, self.services, SETTINGS)

    def nothing(self, now: str = MORNING) -> str:
        """Reason why the tick does nothing."""
        made = self.tick(now)
        assert (made["action"], made["busy"], "steps" in made) == ("none", None, False)
        assert "heldBy" not in self.dynamodb.item
        return str(made["report"]["reason"])


class Hosting(Morning, ComponentWorld):
    """The same with an inference component on the endpoint."""

    def __init__(self) -> None:
        super().__init__(productionVariants=[HOST], inferenceComponents=[LLM], executionRoleArn=ROLE)


def test_the_last_deployment_is_created_again_with_its_config_scaling_and_tests() -> None:
    world = Morning(autoscalingMaxCapacity=3, test=[TEST], onFailure="KEEP", deadlineSeconds=7200)
    away = dataclasses.replace(RECORD, kind="schedule", action="remove", started_at=EVENING, ended_at=EVENING)
    world.record(away)

    made = world.tick()

    assert (made["action"], made["endpointConfigName"]) == ("create", world.config_name)
    assert "CreateEndpointConfig" not in steps.operations(made)
    (target,) = steps.bodies(made, "RegisterScalableTarget")
    assert target["MaxCapacity"] == 3
    assert made["tests"] == [{"name": "golden", "variants": ["AllTraffic"]}]
    assert made["request"] == REQUEST | {"autoscalingMaxCapacity": 3, "deadlineSeconds": 7200, "test": [TEST]}
    assert (made["onFailure"], made["deadlineAt"]) == ("ROLL_BACK", "2026-11-23T07:45:00.000Z")
    assert made["trigger"] == {
        "kind": "schedule",
        "wants": "up",
        "scheduledTime": MORNING,
        "deploymentId": "noon",
        "startedAt": EXECUTION["startedAt"],
        "awaySince": EVENING,
    }
    assert "report" not in made


def test_the_model_of_an_approval_comes_back_not_one_that_was_approved_later() -> None:
    world = Morning()
    body = {"ModelName": "group-0123456789ab", "PrimaryContainer": {"ModelPackageName": "arn:aws:package"}}
    nameless = {name: value for name, value in VARIANT.items() if name != "ModelName"}
    profile = REQUEST | {"productionVariants": [nameless]}
    world.record(
        dataclasses.replace(world.deployed, kind="approval", started_at=BEFORE, request=profile, models=[body])
    )

    made = world.tick()

    assert [model["PrimaryContainer"] for model in steps.bodies(made, "CreateModel")] == [body["PrimaryContainer"]]
    assert made["modelNames"] == ["group-0123456789ab"]


def test_the_endpoint_is_created_with_the_spelling_that_it_had() -> None:
    world = Morning()
    world.record(dataclasses.replace(world.deployed, endpoint_name="E", started_at=BEFORE))

    assert steps.change(world.tick())["EndpointName"] == "E"


def test_out_of_the_hours_nothing_is_read_of_the_endpoint() -> None:
    world = Morning()

    for now in (BEFORE, EVENING):
        assert "is outside the hours of deployment noon" in world.nothing(now)
    assert world.sagemaker.calls == []


@pytest.mark.parametrize("status", ["InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"])
def test_an_endpoint_that_is_live_stays_as_it_is(status: str) -> None:
    world = Morning()
    world.sagemaker.add_endpoint("e", status, "by-hand")
    world.sagemaker.models.clear()

    assert world.nothing() == f"Endpoint e is {status}."


def test_an_interrupted_morning_is_joined_and_completed() -> None:
    world = Morning(autoscalingMaxCapacity=3)
    world.sagemaker.add_endpoint("e", "Creating", world.config_name)
    world.sagemaker.tags[f"{ARN}:endpoint-config/{world.config_name}"] = "noon"

    made = world.tick()

    assert made["action"] == "join"
    assert "RegisterScalableTarget" in steps.operations(made)


def test_a_morning_that_was_stopped_after_the_creation_is_completed_unless_another_config_is_live() -> None:
    world = Morning(autoscalingMaxCapacity=3)
    stopped = dataclasses.replace(RECORD, kind="schedule", outcome="ExecutionStopped", changed=False, started_at=BEFORE)
    world.record(stopped)
    world.sagemaker.add_endpoint("e", config=world.config_name)
    world.sagemaker.tags[f"{ARN}:endpoint-config/{world.config_name}"] = "noon"

    made = world.tick()

    assert made["action"] == "none"
    assert "RegisterScalableTarget" in steps.operations(made)
    world.dynamodb.item.clear()
    world.sagemaker.add_endpoint("e", config="by-hand")
    assert world.nothing() == "Endpoint e is InService."


def test_after_a_night_that_failed_the_live_endpoint_stays_as_it_is() -> None:
    world = Morning()
    failed = {"kind": "schedule", "action": "remove", "outcome": "EndpointNotOwned", "changed": False}
    world.record(dataclasses.replace(RECORD, started_at=BEFORE, **failed))  # type: ignore[arg-type]
    world.sagemaker.add_endpoint("e", config=world.config_name)

    assert world.nothing() == "Endpoint e is InService."


def test_components_that_a_failed_night_deleted_are_created_again_unless_another_config_is_live() -> None:
    """They are deleted before the endpoint, which is still in service."""
    world = Hosting()
    failed = {"kind": "schedule", "action": "remove", "outcome": "AccessDenied", "changed": False}
    world.record(dataclasses.replace(RECORD, started_at=BEFORE, **failed))  # type: ignore[arg-type]
    world.sagemaker.add_endpoint("e", config=world.config_name)

    made = world.tick()

    assert made["action"] == "none"
    assert [each["name"] for each in made["components"] if each["action"] == "create"] == ["llm"]
    world.dynamodb.item.clear()
    world.sagemaker.add_endpoint("e", config="by-hand")
    assert world.nothing() == "Endpoint e is InService."


def test_a_tick_waits_while_a_night_is_still_deleting_the_endpoint() -> None:
    world = Morning()
    world.sagemaker.add_endpoint("e", "Deleting")

    made = world.tick()

    assert (made["action"], made["busy"]["waitSeconds"]) == ("wait", 30)
    assert world.nothing(EVENING).startswith(EVENING), "the hours ended during the wait"


def test_an_endpoint_that_is_out_of_service_is_reported() -> None:
    world = Morning()
    world.sagemaker.add_endpoint("e", "OutOfService")

    with pytest.raises(EndpointNotUpdatable, match="Endpoint e is OutOfService"):
        world.tick()


def test_a_model_that_was_deleted_at_night_fails_the_morning() -> None:
    world = Morning()
    world.sagemaker.models.clear()

    with pytest.raises(ModelNotFound):
        world.tick()


def test_a_tick_waits_for_any_execution_for_eight_hours() -> None:
    world = Morning()
    world.dynamodb.item |= FakeLocks(lockId="endpoint/e", heldBy="a", heldSince=BEFORE, turn=3, requestHash="b").item

    assert world.tick()["busy"]["waitSeconds"] == 30
    assert world.tick("2026-11-23T13:44:59.000Z")["busy"]["waitSeconds"] == 1
    assert world.tick("2026-11-23T13:45:00.000Z")["busy"]["waitSeconds"] == 0


def test_a_malformed_tick_is_refused_before_the_lock_is_taken() -> None:
    world = Morning()

    with pytest.raises(InvalidRequest, match="The input of the schedule has 1 fault:\n- /scheduled/wants"):
        world.tick(scheduled={"wants": "away", "time": MORNING})

    assert world.dynamodb.item == {}
