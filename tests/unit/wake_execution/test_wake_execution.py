from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from check_endpoint.logic import Services
from shared import watches
from shared.errors import ServiceUnavailable
from shared.moments import moment
from shared.watches import Watch
from tests.support.plans import EXECUTION_ARN, deployment_plan
from tests.unit.conftest import Context
from tests.unit.fakes import FakeSageMaker, FakeTasks, client_error
from wake_execution.logic import is_in_progress

OTHER = EXECUTION_ARN.replace(":one", ":other")
GOAL = watches.goal_of(deployment_plan("create", endpointConfigName="new"))
WATCH = Watch("token", GOAL, "2026-11-21T05:00:00.000Z")


class World:
    """The function, and an execution that waits for test-endpoint."""

    def __init__(self, module: ModuleType, dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module, self.dynamodb, self.context = module, dynamodb, context
        self.sagemaker, self.tasks = FakeSageMaker(), FakeTasks()
        monkeypatch.setattr(module, "SERVICES", Services(self.sagemaker, dynamodb, self.tasks))
        self.hold(EXECUTION_ARN)
        watches.store(dynamodb, "locks", WATCH)

    def hold(self, holder: str) -> None:
        self._update("SET heldBy = :me", {":me": {"S": holder}})

    def release(self) -> None:
        self._update("REMOVE heldBy")

    def _update(self, expression: str, values: Any = None) -> None:
        given = {"ExpressionAttributeValues": values} if values else {}
        key = {"lockId": {"S": "endpoint/test-endpoint"}}
        self.dynamodb.update_item(TableName="locks", Key=key, UpdateExpression=expression, **given)

    def receive(self, status: str = "IN_SERVICE", name: str = "test-endpoint", **more: Any) -> Any:
        event = {
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "time": "2026-11-21T05:07:00Z",
            "detail": {"EndpointName": name, "EndpointStatus": status, **more},
        }
        return self.module.lambda_handler(event, self.context)


@pytest.fixture
def world(app: Callable[[str], ModuleType], dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(app("wake_execution"), dynamodb, context, monkeypatch)


@pytest.mark.parametrize("status", ["IN_SERVICE", "InService"])
def test_an_execution_whose_endpoint_is_in_service_is_woken_with_the_result_of_the_check(
    world: World, status: str
) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "InService", "new")

    assert world.receive(status) == {"endpoint": "test-endpoint", "status": status, "woken": EXECUTION_ARN}

    ((operation, token, observed),) = world.tasks.answered
    assert (operation, token, observed["ready"], observed["elapsedSeconds"]) == ("SendTaskSuccess", "token", True, 420)


@pytest.mark.parametrize(
    ("milliseconds", "elapsed"), [(1_795_237_620_250, 420.25), (1_795_237_199_000, 0), (None, 420), ("", 420)]
)
def test_the_time_of_the_change_is_sagemakers_in_milliseconds(world: World, milliseconds: Any, elapsed: float) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "InService", "new", LastModifiedTime=moment(WATCH.asked_at))

    world.receive(LastModifiedTime=milliseconds)

    ((_, _, observed),) = world.tasks.answered
    assert observed["elapsedSeconds"] == elapsed


def test_a_failed_creation_fails_its_task_with_the_documented_error(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "Failed", "new", FailureReason="no capacity")

    assert world.receive("FAILED")["woken"] == EXECUTION_ARN

    text = "Endpoint test-endpoint is Failed: no capacity"
    assert world.tasks.answered == [("SendTaskFailure", "token", ("CreateFailed", text))]


def test_a_deleted_endpoint_fails_the_task(world: World) -> None:
    world.receive("DELETING")

    assert [operation for operation, *_ in world.tasks.answered] == ["SendTaskFailure"]


@pytest.mark.parametrize(
    "status", ["CREATING", "UPDATING", "SYSTEM_UPDATING", "ROLLING_BACK", "Creating", "RollingBack"]
)
def test_an_event_of_a_change_in_progress_causes_no_check(world: World, status: str) -> None:
    assert world.receive(status)["woken"] is None
    assert (world.sagemaker.calls, world.tasks.calls) == ([], [])


@pytest.mark.parametrize(
    "status", ["IN_SERVICE", "FAILED", "OUT_OF_SERVICE", "UPDATE_ROLLBACK_FAILED", "DELETED", "Paused"]
)
def test_every_other_event_causes_a_check(status: str) -> None:
    assert not is_in_progress(status)


def test_an_early_event_wakes_no_execution(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "Creating", "new")

    assert world.receive()["woken"] is None
    assert world.tasks.calls == []


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
@pytest.mark.parametrize(("status", "operation"), [("InService", "SendTaskSuccess"), ("Failed", "SendTaskFailure")])
def test_a_late_or_second_event_wakes_no_execution_and_is_not_an_error(
    world: World, status: str, operation: str, code: str
) -> None:
    world.sagemaker.add_endpoint("test-endpoint", status, "new")
    world.tasks.errors[operation] = client_error(code, "gone", operation)

    assert world.receive()["woken"] is None


def test_no_execution_is_woken_if_the_lock_is_free(world: World) -> None:
    world.release()

    assert world.receive()["woken"] is None
    assert (world.sagemaker.calls, world.tasks.calls) == ([], [])


def test_a_token_of_an_earlier_lock_holder_is_not_answered(world: World) -> None:
    world.hold(OTHER)

    assert world.receive()["woken"] is None
    assert (world.sagemaker.calls, world.tasks.calls) == ([], [])


@pytest.mark.parametrize("name", ["another-endpoint", "test-endpoint-2"])
def test_an_endpoint_that_is_not_being_deployed_wakes_no_execution(world: World, name: str) -> None:
    assert world.receive(name=name)["woken"] is None
    assert (world.sagemaker.calls, world.tasks.calls) == ([], [])


def test_an_aws_error_does_not_fail_the_deployment(world: World) -> None:
    throttled = client_error("ThrottlingException", "Rate exceeded", "DescribeEndpoint")
    world.sagemaker.errors["DescribeEndpoint"] = throttled

    with pytest.raises(ServiceUnavailable):
        world.receive()

    assert world.tasks.calls == []


def test_a_result_that_step_functions_refuses_is_an_error(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "InService", "new")
    world.tasks.errors["SendTaskSuccess"] = client_error("InvalidOutput", "no JSON", "SendTaskSuccess")

    with pytest.raises(ClientError, match="InvalidOutput"):
        world.receive()
