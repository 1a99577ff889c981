import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from roll_back.logic import roll_back
from shared.errors import RollbackFailed, ServiceUnavailable, SlipwayError
from shared.plan import DeploymentPlan
from tests.support.plans import EXECUTION_ARN, create_config, create_endpoint, create_model, deployment_plan
from tests.unit.conftest import Context
from tests.unit.fakes import ARN, FakeAutoScaling, FakeCloudWatch, FakeSageMaker, client_error

BEGAN = "2026-11-21T05:00:00.000Z"
SOON = "2026-11-21T05:00:30.000Z"
TOO_LATE = "2026-11-21T06:00:00.000Z"
PREVIOUS = {"removed": ["endpoint test-endpoint"], "restored": [], "refusedSince": None}
CONFIG_NAME, MODEL_NAME = "test-endpoint-0123456789ab", "h2o3-gbm-0123456789ab"


def plan(action: str = "create", on_failure: str = "ROLL_BACK", *, with_model: bool = False) -> DeploymentPlan:
    steps = [
        *([create_model(MODEL_NAME)] if with_model else []),
        create_config(CONFIG_NAME),
        *([create_endpoint("test-endpoint", CONFIG_NAME)] if action == "create" else []),
    ]
    members = {"onFailure": on_failure, "endpointConfigName": CONFIG_NAME, "startedAt": "2026-11-21T04:30:00.000Z"}
    return deployment_plan(action, steps, previous=None, **members)


def world(
    status: str | None = None, config: str = CONFIG_NAME, *, endpoint_by: str = EXECUTION_ARN, **members: Any
) -> FakeSageMaker:
    """An account with everything that the plan's execution created; no endpoint if `status` is None."""
    sagemaker = FakeSageMaker()
    if status:
        sagemaker.add_endpoint("test-endpoint", status, config, **members)
        sagemaker.tags[f"{ARN}:endpoint/test-endpoint"] = endpoint_by
    sagemaker.configs[CONFIG_NAME] = {"ProductionVariants": []}
    sagemaker.models.add(MODEL_NAME)
    sagemaker.tags[f"{ARN}:endpoint-config/{CONFIG_NAME}"] = EXECUTION_ARN
    sagemaker.tags[f"{ARN}:model/{MODEL_NAME}"] = EXECUTION_ARN
    return sagemaker


def rolled_back(sagemaker: FakeSageMaker, the_plan: DeploymentPlan, now: str = SOON, previous: Any = None) -> Any:
    return roll_back(the_plan, BEGAN, now, previous, clients_of(sagemaker))


def clients_of(sagemaker: FakeSageMaker) -> Any:
    return {
        "sagemaker": sagemaker,
        "application-autoscaling": FakeAutoScaling(),
        "cloudwatch": FakeCloudWatch(),
    }


@pytest.mark.parametrize("status", ["Failed", "InService", "OutOfService"])
def test_an_endpoint_that_this_execution_created_is_deleted_before_anything_else(status: str) -> None:
    sagemaker = world(status)

    assert rolled_back(sagemaker, plan()) == {
        "done": False,
        "waitSeconds": 15,
        "removed": ["endpoint test-endpoint"],
        "restored": [],
        "kept": [],
        "commands": [],
        "refusedSince": None,
    }
    assert sagemaker.mutations() == ["DeleteEndpoint"]


@pytest.mark.parametrize(("status", "seconds"), [("Creating", 30), ("Updating", 30), ("Deleting", 15)])
def test_an_endpoint_that_cannot_be_deleted_yet_is_waited_for(status: str, seconds: int) -> None:
    sagemaker = world(status)

    progress = rolled_back(sagemaker, plan())

    assert (progress["done"], progress["waitSeconds"], sagemaker.mutations()) == (False, seconds, [])


def test_config_and_model_are_deleted_after_the_endpoint_and_removals_are_accumulated() -> None:
    sagemaker = world()

    progress = rolled_back(sagemaker, plan(with_model=True), previous=PREVIOUS)

    assert progress["done"] is True
    assert progress["removed"] == [
        "endpoint test-endpoint",
        f"endpoint config {CONFIG_NAME}",
        f"model {MODEL_NAME}",
    ]
    assert sagemaker.mutations() == ["DeleteEndpointConfig", "DeleteModel"]


def test_a_complete_rollback_leaves_nothing() -> None:
    sagemaker, progress = world("Failed"), None

    for status in ("Failed", "Deleting", None):
        if status is None:
            sagemaker.endpoints.clear()
        progress = rolled_back(sagemaker, plan(with_model=True), previous=progress)

    assert progress is not None
    assert progress["done"] is True
    assert (sagemaker.endpoints, sagemaker.configs, sagemaker.models) == ({}, {}, set())


def test_an_endpoint_that_another_execution_created_is_kept() -> None:
    sagemaker = world("InService", "theirs", endpoint_by="another-execution")

    progress = rolled_back(sagemaker, plan())

    assert sagemaker.mutations() == ["DeleteEndpointConfig"]
    assert progress["kept"] == ["endpoint test-endpoint: this execution did not create it"]


def test_nothing_is_left_beside_a_failed_endpoint_that_was_to_be_replaced() -> None:
    """It keeps its own config, because SageMaker allows only its deletion."""
    sagemaker = world("Failed", "theirs", endpoint_by="another-execution")

    progress = rolled_back(sagemaker, plan(with_model=True))

    assert sagemaker.mutations() == ["DeleteEndpointConfig", "DeleteModel"]
    assert progress["kept"] == ["endpoint test-endpoint: this execution did not create it"]


def test_config_and_model_that_another_execution_created_are_kept() -> None:
    sagemaker = world()
    sagemaker.tags = dict.fromkeys(sagemaker.tags, "another-execution")

    progress = rolled_back(sagemaker, plan(with_model=True))

    assert (progress["done"], progress["removed"], sagemaker.mutations()) == (True, [], [])


def test_after_a_sagemaker_rollback_the_unused_config_is_deleted() -> None:
    sagemaker = world("InService", "old")

    progress = rolled_back(sagemaker, plan("update", with_model=True))

    assert sagemaker.mutations() == ["DeleteEndpointConfig", "DeleteModel"]
    assert progress["done"] is True


@pytest.mark.parametrize(
    ("status", "config", "members"),
    [
        ("InService", CONFIG_NAME, {}),
        ("InService", "old", {"PendingDeploymentSummary": {"EndpointConfigName": CONFIG_NAME}}),
        ("Updating", "old", {"PendingDeploymentSummary": {"EndpointConfigName": CONFIG_NAME}}),
        ("UpdateRollbackFailed", "old", {}),
    ],
)
def test_a_config_that_may_be_in_use_is_kept_with_its_model(status: str, config: str, members: dict[str, Any]) -> None:
    sagemaker = world(status, config, **members)

    progress = rolled_back(sagemaker, plan("update", with_model=True))

    assert sagemaker.mutations() == []
    assert progress["done"] is True
    assert progress["kept"][-2:] == [
        f"endpoint config {CONFIG_NAME}: endpoint test-endpoint may use it",
        f"model {MODEL_NAME}: the endpoint config uses it",
    ]


def test_keep_leaves_everything_and_reports_it() -> None:
    sagemaker = world("Failed")

    progress = rolled_back(sagemaker, plan(on_failure="KEEP"))

    assert sagemaker.mutations() == []
    assert progress["done"] is True
    assert progress["commands"][0] == "aws sagemaker delete-endpoint --endpoint-name test-endpoint"
    assert progress["kept"] == [
        "endpoint test-endpoint: the request says onFailure KEEP",
        f"endpoint config {CONFIG_NAME}: the request says onFailure KEEP",
    ]


def test_a_rollback_is_given_up_after_an_hour() -> None:
    with pytest.raises(RollbackFailed) as raised:
        rolled_back(world("Creating"), plan(with_model=True), TOO_LATE)

    left = f"endpoint test-endpoint, endpoint config {CONFIG_NAME}, model {MODEL_NAME}"
    assert str(raised.value) == (
        f"The rollback stopped: it is not done after 1 h.\nEndpoint test-endpoint is Creating on config "
        f"{CONFIG_NAME}.\nCreated by this execution, and still exists: {left}.\nTo be removed: {left}.\n"
        "Commands that complete the rollback, in this order:\naws sagemaker wait endpoint-in-service --endpoint-name test-endpoint\n"
        "aws sagemaker delete-endpoint --endpoint-name test-endpoint\n"
        "aws sagemaker wait endpoint-deleted --endpoint-name test-endpoint\n"
        f"aws sagemaker delete-endpoint-config --endpoint-config-name {CONFIG_NAME}\n"
        f"aws sagemaker delete-model --model-name {MODEL_NAME}"
    )


def test_the_last_call_finishes_what_needs_no_wait() -> None:
    assert rolled_back(world(), plan(), TOO_LATE)["done"] is True


@pytest.mark.parametrize(
    "message",
    [f'Cannot update in-progress endpoint "{ARN}:endpoint/test-endpoint".', f'Could not find endpoint "{ARN}".'],
)
def test_a_deletion_during_another_change_is_retried(message: str) -> None:
    sagemaker = world("InService")
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", message)

    progress = rolled_back(sagemaker, plan())

    assert (progress["done"], progress["removed"]) == (False, [])


def test_a_refused_deletion_does_not_count_as_done() -> None:
    sagemaker = world("InService")
    message = (
        "the IAM identity used to invoke DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget"
    )
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", message)

    with pytest.raises(RollbackFailed, match="DeregisterScalableTarget"):
        rolled_back(sagemaker, plan())


@pytest.mark.parametrize(
    ("code", "error"), [("ValidationException", RollbackFailed), ("ThrottlingException", ServiceUnavailable)]
)
def test_a_failed_step_is_reported_with_the_remaining_commands(code: str, error: type[SlipwayError]) -> None:
    sagemaker = world()
    sagemaker.errors["DeleteModel"] = client_error(code, "from AWS", "DeleteModel")

    with pytest.raises(error) as raised:
        rolled_back(sagemaker, plan(with_model=True))

    assert f"The rollback stopped: DeleteModel: {code}: from AWS.\n" in str(raised.value)
    assert str(raised.value).endswith(
        f"Commands that complete the rollback, in this order:\naws sagemaker delete-model --model-name {MODEL_NAME}"
    )


def test_a_denied_deletion_is_retried_for_ten_minutes_because_iam_sees_new_tags_late() -> None:
    sagemaker = world()
    sagemaker.errors["DeleteModel"] = client_error("AccessDeniedException", "from AWS", "DeleteModel")

    waiting = rolled_back(sagemaker, plan(with_model=True))

    assert (waiting["done"], waiting["waitSeconds"], waiting["refusedSince"]) == (False, 30, SOON)
    with pytest.raises(RollbackFailed, match="The rollback stopped: DeleteModel: AccessDeniedException: from AWS"):
        rolled_back(sagemaker, plan(with_model=True), "2026-11-21T05:11:00.000Z", waiting)
    del sagemaker.errors["DeleteModel"]
    done = rolled_back(sagemaker, plan(with_model=True), "2026-11-21T05:01:00.000Z", waiting)
    assert (done["done"], done["removed"][-1]) == (True, f"model {MODEL_NAME}")


def test_a_config_of_another_endpoint_is_kept_with_its_model() -> None:
    sagemaker = world()
    sagemaker.add_endpoint("another", config=CONFIG_NAME)

    progress = rolled_back(sagemaker, plan(with_model=True))

    assert sagemaker.mutations() == []
    assert progress["kept"] == [
        f"endpoint config {CONFIG_NAME}: endpoint another may use it",
        f"model {MODEL_NAME}: the endpoint config uses it",
    ]


def test_each_of_several_models_is_kept_or_deleted_for_itself() -> None:
    sagemaker = world()
    names = (MODEL_NAME, "used-0123456789ab", "of-another-0123456789ab", "second-0123456789ab")
    for name in names:
        sagemaker.models.add(name)
        sagemaker.tags[f"{ARN}:model/{name}"] = "another execution" if name.startswith("of-another") else EXECUTION_ARN
    sagemaker.configs["another"] = {"ProductionVariants": [{"ModelName": "used-0123456789ab"}]}
    steps = [*map(create_model, names), create_config(CONFIG_NAME), create_endpoint("test-endpoint", CONFIG_NAME)]

    progress = rolled_back(sagemaker, deployment_plan("create", steps, previous=None, endpointConfigName=CONFIG_NAME))

    assert progress["removed"] == [
        f"endpoint config {CONFIG_NAME}",
        f"model {MODEL_NAME}",
        "model second-0123456789ab",
    ]
    assert progress["kept"] == ["model used-0123456789ab: endpoint config another uses it"]
    assert sagemaker.models == {"used-0123456789ab", "of-another-0123456789ab"}


@pytest.mark.parametrize("variant", [{"ModelName": MODEL_NAME}, {"InstancePools": [{"ModelNameOverride": MODEL_NAME}]}])
def test_a_model_that_another_config_names_is_kept(variant: dict[str, Any]) -> None:
    sagemaker = world()
    sagemaker.configs["another"] = {"ProductionVariants": [variant]}

    progress = rolled_back(sagemaker, plan(with_model=True))

    assert sagemaker.mutations() == ["DeleteEndpointConfig"]
    assert progress["kept"] == [f"model {MODEL_NAME}: endpoint config another uses it"]


def test_the_handler_returns_the_progress(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("roll_back")
    monkeypatch.setattr(module, "CLIENTS", clients_of(world("Failed")))
    event = {"plan": plan(), "failure": {}, "startedAt": BEGAN, "now": SOON, "previous": None}

    assert module.lambda_handler(json.loads(json.dumps(event)), context)["removed"] == ["endpoint test-endpoint"]
