from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, cast

import pytest

from prepare_endpoint.logic import prepare
from shared.errors import EndpointBusy
from shared.plan import Step
from shared.planning import calls
from shared.refusals import Refused
from tests.support.plans import (
    EXECUTION_ARN,
    TARGET,
    create_config,
    create_model,
    deployment_plan,
    put_alarm,
    put_policy,
    step,
)
from tests.unit.conftest import Context
from tests.unit.fakes import ARN, FakeAutoScaling, FakeCloudWatch, FakeSageMaker

NOW = "2026-11-21T05:01:00.000Z"
ALARM = {
    "AlarmName": "slipway/test-endpoint/A/server-errors",
    "EvaluationPeriods": 3,
    "ComparisonOperator": "GreaterThanThreshold",
}
REFUSED = cast(
    Refused,
    {
        "state": "Create model",
        "operation": "CreateModel",
        "modelName": "m",
        "failure": {"Error": "SageMaker.SageMakerException", "Cause": "Cannot create already existing model"},
    },
)


PUT_ALARM = put_alarm(ALARM)
DELETE_FAILED = step("prepare", calls.delete_endpoint("test-endpoint", "which is Failed"))
DEREGISTER = step("prepare", calls.deregister_target(TARGET))


class World:
    """The services used by "Prepare endpoint"."""

    def __init__(self) -> None:
        self.sagemaker, self.autoscaling, self.cloudwatch = FakeSageMaker(), FakeAutoScaling(), FakeCloudWatch()
        self.autoscaling.targets = {TARGET["ResourceId"]: TARGET}

    @property
    def clients(self) -> Any:
        return {
            "sagemaker": self.sagemaker,
            "application-autoscaling": self.autoscaling,
            "cloudwatch": self.cloudwatch,
        }

    def prepare(self, *steps: Step, refused: Iterable[Refused] = ()) -> Any:
        return prepare(deployment_plan(steps=steps), list(refused), NOW, self.clients)


@pytest.fixture
def world() -> World:
    return World()


def outcomes(prepared: Any) -> list[tuple[str, str]]:
    return [(made["operation"], made["outcome"]) for made in prepared["calls"]]


def test_the_steps_are_executed_in_the_order_of_the_plan(world: World) -> None:
    prepared = world.prepare(PUT_ALARM, DEREGISTER)

    assert prepared["done"] is True
    assert outcomes(prepared) == [("PutMetricAlarm", "done"), ("DeregisterScalableTarget", "done")]
    assert (list(world.cloudwatch.alarms), world.autoscaling.targets) == ([ALARM["AlarmName"]], {})


def test_steps_of_other_phases_are_not_executed(world: World) -> None:
    prepared = world.prepare(create_model("m"), create_config("new"), put_policy())

    assert prepared == {"done": True, "waitSeconds": 1, "calls": []}
    assert (world.sagemaker.calls, world.autoscaling.calls) == ([], [])


def test_a_failed_endpoint_is_deleted_before_anything_else(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "Failed")

    first = world.prepare(PUT_ALARM, DELETE_FAILED)
    world.sagemaker.endpoints.clear()
    second = world.prepare(PUT_ALARM, DELETE_FAILED)

    assert (first["done"], first["waitSeconds"], outcomes(first)) == (False, 15, [("DeleteEndpoint", "in progress")])
    assert (second["done"], outcomes(second)) == (True, [("DeleteEndpoint", "done"), ("PutMetricAlarm", "done")])


def test_an_endpoint_that_is_no_longer_failed_is_not_deleted(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "InService")

    with pytest.raises(EndpointBusy, match="was Failed and is InService now"):
        world.prepare(DELETE_FAILED)


def test_a_refused_creation_fails_before_anything_is_prepared(world: World) -> None:
    with pytest.raises(
        EndpointBusy, match="Cannot create already existing model\nFailed in the state Create model for model m, "
    ):
        world.prepare(create_model("m"), PUT_ALARM, refused=[REFUSED])

    assert world.cloudwatch.calls == []


def test_a_creation_carried_out_by_an_earlier_try_is_not_a_failure(world: World) -> None:
    world.sagemaker.models.add("m")
    world.sagemaker.tags[f"{ARN}:model/m"] = EXECUTION_ARN

    assert world.prepare(create_model("m"), PUT_ALARM, refused=[REFUSED])["done"] is True


def test_the_handler_returns_the_calls(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    module = app("prepare_endpoint")
    monkeypatch.setattr(module, "CLIENTS", world.clients)
    event = {"plan": deployment_plan(steps=[PUT_ALARM]), "refused": [], "now": NOW}

    assert module.lambda_handler(event, context) == {
        "done": True,
        "waitSeconds": 1,
        "calls": [{"operation": "PutMetricAlarm", "what": f"alarm {ALARM['AlarmName']}", "outcome": "done"}],
    }
