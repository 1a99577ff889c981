"""The subject of a failure says whether traffic is affected, and claims no more than is known."""

from typing import Any

import pytest

from notify_failure.logic import message, understand
from shared.notification import subject
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import FakeSageMaker, client_error
from tests.unit.notify_failure.test_notify_failure import CONFIG_NAME, event, plan, serving


def updating(**changes: Any) -> dict[str, Any]:
    return event(plan=plan("update") | {"previousEndpointConfigName": "old"}, **changes)


PENDING = {"PendingDeploymentSummary": {"EndpointConfigName": CONFIG_NAME}}


@pytest.mark.parametrize(
    ("sagemaker", "traffic"),
    [
        (serving("InService", "old"), "the previous config is live"),
        (serving("SystemUpdating", "old"), "the previous config is live"),
        (serving("InService", CONFIG_NAME), "the new config is live"),
        (serving("InService", "of-another-tool"), "another config is live"),
        (serving("Updating", "old", **PENDING), "an update is in progress"),
        (serving("UpdateRollbackFailed", "old"), "a mix of the old and the new config is live"),
        (serving("OutOfService", "old"), "serves nobody"),
        (serving("Failed", "old"), "serves nobody"),
        (serving("Deleting", "old"), "serves nobody"),
        (FakeSageMaker(), "serves nobody"),
    ],
)
def test_the_subject_of_a_failed_update_says_whether_traffic_is_affected(
    sagemaker: FakeSageMaker, traffic: str
) -> None:
    failure = understand(updating(), sagemaker)

    assert message(failure, EXECUTION_ARN).headline == f"test-endpoint: deployment failed, CreateFailed; {traffic}"


def test_the_subject_says_unknown_when_sagemaker_does_not_answer() -> None:
    sagemaker = FakeSageMaker()
    sagemaker.errors["DescribeEndpoint"] = client_error("ThrottlingException", "Rate exceeded")

    assert understand(updating(), sagemaker).serves.traffic == "live config unknown"


@pytest.mark.parametrize(
    ("planned", "sagemaker", "traffic"),
    [
        (None, serving(), "the endpoint is live"),
        (None, FakeSageMaker(), "no endpoint exists"),
        ({"action": "wait", "endpointName": "test-endpoint"}, serving(), "the endpoint is live"),
        ({"action": "wait", "endpointName": "test-endpoint"}, FakeSageMaker(), "no endpoint exists"),
        ({"action": "wait", "endpointName": "test-endpoint"}, serving("Creating"), "a creation is in progress"),
        (plan("create"), serving("Failed"), "serves nobody"),
        (plan("none"), serving(config=CONFIG_NAME), "the live config is unchanged"),
    ],
)
def test_the_subject_of_any_other_failure_claims_no_more_than_is_known(
    planned: Any, sagemaker: FakeSageMaker, traffic: str
) -> None:
    assert understand(event(plan=planned, rollBack=None), sagemaker).serves.traffic == traffic


def test_the_longest_subject_keeps_the_error_and_what_is_live() -> None:
    name = "a" * 63
    failed = {"Error": "UpdateRollbackFailed", "Cause": "lost"}
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint(name, "UpdateRollbackFailed")

    failure = understand(updating(failure=failed) | {"plan": updating()["plan"] | {"endpointName": name}}, sagemaker)
    line = subject(f"[production] {message(failure, EXECUTION_ARN).headline}")

    assert len(line) == 99
    assert line.startswith("[production] aaa")
    assert line.endswith("... UpdateRollbackFailed; a mix of the old and the new config is live")
