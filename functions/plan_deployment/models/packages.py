"""Model packages of the registry that a request names."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from plan_deployment.models.findings import ModelFaultError, fault_if_missing
from shared.arns import account_of, partition_of, region_of
from shared.aws import Client, Json
from shared.moments import iso

LATEST = "latest-approved"
GROUP_RESOURCE = ":model-package-group/"
# SageMaker has no error code for a missing package or group.
MISSING = frozenset({"ValidationException", "ResourceNotFound", "ResourceNotFoundException"})


def package_version(
    sagemaker: Client, package: str | Json, pointer: str, accounts: Sequence[str], own_arn: str
) -> tuple[str, str]:
    """Return the ARN of the package, and when it was created (ISO 8601).

    Parameters
    ----------
    package : str or Json
        ARN of the package, or its ``group`` (name or ARN) and ``version``.
    accounts : sequence of str
        Accounts whose packages may be deployed.
    own_arn : str
        Any ARN in the endpoint's account and Region.

    Raises
    ------
    ModelFaultError
        If there is none, it is not approved or not Completed, or it belongs to another account.
    """
    if isinstance(package, str):
        arn = package
    else:
        group = _group_arn(package["group"], own_arn)
        _require_owner(group, pointer, accounts)
        version = package["version"]
        arn = f"{group.replace(GROUP_RESOURCE, ':model-package/')}/{version}"
        if version == LATEST:
            arn = _latest(sagemaker, group, f"{pointer}/version")
    _require_owner(arn, pointer, accounts)
    described = _described(sagemaker, arn, pointer)
    for member, wanted in (("ModelPackageStatus", "Completed"), ("ModelApprovalStatus", "Approved")):
        if described.get(member, wanted) != wanted:
            problem = f"{member} of {arn} is {described[member]}"
            remedy = "Approve it, or name another version" if wanted == "Approved" else "Name another version"
            raise ModelFaultError(pointer, problem, remedy)
    created: datetime = described["CreationTime"]
    return arn, iso(created)


def _described(sagemaker: Client, arn: str, pointer: str) -> Json:
    try:
        described: Json = sagemaker.describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        raise _missing(error, f"there is no model package {arn}", pointer) from error
    return described


def _latest(sagemaker: Client, group: str, pointer: str) -> str:
    """Return the ARN of the newest approved version, which is the one with the highest number."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )
    try:
        found = [each for page in pages for each in page["ModelPackageSummaryList"]]
    except ClientError as error:
        raise _missing(error, f"there is no model package group {group}", pointer) from error
    completed = [each for each in found if each["ModelPackageStatus"] == "Completed"]
    if not completed:
        raise ModelFaultError(pointer, f"the group {group} has no approved version", "Approve a version of the group")
    return str(max(completed, key=_version)["ModelPackageArn"])


def _version(summary: Json) -> int:
    return int(summary["ModelPackageVersion"])


def _missing(error: ClientError, problem: str, pointer: str) -> Exception:
    return fault_if_missing(error, MISSING, problem, pointer, "Correct it")


def _group_arn(group: str, own_arn: str) -> str:
    if group.startswith("arn:"):
        return group
    partition, region, account = (of(own_arn) for of in (partition_of, region_of, account_of))
    return f"arn:{partition}:sagemaker:{region}:{account}{GROUP_RESOURCE}{group}"


def _require_owner(arn: str, pointer: str, accounts: Iterable[Any]) -> None:
    owner = account_of(arn)
    if owner not in accounts:
        problem = f"{arn} belongs to account {owner}, and the stack deploys no packages of that account"
        remedy = f"Deploy the stack with {owner} in the parameter ModelPackageOwnerAccounts"
        raise ModelFaultError(pointer, problem, remedy)
