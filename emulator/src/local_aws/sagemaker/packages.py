"""The model registry: model package groups, model packages, and their events.

moto's own operations reset the approval status in an update without one, and emit no events.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.sagemaker.models import sagemaker_backends

from local_aws.core.authorization import statements
from local_aws.core.clock import clock
from local_aws.core.errors import NotModelledError
from local_aws.core.operations import Request
from local_aws.sagemaker import names, state_changes
from local_aws.sagemaker.listing import listed
from local_aws.sagemaker.names import Backend, ValidationError

# Member of UpdateModelPackage → its spelling in UpdatedModelPackageFields of the event
# (SageMaker developer guide, automating-sagemaker-with-eventbridge)
_UPDATED_FIELDS = {
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ApprovalDescription": "ApprovalDescription",
    "SourceUri": "sourceUri",
    "CustomerMetadataProperties": "CustomerMetadataProperties",
    "CustomerMetadataPropertiesToRemove": "CustomerMetadataProperties",
    "InferenceSpecification": "InferenceSpecification",
    "ModelLifeCycle": "ModelLifeCycle",
}
_NOT_DESCRIBED = ("ClientToken", "Tags", "ModelPackageArn")
_REPLACED = ("ModelApprovalStatus", "ApprovalDescription", "SourceUri", "InferenceSpecification", "ModelLifeCycle")
_IN_SUMMARY = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelLifeCycle",
)


class ConflictError(ServiceException):
    """A model package group that cannot be deleted."""

    code = "ConflictException"


class Group:
    """A model package group."""

    def __init__(self, backend: Backend, request: Request) -> None:
        self.name: str = request["ModelPackageGroupName"]
        self.arn = names.arn(backend, "model-package-group", self.name)
        self.creation_time = clock.utc()
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.description: str | None = request.get("ModelPackageGroupDescription")
        self.policy: str | None = None

    def summary(self) -> dict[str, Any]:
        described = {"ModelPackageGroupDescription": self.description} if self.description else {}
        return {
            "ModelPackageGroupName": self.name,
            "ModelPackageGroupArn": self.arn,
            "CreationTime": self.creation_time,
            "ModelPackageGroupStatus": "Completed",
            **described,
        }


class Package:
    """A model package: a version in a group, or a package with a name."""

    def __init__(self, backend: Backend, request: Request, version: int | None) -> None:
        self.group_name: str | None = request.get("ModelPackageGroupName")
        self.name: str = self.group_name or request["ModelPackageName"]
        self.version = version
        suffix = f"/{version}" if version else ""
        self.arn = names.arn(backend, "model-package", self.name) + suffix
        self.creation_time: datetime = clock.utc()
        self.last_modified_time = self.creation_time
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.content = {member: value for member, value in request.items() if member not in _NOT_DESCRIBED}
        if version:
            self.content.setdefault("ModelApprovalStatus", "PendingManualApproval")

    def describe(self) -> dict[str, Any]:
        version = {"ModelPackageVersion": self.version} if self.version else {}
        return {
            "CertifyForMarketplace": False,
            **self.content,
            **version,
            "ModelPackageName": self.name,
            "ModelPackageArn": self.arn,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        }

    def containers(self, specification_name: str | None = None) -> list[dict[str, Any]]:
        """The containers of an inference specification, by default of the package's first one.

        Raises
        ------
        ValidationError
            If the package has no specification of that name.
        """
        if specification_name is None:
            return list(self.content.get("InferenceSpecification", {}).get("Containers", []))
        for specification in self.content.get("AdditionalInferenceSpecifications", []):
            if specification["Name"] == specification_name:
                return list(specification["Containers"])
        raise ValidationError(f"Inference specification {specification_name} does not exist in {self.arn}.")

    def update(self, request: Request) -> None:
        """Change the members that UpdateModelPackage's request has, and nothing else."""
        self.last_modified_time = clock.utc()
        self.content |= {member: request[member] for member in _REPLACED if member in request}
        properties = self.content.get("CustomerMetadataProperties", {}) | request.get("CustomerMetadataProperties", {})
        for key in request.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(key, None)
        if properties or "CustomerMetadataProperties" in self.content:
            self.content["CustomerMetadataProperties"] = properties
        added = request.get("AdditionalInferenceSpecificationsToAdd", [])
        if added:
            present = self.content.get("AdditionalInferenceSpecifications", [])
            self.content["AdditionalInferenceSpecifications"] = [*present, *added]


def find_package(backend: Backend, name_or_arn: str) -> Package:
    """The model package of that ARN, in any account, or of that name.

    Raises
    ------
    ValidationError
        If there is none.
    """
    arn = name_or_arn if name_or_arn.startswith("arn:") else names.arn(backend, "model-package", name_or_arn)
    package: Package | None = _owner(backend, arn).model_packages.get(arn)
    if package is None:
        raise ValidationError(f"ModelPackage {arn} does not exist.")
    return package


def _owner(backend: Backend, arn: str) -> Backend:
    """Model registry of the account in `arn`, in the Region of `backend`."""
    return sagemaker_backends[arn.split(":")[4]][backend.region_name]


def _find_group(backend: Backend, name_or_arn: str) -> Group:
    """The group. Access to another account's group is checked before."""
    name = name_or_arn.rsplit("/", 1)[-1]
    arn = name_or_arn if name_or_arn.startswith("arn:") else names.arn(backend, "model-package-group", name)
    group: Group | None = _owner(backend, arn).model_package_groups.get(name.lower())
    if group is None:
        raise ValidationError(f"ModelPackageGroup {arn} does not exist.")
    return group


def _own_group(backend: Backend, name_or_arn: str) -> Group:
    """The group of the caller's account, for operations that are not modelled across accounts."""
    group = _find_group(backend, name_or_arn)
    if group.arn.split(":")[4] != backend.account_id:
        raise NotModelledError("creating and listing the model packages of another account's group")
    return group


def _members(backend: Backend, group: Group) -> list[Package]:
    return [package for package in backend.model_packages.values() if package.group_name == group.name]


def _create_group(backend: Backend, request: Request) -> dict[str, Any]:
    group = Group(backend, request)
    if group.name.lower() in backend.model_package_groups:
        raise ValidationError(f"Model Package Group already exists: {group.arn}")
    backend.model_package_groups[group.name.lower()] = group
    return {"ModelPackageGroupArn": group.arn}


def _describe_group(backend: Backend, request: Request) -> dict[str, Any]:
    return {**_find_group(backend, request["ModelPackageGroupName"]).summary(), "CreatedBy": {}}


def _list_groups(backend: Backend, request: Request) -> dict[str, Any]:
    groups, token = listed(
        backend.model_package_groups.values(), request, name_of=lambda group: group.name, default_order="Ascending"
    )
    return {"ModelPackageGroupSummaryList": [group.summary() for group in groups], **token}


def _delete_group(backend: Backend, request: Request) -> None:
    group = _find_group(backend, request["ModelPackageGroupName"])
    if _members(backend, group):
        raise ConflictError("Model Package Group cannot be deleted. Contains model packages.")
    del backend.model_package_groups[group.name.lower()]


def _put_policy(backend: Backend, request: Request) -> dict[str, Any]:
    group = _find_group(backend, request["ModelPackageGroupName"])
    try:
        statements(request["ResourcePolicy"])
    except (ValueError, LookupError, TypeError) as error:
        raise ValidationError(f"Invalid resource policy: {error}") from error
    group.policy = request["ResourcePolicy"]
    return {"ModelPackageGroupArn": group.arn}


def _get_policy(backend: Backend, request: Request) -> dict[str, Any]:
    return {"ResourcePolicy": _with_policy(backend, request).policy}


def _delete_policy(backend: Backend, request: Request) -> None:
    _with_policy(backend, request).policy = None


def _with_policy(backend: Backend, request: Request) -> Group:
    group = _find_group(backend, request["ModelPackageGroupName"])
    if group.policy is None:
        raise ValidationError(f"Cannot find resource policy for: {group.arn}")
    return group


def _create_package(backend: Backend, request: Request) -> dict[str, Any]:
    if ("ModelPackageName" in request) == ("ModelPackageGroupName" in request):
        raise ValidationError("Specify either ModelPackageName or ModelPackageGroupName, and not both.")
    version = None
    if "ModelPackageGroupName" in request:
        group = _own_group(backend, request["ModelPackageGroupName"])
        request = {**request, "ModelPackageGroupName": group.name}
        version = max((package.version or 0 for package in _members(backend, group)), default=0) + 1
    package = Package(backend, request, version)
    if package.arn in backend.model_packages:
        raise ValidationError(f"Model package already exists: {package.arn}")
    backend.model_packages[package.arn] = package
    state_changes.package_created(package)
    return {"ModelPackageArn": package.arn}


def _describe_package(backend: Backend, request: Request) -> dict[str, Any]:
    return find_package(backend, request["ModelPackageName"]).describe()


def _update_package(backend: Backend, request: Request) -> dict[str, Any]:
    package = find_package(backend, request["ModelPackageArn"])
    package.update(request)
    updated = dict.fromkeys(_UPDATED_FIELDS[member] for member in request if member in _UPDATED_FIELDS)
    state_changes.package_changed(package, list(updated))
    return {"ModelPackageArn": package.arn}


def _delete_package(backend: Backend, request: Request) -> None:
    package = find_package(backend, request["ModelPackageName"])
    del _owner(backend, package.arn).model_packages[package.arn]


def _list_packages(backend: Backend, request: Request) -> dict[str, Any]:
    candidates: list[Package] = list(backend.model_packages.values())
    if "ModelPackageGroupName" in request:
        candidates = _members(backend, _own_group(backend, request["ModelPackageGroupName"]))
    else:
        wanted = {"Versioned": (True,), "Unversioned": (False,), "Both": (True, False)}
        kinds = wanted[request.get("ModelPackageType", "Unversioned")]
        candidates = [package for package in candidates if bool(package.version) in kinds]
    if "ModelApprovalStatus" in request:
        status = request["ModelApprovalStatus"]
        candidates = [package for package in candidates if package.content.get("ModelApprovalStatus") == status]
    found, token = listed(candidates, request, name_of=lambda package: package.name, default_order="Ascending")
    summaries = [
        {member: value for member, value in package.describe().items() if member in _IN_SUMMARY} for package in found
    ]
    return {"ModelPackageSummaryList": summaries, **token}


OPERATIONS = {
    "CreateModelPackageGroup": _create_group,
    "DescribeModelPackageGroup": _describe_group,
    "ListModelPackageGroups": _list_groups,
    "DeleteModelPackageGroup": _delete_group,
    "PutModelPackageGroupPolicy": _put_policy,
    "GetModelPackageGroupPolicy": _get_policy,
    "DeleteModelPackageGroupPolicy": _delete_policy,
    "CreateModelPackage": _create_package,
    "DescribeModelPackage": _describe_package,
    "UpdateModelPackage": _update_package,
    "DeleteModelPackage": _delete_package,
    "ListModelPackages": _list_packages,
}
