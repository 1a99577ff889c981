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
    """What the plan's execution has made, the model included; `status` None: there is no endpoint."""
    sagemaker = FakeSageMaker()
    if status:
        sagemaker.add_endpoint("test-endpoint", status, config, **members)
        sagemaker.tags[f"{ARN}:endpoint/test-endpoint"] = endpoint_by
    sagemaker.configs[CONFIG_NAME] = {"ProductionVariants": []}
    sagemaker.models.add(MODEL_NAME)
    sagemaker.tags[f"{ARN}:endpoint-config/{CONFIG_NAME}"] = EXECUTION_ARN
    sagemaker.tags[f"{ARN}:model/{MODEL_NAME}"] = EXECUTION_ARN
    return sagemaker


def looked(sagemaker: FakeSageMaker, the_plan: DeploymentPlan, now: str = SOON, previous: Any = None) -> Any:
    return roll_back(the_plan, BEGAN, now, previous, clients_of(sagemaker))


def clients_of(sagemaker: FakeSageMaker) -> Any:
    return {
        "sagemaker": sagemaker,
        "application-autoscaling": FakeAutoScaling(),
        "cloudwatch": FakeCloudWatch(),
    }


@pytest.mark.parametrize("status", ["Failed", "InService", "OutOfService"])
def test_an_endpoint_that_this_execution_created_is_deleted_first_and_waited_for(status: str) -> None:
    sagemaker = world(status)

    assert looked(sagemaker, plan()) == {
        "done": False,
        "waitSeconds": 15,
        "removed": ["endpoint test-endpoint"],
        "restored": [],
        "kept": [],
        "commands": [],
        "refusedSince": None,
    }
    assert sagemaker.made() == ["DeleteEndpoint"]


@pytest.mark.parametrize(("status", "seconds"), [("Creating", 30), ("Updating", 30), ("Deleting", 15)])
def test_an_endpoint_that_cannot_be_deleted_now_is_waited_for(status: str, seconds: int) -> None:
    sagemaker = world(status)

    progress = looked(sagemaker, plan())

    assert (progress["done"], progress["waitSeconds"], sagemaker.made()) == (False, seconds, [])


def test_config_and_model_are_deleted_after_the_endpoint_and_removals_add_up() -> None:
    sagemaker = world()

    progress = looked(sagemaker, plan(with_model=True), previous=PREVIOUS)

    assert progress["done"] is True
    assert progress["removed"] == [
        "endpoint test-endpoint",
        f"endpoint config {CONFIG_NAME}",
        f"model {MODEL_NAME}",
    ]
    assert sagemaker.made() == ["DeleteEndpointConfig", "DeleteModel"]


def test_the_whole_rollback_leaves_nothing() -> None:
    sagemaker, progress = world("Failed"), None

    for status in ("Failed", "Deleting", None):
        if status is None:
            sagemaker.endpoints.clear()
        progress = looked(sagemaker, plan(with_model=True), previous=progress)

    assert progress is not None
    assert progress["done"] is True
    assert (sagemaker.endpoints, sagemaker.configs, sagemaker.models) == ({}, {}, set())


def test_an_endpoint_that_another_execution_created_is_kept() -> None:
    sagemaker = world("InService", "theirs", endpoint_by="another-execution")

    progress = looked(sagemaker, plan())

    assert sagemaker.made() == ["DeleteEndpointConfig"]
    assert progress["kept"] == ["endpoint test-endpoint: this execution did not create it"]


def test_config_and_model_that_another_execution_created_are_kept() -> None:
    sagemaker = world()
    sagemaker.tags = dict.fromkeys(sagemaker.tags, "another-execution")

    progress = looked(sagemaker, plan(with_model=True))

    assert (progress["done"], progress["removed"], sagemaker.made()) == (True, [], [])


def test_after_a_sagemaker_rollback_the_unused_config_is_deleted() -> None:
    sagemaker = world("InService", "old")

    progress = looked(sagemaker, plan("update", with_model=True))

    assert sagemaker.made() == ["DeleteEndpointConfig", "DeleteModel"]
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

    progress = looked(sagemaker, plan("update", with_model=True))

    assert sagemaker.made() == []
    assert progress["done"] is True
    assert progress["kept"][-2:] == [
        f"endpoint config {CONFIG_NAME}: endpoint test-endpoint may use it",
        f"model {MODEL_NAME}: the endpoint config uses it",
    ]


def test_keep_leaves_everything_and_reports_it() -> None:
    sagemaker = world("Failed")

    progress = looked(sagemaker, plan(on_failure="KEEP"))

    assert sagemaker.made() == []
    assert progress["done"] is True
    assert progress["commands"][0] == "aws sagemaker delete-endpoint --endpoint-name test-endpoint"
    assert progress["kept"] == [
        "endpoint test-endpoint: the request says onFailure KEEP",
        f"endpoint config {CONFIG_NAME}: the request says onFailure KEEP",
    ]


def test_a_rollback_is_given_up_after_an_hour() -> None:
    with pytest.raises(RollbackFailed) as raised:
        looked(world("Creating"), plan(with_model=True), TOO_LATE)

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


def test_the_last_look_finishes_what_needs_no_wait() -> None:
    assert looked(world(), plan(), TOO_LATE)["done"] is True


@pytest.mark.parametrize(
    "message",
    [f'Cannot update in-progress endpoint "{ARN}:endpoint/test-endpoint".', f'Could not find endpoint "{ARN}".'],
)
def test_a_deletion_during_another_change_is_retried(message: str) -> None:
    sagemaker = world("InService")
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", message)

    progress = looked(sagemaker, plan())

    assert (progress["done"], progress["removed"]) == (False, [])


def test_a_deletion_that_is_refused_is_not_taken_for_done() -> None:
    sagemaker = world("InService")
    message = (
        "the IAM identity used to invoke DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget"
    )
    sagemaker.errors["DeleteEndpoint"] = client_error("ValidationException", message)

    with pytest.raises(RollbackFailed, match="DeregisterScalableTarget"):
        looked(sagemaker, plan())


@pytest.mark.parametrize(
    ("code", "error"), [("ValidationException", RollbackFailed), ("ThrottlingException", ServiceUnavailable)]
)
def test_a_step_that_fails_is_reported_with_the_commands_from_there_on(code: str, error: type[SlipwayError]) -> None:
    sagemaker = world()
    sagemaker.errors["DeleteModel"] = client_error(code, "said AWS", "DeleteModel")

    with pytest.raises(error) as raised:
        looked(sagemaker, plan(with_model=True))

    assert f"The rollback stopped: DeleteModel: {code}: said AWS.\n" in str(raised.value)
    assert str(raised.value).endswith(
        f"Commands that complete the rollback, in this order:\naws sagemaker delete-model --model-name {MODEL_NAME}"
    )


def test_a_denied_deletion_is_retried_for_ten_minutes_because_iam_sees_new_tags_late() -> None:
    sagemaker = world()
    sagemaker.errors["DeleteModel"] = client_error("AccessDeniedException", "said AWS", "DeleteModel")

    waiting = looked(sagemaker, plan(with_model=True))

    assert (waiting["done"], waiting["waitSeconds"], waiting["refusedSince"]) == (False, 30, SOON)
    with pytest.raises(RollbackFailed, match="The rollback stopped: DeleteModel: AccessDeniedException: said AWS"):
        looked(sagemaker, plan(with_model=True), "2026-11-21T05:11:00.000Z", waiting)
    del sagemaker.errors["DeleteModel"]
    done = looked(sagemaker, plan(with_model=True), "2026-11-21T05:01:00.000Z", waiting)
    assert (done["done"], done["removed"][-1]) == (True, f"model {MODEL_NAME}")


def test_a_config_of_another_endpoint_is_kept_with_its_model() -> None:
    sagemaker = world()
    sagemaker.add_endpoint("another", config=CONFIG_NAME)

    progress = looked(sagemaker, plan(with_model=True))

    assert sagemaker.made() == []
    assert progress["kept"] == [
        f"endpoint config {CONFIG_NAME}: endpoint another may use it",
        f"model {MODEL_NAME}: the endpoint config uses it",
    ]


@pytest.mark.parametrize("variant", [{"ModelName": MODEL_NAME}, {"InstancePools": [{"ModelNameOverride": MODEL_NAME}]}])
def test_a_model_that_another_config_names_is_kept(variant: dict[str, Any]) -> None:
    sagemaker = world()
    sagemaker.configs["another"] = {"ProductionVariants": [variant]}

    progress = looked(sagemaker, plan(with_model=True))

    assert sagemaker.made() == ["DeleteEndpointConfig"]
    assert progress["kept"] == [f"model {MODEL_NAME}: endpoint config another uses it"]


def test_the_handler_returns_the_progress(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("roll_back")
    monkeypatch.setattr(module, "CLIENTS", clients_of(world("Failed")))
    event = {"plan": plan(), "failure": {}, "startedAt": BEGAN, "now": SOON, "previous": None}

    assert module.lambda_handler(json.loads(json.dumps(event)), context)["removed"] == ["endpoint test-endpoint"]
