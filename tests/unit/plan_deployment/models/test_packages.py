import re
from typing import Any

import pytest

from tests.unit.plan_deployment.models.world import REGISTRY, ROLE, World


def world() -> World:
    made = World()
    for number in (1, 2, 10):
        made.sagemaker.add_version("churn", number)
    made.sagemaker.add_version("churn", 11, ModelApprovalStatus="PendingManualApproval")
    made.sagemaker.add_version("churn", 12, ModelPackageStatus="InProgress")
    return made


@pytest.mark.parametrize(
    ("package", "number"),
    [
        (f"{REGISTRY}:model-package/churn/2", 2),
        ({"group": "churn", "version": 2}, 2),
        ({"group": "churn", "version": "latest-approved"}, 10),
        ({"group": f"{REGISTRY}:model-package-group/churn", "version": "latest-approved"}, 10),
    ],
)
def test_a_package_is_named_by_its_arn_or_its_group(package: Any, number: int) -> None:
    body = world().body({"package": package, "InferenceSpecificationName": "fast", "Environment": {}})

    assert body == {
        "PrimaryContainer": {
            "InferenceSpecificationName": "fast",
            "ModelPackageName": f"{REGISTRY}:model-package/churn/{number}",
        },
        "ExecutionRoleArn": ROLE,
    }, "SageMaker refuses an empty Environment beside a package"


def test_a_newer_approved_version_is_another_model() -> None:
    account = world()
    latest = {"m": {"package": {"group": "churn", "version": "latest-approved"}}}
    before = account.plan(latest)["modelNames"]
    account.sagemaker.add_version("churn", 13)

    assert account.plan(latest)["modelNames"] != before


@pytest.mark.parametrize(
    ("package", "pointer", "text"),
    [
        ({"group": "churn", "version": 11}, "", "ModelApprovalStatus of .*/churn/11 is PendingManualApproval. Approve"),
        ({"group": "churn", "version": 12}, "", "ModelPackageStatus of .*/churn/12 is InProgress. Name another ver"),
        ({"group": "churn", "version": 9}, "", "there is no model package .*/churn/9: .*does not exist"),
        ({"group": "none", "version": "latest-approved"}, "/version", "there is no model package group .*/none: "),
        ({"group": "new", "version": "latest-approved"}, "/version", "the group .*/new has no approved version. App"),
        (
            "arn:aws:sagemaker:eu-west-1:999988887777:model-package/churn/2",
            "",
            "belongs to account 999988887777, and the stack deploys no packages of that account. Deploy the stack with "
            "999988887777 in the parameter ModelPackageOwnerAccounts",
        ),
    ],
)
def test_a_package_that_cannot_be_deployed_is_refused(package: Any, pointer: str, text: str) -> None:
    account = world()
    account.sagemaker.add_version("new", 1, ModelApprovalStatus="Rejected")

    found = account.faults({"m": {"package": package}})

    assert list(found) == [f"/models/m/package{pointer}"]
    assert re.search(text, found[f"/models/m/package{pointer}"])
