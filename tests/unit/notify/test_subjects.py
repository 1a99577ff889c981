"""The subject of a failure says whether traffic is affected, and claims no more than is known."""

from typing import Any

import pytest

from notify.failure import Failure
from shared.notification import subject
from tests.support.plans import CONFIG, busy, deployment_plan, removal_plan
from tests.unit.fakes import FakeSageMaker, client_error
from tests.unit.notify.test_failure import failure, serving


def update(sagemaker: FakeSageMaker, name: str = "test-endpoint", **changes: Any) -> Failure:
    plan = deployment_plan("update", endpointName=name, previousEndpointConfigName="old")
    return failure(sagemaker, plan=plan, **changes)


PENDING = {"PendingDeploymentSummary": {"EndpointConfigName": CONFIG}}


@pytest.mark.parametrize(
    ("sagemaker", "traffic"),
    [
        (serving("InService", "old"), "the previous config is live"),
        (serving("SystemUpdating", "old"), "the previous config is live"),
        (serving("InService", CONFIG), "the new config is live"),
        (serving("InService", "of-another-tool"), "another config is live"),
        (serving("Updating", "old", **PENDING), "an update is in progress"),
        (serving("UpdateRollbackFailed", "old"), "a mix of the old and the new config is live"),
        (serving("OutOfService", "old"), "serves no traffic"),
        (serving("Failed", "old"), "serves no traffic"),
        (serving("Deleting", "old"), "serves no traffic"),
        (FakeSageMaker(), "serves no traffic"),
    ],
)
def test_the_subject_of_a_failed_update_says_whether_traffic_is_affected(
    sagemaker: FakeSageMaker, traffic: str
) -> None:
    headline = update(sagemaker).notification().headline

    assert headline == f"test-endpoint: deployment failed, CreateFailed; {traffic}"


def test_the_subject_says_unknown_when_sagemaker_does_not_answer() -> None:
    sagemaker = FakeSageMaker()
    sagemaker.errors["DescribeEndpoint"] = client_error("ThrottlingException", "Rate exceeded")

    assert update(sagemaker).live.traffic == "live config unknown"


@pytest.mark.parametrize(
    ("planned", "sagemaker", "traffic"),
    [
        (None, serving(), "the endpoint is live"),
        (None, FakeSageMaker(), "no endpoint exists"),
        (busy(), serving(), "the endpoint is live"),
        (busy(), FakeSageMaker(), "no endpoint exists"),
        (busy(), serving("Creating"), "a creation is in progress"),
        (deployment_plan("create"), serving("Failed"), "serves no traffic"),
        (deployment_plan("none"), serving(config=CONFIG), "the live config is unchanged"),
        (removal_plan(), serving(), "the endpoint is live"),
        (removal_plan(), FakeSageMaker(), "serves no traffic"),
    ],
)
def test_the_subject_of_any_other_failure_claims_no_more_than_is_known(
    planned: Any, sagemaker: FakeSageMaker, traffic: str
) -> None:
    assert failure(sagemaker, plan=planned, roll_back=None).live.traffic == traffic


def test_the_longest_subject_keeps_the_error_and_the_live_config() -> None:
    name = "a" * 63
    failed = {"Error": "UpdateRollbackFailed", "Cause": "lost"}
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint(name, "UpdateRollbackFailed")

    line = subject(f"[production] {update(sagemaker, name, failure=failed).notification().headline}")

    assert len(line) == 99
    assert line.startswith("[production] aaa")
    assert line.endswith("... UpdateRollbackFailed; a mix of the old and the new config is live")
