from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from check_endpoint.logic import Services, check
from shared import endpoints, watches
from shared.errors import (
    CreateFailed,
    DeadlineExceeded,
    EndpointBusy,
    InternalError,
    SlipwayError,
    UpdateFailed,
    UpdateRollbackFailed,
    UpdateRolledBack,
)
from shared.moments import moment
from shared.plan import DeploymentPlan
from shared.watches import Watch
from tests.support.plans import EXECUTION_ARN, create_endpoint, deployment_plan
from tests.unit.conftest import Context
from tests.unit.fakes import ARN, FakeLocks, FakeSageMaker, FakeTasks, client_error

ASKED_AT = "2026-11-21T05:00:00.000Z"
NOW = "2026-11-21T05:07:00.000Z"
DEADLINE = "2026-11-21T06:00:00.000Z"
AT_ONCE = "2026-11-21T05:00:01.000Z"
PENDING = {"PendingDeploymentSummary": {"EndpointConfigName": "new"}}


def plan(action: str = "create", **changes: Any) -> DeploymentPlan:
    members = {"endpointConfigName": "new", "deadlineAt": DEADLINE, "weights": {"AllTraffic": 1}}
    return deployment_plan(action, **members | changes)


def watch_of(the_plan: DeploymentPlan, token: str = "token") -> Watch:
    return Watch(token, watches.goal_of(the_plan), ASKED_AT)


def endpoint(status: str, config: str = "new", **members: Any) -> FakeSageMaker:
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("test-endpoint", status, config, **members)
    return sagemaker


def checked(sagemaker: FakeSageMaker, action: str = "create", now: str = NOW, **changes: Any) -> Any:
    services = Services(sagemaker, FakeLocks(), FakeTasks())
    the_plan = plan(action, **changes)
    return check(the_plan, watch_of(the_plan), [], now, services, "locks")


@pytest.mark.parametrize("action", ["create", "update", "join", "none"])
def test_an_endpoint_in_service_on_the_plans_config_is_ready(action: str) -> None:
    assert checked(endpoint("InService"), action) == {
        "status": "InService",
        "stage": None,
        "ready": True,
        "elapsedSeconds": 420,
        "endpointConfigName": "new",
        "variants": [{"variantName": "AllTraffic", "currentWeight": 1.0, "currentInstanceCount": 1}],
    }


def test_the_instances_of_each_pool_are_reported() -> None:
    pools = [
        {"InstanceType": "ml.c6i.xlarge", "CurrentInstanceCount": 2},
        {"InstanceType": "ml.m6i.xlarge", "CurrentInstanceCount": 0},
    ]
    variant = {"VariantName": "AllTraffic", "CurrentInstanceCount": 2, "InstancePools": pools}

    (observed,) = checked(endpoint("InService", ProductionVariants=[variant]))["variants"]

    assert observed["instancePools"] == [
        {"instanceType": "ml.c6i.xlarge", "currentInstanceCount": 2},
        {"instanceType": "ml.m6i.xlarge", "currentInstanceCount": 0},
    ]


def test_the_plans_config_is_recognized_in_any_case() -> None:
    observed = checked(endpoint("InService", config="NEW"))

    assert (observed["ready"], observed["endpointConfigName"]) == (True, "NEW")


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
@pytest.mark.parametrize("action", ["create", "update", "join", "none"])
def test_an_endpoint_that_is_changing_is_waited_for(status: str, action: str) -> None:
    observed = checked(endpoint(status, "old", **(PENDING if status == "Updating" else {})), action)

    assert (observed["status"], observed["ready"]) == (status, False)


@pytest.mark.parametrize(
    ("statuses", "stage"),
    [
        (["Creating"], "creating"),
        (["ActivatingTraffic"], "shifting"),
        (["Baking"], "baking"),
        (["Deleting"], "terminating"),
        (["Baking", "ActivatingTraffic"], "shifting"),
        (["Baking", None], "baking"),
        (["SomethingNew"], None),
        ([], None),
    ],
)
def test_the_stage_of_an_update_is_that_of_its_least_advanced_variant(
    statuses: list[str | None], stage: str | None
) -> None:
    variants = [
        {"VariantName": str(number), **({"VariantStatus": [{"Status": status}]} if status else {})}
        for number, status in enumerate(statuses)
    ]
    pending = {"PendingDeploymentSummary": {"EndpointConfigName": "new", "ProductionVariants": variants}}

    assert checked(endpoint("Updating", "old", **pending), "update")["stage"] == stage


def test_an_endpoint_with_a_pending_deployment_is_not_ready() -> None:
    assert checked(endpoint("InService", **PENDING), "update")["ready"] is False


@pytest.mark.parametrize("action", ["update", "join"])
def test_an_endpoint_on_the_old_config_is_an_update_rolled_back(action: str) -> None:
    reason = "The primary container did not pass the ping health check."

    with pytest.raises(UpdateRolledBack) as raised:
        checked(endpoint("InService", "old", FailureReason=reason), action)

    assert str(raised.value) == (
        f"SageMaker rolled back the update. Endpoint test-endpoint is InService on config old, not on new: {reason}"
    )


@pytest.mark.parametrize("action", ["create", "none"])
def test_another_config_that_no_update_of_the_plan_explains_is_an_external_change(action: str) -> None:
    with pytest.raises(EndpointBusy, match="InService on config old, not on new: another user or tool updated it"):
        checked(endpoint("InService", "old"), action)


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "Deleting"])
@pytest.mark.parametrize(
    ("action", "error"),
    [("create", CreateFailed), ("update", UpdateFailed), ("join", UpdateFailed), ("none", UpdateFailed)],
)
def test_an_endpoint_without_traffic_is_a_failure_with_sagemakers_reason(
    status: str, action: str, error: type[SlipwayError]
) -> None:
    with pytest.raises(error, match=f"Endpoint test-endpoint is {status}: no capacity"):
        checked(endpoint(status, FailureReason="no capacity"), action)


def test_a_failed_sagemaker_rollback_has_its_own_error() -> None:
    with pytest.raises(UpdateRollbackFailed, match="is UpdateRollbackFailed: SageMaker gives no reason"):
        checked(endpoint("UpdateRollbackFailed", "old"), "update")


@pytest.mark.parametrize("status", sorted(endpoints.STATUSES))
def test_every_status_of_sagemaker_is_handled(status: str) -> None:
    try:
        outcome = checked(endpoint(status), "update")["status"]
    except SlipwayError as error:
        outcome = type(error)

    assert outcome in (status, UpdateFailed, UpdateRollbackFailed)


def test_an_unknown_status_is_not_waited_for() -> None:
    with pytest.raises(InternalError, match="is Paused, a status that Slipway does not know"):
        checked(endpoint("Paused"))


@pytest.mark.parametrize(("action", "error"), [("create", CreateFailed), ("update", UpdateFailed)])
def test_an_endpoint_that_was_deleted_is_a_failure(action: str, error: type[SlipwayError]) -> None:
    with pytest.raises(error, match="Endpoint test-endpoint does not exist any more: another user or tool deleted it"):
        checked(FakeSageMaker(), action)


def test_a_new_endpoint_that_sagemaker_does_not_see_yet_is_waited_for() -> None:
    observed = checked(FakeSageMaker(), "create", now=AT_ONCE)

    assert (observed["status"], observed["ready"]) == ("Creating", False)


@pytest.mark.parametrize(
    ("action", "status", "config", "weight"),
    [
        ("update", "InService", "old", 1),
        ("shift", "InService", "new", 9),
        ("create", "Failed", "old", 1),
    ],
)
def test_a_stale_read_does_not_make_the_endpoint_ready(action: str, status: str, config: str, weight: int) -> None:
    before = moment(ASKED_AT) - timedelta(minutes=1)
    sagemaker = endpoint(status, config, LastModifiedTime=before)

    assert checked(sagemaker, action, AT_ONCE, weights={"AllTraffic": weight})["ready"] is False


def test_an_update_that_is_rolled_back_within_seconds_is_reported_at_once() -> None:
    after = moment(ASKED_AT) + timedelta(milliseconds=500)

    with pytest.raises(UpdateRolledBack):
        checked(endpoint("InService", "old", LastModifiedTime=after), "update", AT_ONCE)


def test_the_deadline_ends_the_wait() -> None:
    with pytest.raises(DeadlineExceeded) as raised:
        checked(endpoint("Creating"), now=DEADLINE)

    assert str(raised.value) == (
        "Endpoint test-endpoint is Creating after 1 h. The deadline was 2026-11-21T06:00:00.000Z."
    )


def test_an_endpoint_in_service_at_the_deadline_is_in_time() -> None:
    assert checked(endpoint("InService"), now=DEADLINE)["ready"] is True


def test_a_serverless_variant_has_its_concurrency() -> None:
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 2}
    variant = {"VariantName": "AllTraffic", "CurrentWeight": 1.0, "CurrentServerlessConfig": serverless}

    assert checked(endpoint("InService", ProductionVariants=[variant]))["variants"] == [
        {"variantName": "AllTraffic", "currentWeight": 1.0, "provisionedConcurrency": 2, "maxConcurrency": 20}
    ]


class World:
    """The services of the function, and the lock of the endpoint."""

    def __init__(self, dynamodb: Any, sagemaker: FakeSageMaker, holder: str | None = EXECUTION_ARN) -> None:
        self.dynamodb, self.sagemaker, self.tasks = dynamodb, sagemaker, FakeTasks()
        item = {"lockId": {"S": "endpoint/test-endpoint"}, "turn": {"N": "1"}}
        dynamodb.put_item(TableName="locks", Item=item | ({"heldBy": {"S": holder}} if holder else {}))

    def check(self, token: str = "token", now: str = NOW, refused: Any = ()) -> Any:
        services = Services(self.sagemaker, self.dynamodb, self.tasks)
        the_plan = plan(steps=[create_endpoint("test-endpoint", "new")])
        return check(the_plan, watch_of(the_plan, token), list(refused), now, services, "locks")

    @property
    def watch(self) -> Watch | None:
        return watches.find(self.dynamodb, "locks", "Test-Endpoint")


def test_a_ready_endpoint_completes_the_task_with_the_result_of_the_check(dynamodb: Any) -> None:
    world = World(dynamodb, endpoint("InService"))

    observed = world.check()

    assert world.tasks.answered == [("SendTaskSuccess", "token", observed)]


def test_a_changing_endpoint_leaves_the_task_waiting_for_an_event(dynamodb: Any) -> None:
    world = World(dynamodb, endpoint("Creating"))

    world.check("first")
    world.check("second")

    assert world.tasks.answered == []
    assert world.watch == watch_of(plan(), "second")


def test_the_token_is_stored_before_the_check_so_that_no_event_is_lost(dynamodb: Any) -> None:
    stored_at_the_look = []

    class Recording(FakeSageMaker):
        def on_describe_endpoint(self, parameters: dict[str, Any]) -> Any:
            stored_at_the_look.append(world.watch)
            return super().on_describe_endpoint(parameters)

    sagemaker = Recording()
    sagemaker.add_endpoint("test-endpoint", "Creating", "new")
    world = World(dynamodb, sagemaker)

    world.check()

    assert [watch.token for watch in stored_at_the_look if watch] == ["token"]


@pytest.mark.parametrize("holder", [None, EXECUTION_ARN + "-other"])
def test_an_execution_without_the_lock_checks_but_is_not_woken(dynamodb: Any, holder: str | None) -> None:
    world = World(dynamodb, endpoint("InService"), holder)

    world.check()

    assert world.watch is None
    assert len(world.tasks.answered) == 1


def test_a_failure_is_an_error_of_the_function_not_an_answer_to_the_token(dynamodb: Any) -> None:
    world = World(dynamodb, endpoint("Failed", FailureReason="no capacity"))

    with pytest.raises(CreateFailed):
        world.check()

    assert world.tasks.answered == []


REFUSED = {
    "state": "Create endpoint",
    "operation": "CreateEndpoint",
    "failure": {"Error": "SageMaker.SageMakerException", "Cause": "Cannot create already existing endpoint"},
}


def test_a_refused_call_that_was_carried_out_by_an_earlier_try_is_waited_for(dynamodb: Any) -> None:
    world = World(dynamodb, endpoint("Creating"))
    world.sagemaker.tags[f"{ARN}:endpoint/test-endpoint"] = EXECUTION_ARN

    assert world.check(refused=[REFUSED])["status"] == "Creating"


def test_a_refused_call_fails_with_sagemakers_message_and_its_state(dynamodb: Any) -> None:
    world = World(dynamodb, endpoint("Creating"))

    with pytest.raises(EndpointBusy) as raised:
        world.check(refused=[REFUSED])

    assert str(raised.value) == (
        "SageMaker.SageMakerException: Cannot create already existing endpoint\n"
        "Failed in the state Create endpoint, which called sagemaker:createEndpoint."
    )
    assert (world.watch, world.tasks.answered) == (None, [])


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_task_that_an_event_completed_first_is_not_an_error(dynamodb: Any, code: str) -> None:
    world = World(dynamodb, endpoint("InService"))
    world.tasks.errors["SendTaskSuccess"] = client_error(code, "gone", "SendTaskSuccess")

    assert world.check()["ready"] is True


def test_a_task_that_cannot_be_completed_ends_at_the_deadline(dynamodb: Any) -> None:
    world = World(dynamodb, endpoint("InService"))
    world.tasks.errors["SendTaskSuccess"] = client_error("TaskTimedOut", "gone", "SendTaskSuccess")

    with pytest.raises(DeadlineExceeded):
        world.check(now=DEADLINE)


def test_the_handler_returns_the_result_of_the_check_and_emits_no_metric(
    app: Callable[[str], ModuleType],
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = app("check_endpoint")
    tasks = FakeTasks()
    monkeypatch.setattr(module, "SERVICES", Services(endpoint("InService"), FakeLocks(), tasks))
    event = {"taskToken": "token", "plan": plan(), "refused": [], "askedAt": ASKED_AT, "now": NOW}

    observed = module.lambda_handler(event, context)

    assert observed == checked(endpoint("InService"))
    assert tasks.answered == [("SendTaskSuccess", "token", observed)]
    assert "_aws" not in capsys.readouterr().out, "a metric"


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        ("shift", UpdateRolledBack, "SageMaker did not change the weights. {weights}: no capacity"),
        ("join", EndpointBusy, "{weights}: another user or tool changed them."),
    ],
)
def test_other_weights_than_the_plans_are_a_failure(action: str, error: type[SlipwayError], message: str) -> None:
    sagemaker = endpoint("InService", FailureReason="no capacity")

    with pytest.raises(error) as raised:
        checked(sagemaker, action, weights={"AllTraffic": 9})

    weights = "Endpoint test-endpoint is InService with weights AllTraffic 1, not AllTraffic 9"
    assert str(raised.value) == message.format(weights=weights)


def test_an_endpoint_with_the_plans_weights_is_ready() -> None:
    assert checked(endpoint("InService"), "shift")["ready"] is True
    assert checked(endpoint("RollingBack"), "shift", weights={"AllTraffic": 9})["ready"] is False
