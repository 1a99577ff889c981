from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from check_endpoint.logic import check
from shared import endpoints
from shared.errors import (
    CreateFailed,
    DeadlineExceeded,
    Ending,
    EndpointBusy,
    InternalError,
    UpdateFailed,
    UpdateRollbackFailed,
    UpdateRolledBack,
)
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeSageMaker

ASKED_AT = "2026-11-21T05:00:00.000Z"
NOW = "2026-11-21T05:07:00.000Z"
PENDING = {"PendingDeploymentSummary": {"EndpointConfigName": "new"}}


def plan(action: str = "create", **changes: Any) -> dict[str, Any]:
    return {
        "action": action,
        "endpointName": "test-endpoint",
        "endpointConfigName": "new",
        "executionArn": EXECUTION_ARN,
        "startedAt": ASKED_AT,
        "deadlineAt": "2026-11-21T06:00:00.000Z",
    } | changes


def endpoint(status: str, config: str = "new", **members: Any) -> FakeSageMaker:
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("test-endpoint", status, config, **members)
    return sagemaker


def looked(sagemaker: FakeSageMaker, action: str = "create", now: str = NOW, **changes: Any) -> dict[str, Any]:
    return check(plan(action, **changes), ASKED_AT, now, sagemaker)


@pytest.mark.parametrize("action", ["create", "update", "join", "none"])
def test_in_service_on_the_plans_config_is_settled(action: str) -> None:
    assert looked(endpoint("InService"), action) == {
        "status": "InService",
        "settled": True,
        "waitSeconds": 30,
        "elapsedSeconds": 420,
        "endpointConfigName": "new",
        "variants": [{"variantName": "AllTraffic", "currentWeight": 1.0, "currentInstanceCount": 1}],
    }


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
@pytest.mark.parametrize("action", ["create", "update", "join", "none"])
def test_what_is_in_progress_is_waited_for(status: str, action: str) -> None:
    seen = looked(endpoint(status, "old", **(PENDING if status == "Updating" else {})), action)

    assert (seen["status"], seen["settled"], seen["waitSeconds"]) == (status, False, 30)


def test_in_service_with_a_deployment_pending_is_not_settled() -> None:
    assert looked(endpoint("InService", **PENDING), "update")["settled"] is False


@pytest.mark.parametrize("action", ["update", "join"])
def test_in_service_on_the_old_config_is_an_update_rolled_back(action: str) -> None:
    reason = "The primary container did not pass the ping health check."

    with pytest.raises(UpdateRolledBack) as raised:
        looked(endpoint("InService", "old", FailureReason=reason), action)

    assert str(raised.value) == f"Endpoint test-endpoint is InService on config old, not on new: {reason}"


@pytest.mark.parametrize("action", ["create", "none"])
def test_another_config_that_no_update_of_ours_explains_is_somebody_elses_doing(action: str) -> None:
    with pytest.raises(EndpointBusy, match="InService on config old, not on new: something else updated it"):
        looked(endpoint("InService", "old"), action)


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "Deleting"])
@pytest.mark.parametrize(
    ("action", "ending"),
    [("create", CreateFailed), ("update", UpdateFailed), ("join", UpdateFailed), ("none", UpdateFailed)],
)
def test_a_lost_endpoint_is_a_failure_with_sagemakers_reason(status: str, action: str, ending: type[Ending]) -> None:
    with pytest.raises(ending, match=f"Endpoint test-endpoint is {status}: no capacity"):
        looked(endpoint(status, FailureReason="no capacity"), action)


def test_a_failed_way_back_of_sagemaker_has_its_own_name() -> None:
    with pytest.raises(UpdateRollbackFailed, match="is UpdateRollbackFailed: SageMaker gives no reason"):
        looked(endpoint("UpdateRollbackFailed", "old"), "update")


@pytest.mark.parametrize("status", sorted(endpoints.STATUSES))
def test_every_status_of_sagemaker_is_handled_on_purpose(status: str) -> None:
    try:
        outcome = looked(endpoint(status), "update")["status"]
    except Ending as ending:
        outcome = type(ending)

    assert outcome in (status, UpdateFailed, UpdateRollbackFailed)


def test_a_status_that_slipway_does_not_know_is_not_waited_for() -> None:
    with pytest.raises(InternalError, match="is Paused, which Slipway does not know"):
        looked(endpoint("Paused"))


@pytest.mark.parametrize(("action", "ending"), [("create", CreateFailed), ("update", UpdateFailed)])
def test_an_endpoint_that_vanished_is_a_failure(action: str, ending: type[Ending]) -> None:
    with pytest.raises(ending, match="Endpoint test-endpoint does not exist any more: something else deleted it"):
        looked(FakeSageMaker(), action)


def test_the_deadline_ends_the_waiting() -> None:
    with pytest.raises(DeadlineExceeded) as raised:
        looked(endpoint("Creating"), now="2026-11-21T06:00:00.000Z")

    assert str(raised.value) == (
        "Endpoint test-endpoint is Creating after 1 h; the deadline was 2026-11-21T06:00:00.000Z."
    )


def test_who_is_in_service_at_the_deadline_made_it() -> None:
    assert looked(endpoint("InService"), now="2026-11-21T06:00:00.000Z")["settled"] is True


def test_the_last_look_is_at_the_deadline() -> None:
    assert looked(endpoint("Creating"), now="2026-11-21T05:59:50.500Z")["waitSeconds"] == 10


def test_a_serverless_variant_tells_its_concurrency() -> None:
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 2}
    variant = {"VariantName": "AllTraffic", "CurrentWeight": 1.0, "CurrentServerlessConfig": serverless}

    assert looked(endpoint("InService", ProductionVariants=[variant]))["variants"] == [
        {"variantName": "AllTraffic", "currentWeight": 1.0, "provisionedConcurrency": 2, "maxConcurrency": 20}
    ]


def test_the_doorway_answers_with_the_look_and_logs_under_the_executions_arn(
    app: Callable[[str], ModuleType],
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = app("check_endpoint")
    monkeypatch.setattr(module, "SAGEMAKER", endpoint("InService"))

    seen = module.lambda_handler({"plan": plan(), "askedAt": ASKED_AT, "now": NOW}, context)

    assert seen == looked(endpoint("InService"))
    assert "_aws" not in capsys.readouterr().out, "no metric, no line of metrics"
