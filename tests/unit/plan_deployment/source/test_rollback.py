"""The plan of a rollback: config, scaling and guardrails of an earlier deployment if they suit the endpoint."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from plan_deployment.environment import Services
from plan_deployment.planner import plan as make_plan
from shared import records
from shared.errors import InvalidRequest
from tests.support import steps
from tests.unit.conftest import EXECUTION, RECORD
from tests.unit.fakes import (
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
from tests.unit.plan_deployment.guarded import CANARY, SETTINGS
from tests.unit.plan_deployment.guarded import VARIANT as ONE

VARIANT = ONE | {"InitialInstanceCount": 4}
ROLL_BACK = {"endpointName": "e", "rollback": True}


class World:
    """An account with several deployments, one after the other; four instances of each variant are live."""

    def __init__(self, *requests: dict[str, Any], **alarms: str) -> None:
        self.sagemaker, self.dynamodb, self.cloudwatch = FakeSageMaker(), FakeLocks(), FakeCloudWatch(**alarms)
        self.sagemaker.models = {"m", "m-2"}
        for number, request in enumerate(requests):
            self.deployed(number, {"endpointName": "e", "productionVariants": [VARIANT]} | request)

    def deployed(self, number: int, request: dict[str, Any]) -> None:
        execution = EXECUTION | {"name": f"d-{number}"}
        made = self.plan(request, execution)
        name = made["endpointConfigName"]
        for body in steps.bodies(made, "CreateEndpointConfig"):
            self.sagemaker.configs[name] = body
        live = [
            {"VariantName": each["VariantName"], "DesiredInstanceCount": 4} for each in request["productionVariants"]
        ]
        self.sagemaker.add_endpoint("e", config=name, ProductionVariants=live)
        record = dataclasses.replace(
            RECORD,
            deployment_id=execution["name"],
            config_name=name,
            request_hash=made["requestHash"],
            request=made["request"],
        )
        assert records.write(self.dynamodb, "deployments", record) is None

    def plan(self, request: dict[str, Any], execution: dict[str, Any] = EXECUTION) -> Any:
        services = Services(
            self.sagemaker,
            FakeAutoScaling(),
            self.dynamodb,
            FakeSsm,
            lambda: self.cloudwatch,
            FakeExecutions,
            FakeS3,
            FakeIam,
            FakeScheduler,
        )
        return make_plan(request, execution, EXECUTION["startedAt"], services, SETTINGS)


NEWER = {"productionVariants": [VARIANT | {"ModelName": "m-2"}]}


def test_config_and_scaling_are_restored_and_the_trigger_names_their_deployment() -> None:
    world = World({"autoscalingMaxCapacity": 6}, NEWER)

    made = world.plan(ROLL_BACK)

    assert made["action"] == "update"
    assert "CreateEndpointConfig" not in steps.operations(made)
    assert made["modelNames"] == ["m"]
    (target,) = steps.bodies(made, "RegisterScalableTarget")
    assert target["MaxCapacity"] == 6
    assert made["trigger"] == {"kind": "rollback", "deploymentId": "d-0", "startedAt": EXECUTION["startedAt"]}
    assert made["request"]["autoscalingMaxCapacity"] == 6


def test_a_deployment_named_by_its_id_is_restored() -> None:
    world = World({}, NEWER, {"autoscalingMaxCapacity": 3})

    assert world.plan({"endpointName": "e", "rollbackTo": "d-1"})["modelNames"] == ["m-2"]


def test_fields_of_a_single_execution_are_those_of_the_rollback() -> None:
    world = World({"onFailure": "KEEP", "deadlineSeconds": 7200}, NEWER)

    made = world.plan(ROLL_BACK)

    assert (made["onFailure"], made["dryRun"]) == ("ROLL_BACK", False)
    assert made["deadlineAt"] == "2026-11-21T07:12:59.152Z", "two hours, as the restored deployment"
    assert world.plan({**ROLL_BACK, "deadlineSeconds": 3600})["deadlineAt"] == "2026-11-21T06:12:59.152Z"
    assert world.plan({**ROLL_BACK, "dryRun": True})["planHash"] == made["planHash"]


def test_guardrails_are_restored_unless_the_rollback_has_its_own() -> None:
    world = World({"deploymentConfig": CANARY, "alarms": ["errors"]}, NEWER, errors="OK")

    assert world.plan(ROLL_BACK)["guardrails"]["strategy"] == "canary"
    other = {**ROLL_BACK, "deploymentConfig": {"strategy": "linear", "percent": 50}}
    assert world.plan(other)["guardrails"]["strategy"] == "linear"


def test_an_alarm_in_alarm_does_not_prevent_a_rollback() -> None:
    world = World({"alarms": ["errors", "latency"]}, NEWER, errors="OK", latency="OK")
    world.cloudwatch.states["errors"] = "ALARM"

    made = world.plan(ROLL_BACK)

    config = steps.change(made)["DeploymentConfig"]
    assert config["AutoRollbackConfiguration"] == {"Alarms": [{"AlarmName": "latency"}]}
    assert made["warnings"] == [
        'This alarm is left out of the rollback: alarm "errors" is already in ALARM (errors says so), so it cannot '
        "detect a bad update (/alarms/0)."
    ]


def test_guardrails_that_no_longer_suit_the_endpoint_are_left_out() -> None:
    both = [VARIANT, VARIANT | {"VariantName": "b"}]
    world = World({"deploymentConfig": CANARY}, {"productionVariants": both})

    made = world.plan(ROLL_BACK)

    assert "DeploymentConfig" not in steps.change(made)
    assert made["warnings"] == [
        "All guardrails are left out of the rollback: guardrails need the same variants before and after; the "
        "endpoint has AllTraffic, b, the request AllTraffic (/productionVariants)."
    ]


def test_unsuitable_guardrails_of_the_rollback_itself_are_refused() -> None:
    both = [VARIANT, VARIANT | {"VariantName": "b"}]
    world = World({}, {"productionVariants": both})

    with pytest.raises(InvalidRequest, match="/productionVariants: guardrails need the same variants"):
        world.plan({**ROLL_BACK, "deploymentConfig": CANARY})


def test_the_model_of_an_approval_is_recreated() -> None:
    world = World({}, NEWER)
    body = {"ModelName": "gone-0123456789ab", "PrimaryContainer": {"ModelPackageName": "arn:aws:package"}}
    nameless = {name: value for name, value in VARIANT.items() if name != "ModelName"}
    (item,) = [item for item in world.dynamodb.records if item["deploymentId"]["S"] == "d-0"]
    first = records._record(item)
    world.dynamodb.records.remove(item)
    profile = {"endpointName": "e", "productionVariants": [nameless]}
    kept = records.Record(**vars(first) | {"request": profile, "models": [body], "kind": "approval"})
    records.write(world.dynamodb, "deployments", kept)
    world.dynamodb.records.append(world.dynamodb.records.pop(0))

    made = world.plan(ROLL_BACK)

    (model,) = steps.bodies(made, "CreateModel")
    assert model["PrimaryContainer"] == body["PrimaryContainer"]
    assert [v["ModelName"] for v in steps.config(made)["ProductionVariants"]] == ["gone-0123456789ab"]


def test_the_models_of_a_request_are_recreated_as_they_were_recorded_without_a_look_at_their_artifacts() -> None:
    world = World({}, NEWER)
    own = [{"ModelName": f"{key}-0123456789ab", "PrimaryContainer": {"Image": f"recorded-{key}"}} for key in "ab"]
    approved = {"ModelName": "group-0123456789ab", "PrimaryContainer": {"ModelPackageName": "arn:aws:package"}}
    variants = [VARIANT | {"VariantName": key, "ModelName": key} for key in "ba"]
    nameless = {name: value for name, value in VARIANT.items() if name != "ModelName"}
    requested = {
        key: {"artifact": f"s3://gone/{key}.tar.gz", "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"}
        for key in "ba"
    }
    document = {"endpointName": "e", "productionVariants": [*variants, nameless], "models": requested}
    (item,) = [item for item in world.dynamodb.records if item["deploymentId"]["S"] == "d-0"]
    first = records._record(item)
    world.dynamodb.records.remove(item)
    kept = records.Record(**vars(first) | {"request": document, "models": [*own, approved], "kind": "approval"})
    records.write(world.dynamodb, "deployments", kept)
    world.dynamodb.records.append(world.dynamodb.records.pop(0))

    made = world.plan(ROLL_BACK)

    assert made["models"] == [*own, approved]
    assert [body["PrimaryContainer"] for body in steps.bodies(made, "CreateModel")] == [
        body["PrimaryContainer"] for body in [*own, approved]
    ]
    assert {v["VariantName"]: v["ModelName"] for v in steps.config(made)["ProductionVariants"]} == {
        "a": "a-0123456789ab",
        "b": "b-0123456789ab",
        "AllTraffic": "group-0123456789ab",
    }


def test_a_rollback_runs_its_own_tests() -> None:
    new = {"name": "new", "body": 1}
    world = World({}, NEWER)

    plain, tested = world.plan(ROLL_BACK), world.plan(ROLL_BACK | {"test": [new]})

    assert plain["tests"] == []
    assert (tested["tests"], tested["request"]["test"]) == ([{"name": "new", "variants": ["AllTraffic"]}], [new])


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"productionVariants": [VARIANT]}, "/productionVariants: is for a new deployment; a rollback takes it"),
        ({"autoscalingMaxCapacity": 4}, "/autoscalingMaxCapacity: is for a new deployment; a rollback takes it"),
        ({"rollbackTo": ""}, "/rollbackTo: expected at least 1 characters"),
        ({"rolback": True}, '/rolback: is unknown here. Did you mean "rollback"?'),
    ],
)
def test_a_rollback_takes_no_fields_of_a_new_deployment(request_: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        World({}, NEWER).plan(ROLL_BACK | request_)

    assert text in str(raised.value)


def test_without_a_rollback_the_variants_are_required() -> None:
    with pytest.raises(InvalidRequest, match=r"/productionVariants: is missing\. Give it: Variants that share"):
        World().plan({"endpointName": "e", "rollback": False})


def test_a_model_recreated_since_is_a_warning() -> None:
    world = World({}, NEWER)
    world.sagemaker.created_at["m"] = datetime(2026, 11, 22, tzinfo=UTC)

    assert world.plan(ROLL_BACK)["warnings"] == [
        "Model m was created at 2026-11-22T00:00:00.000Z, after the deployment that is restored: it may not be the "
        "model that was live then."
    ]


def test_a_model_as_old_as_the_deployment_is_not_a_warning() -> None:
    assert World({}, NEWER).plan(ROLL_BACK)["warnings"] == []
