"""The model registry: versions, approvals, and models of approved packages."""

from typing import Any

import pytest

from support.hosting import ARTIFACT, IMAGE, ROLE_ARN, Hosting, arn, refused

SPECIFICATION = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": ARTIFACT}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


def group(hosting: Hosting, name: str) -> str:
    hosting.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def version(hosting: Hosting, group_name: str, **changes: Any) -> str:
    created = hosting.sagemaker.create_model_package(
        ModelPackageGroupName=group_name, **({"InferenceSpecification": SPECIFICATION} | changes)
    )
    return str(created["ModelPackageArn"])


def test_versions_are_numbered_within_their_group_and_wait_for_approval(hosting: Hosting) -> None:
    group(hosting, "Numbered")

    arns = [version(hosting, "Numbered") for _ in range(2)]

    assert arns == [arn("model-package/numbered/1"), arn("model-package/numbered/2")]
    described = hosting.sagemaker.describe_model_package(ModelPackageName=arns[1])
    assert (described["ModelPackageGroupName"], described["ModelPackageVersion"]) == ("Numbered", 2)
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelPackageStatus"] == "Completed"


def test_an_edit_without_an_approval_status_preserves_it(hosting: Hosting) -> None:
    package = version(hosting, group(hosting, "edited"), ModelApprovalStatus="Approved")

    hosting.sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"stage": "dev"})

    described = hosting.sagemaker.describe_model_package(ModelPackageName=package)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["CustomerMetadataProperties"] == {"stage": "dev"}


def test_metadata_can_be_added_and_removed(hosting: Hosting) -> None:
    package = version(hosting, group(hosting, "kept-tidy"), CustomerMetadataProperties={"a": "1", "b": "2"})

    hosting.sagemaker.update_model_package(
        ModelPackageArn=package, CustomerMetadataProperties={"c": "3"}, CustomerMetadataPropertiesToRemove=["a"]
    )

    described = hosting.sagemaker.describe_model_package(ModelPackageName=package)
    assert described["CustomerMetadataProperties"] == {"b": "2", "c": "3"}


def test_a_model_needs_an_approved_package(hosting: Hosting) -> None:
    package = version(hosting, group(hosting, "approved-only"))
    container = {"ModelPackageName": package}
    message = (
        f'Cannot create a model from model package "{package}": its approval status is PendingManualApproval, '
        "not Approved."
    )
    with refused("ValidationException", message):
        hosting.model("of-a-package", PrimaryContainer=container)

    hosting.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    hosting.sagemaker.create_model(ModelName="of-a-package", ExecutionRoleArn=ROLE_ARN, PrimaryContainer=container)

    described = hosting.sagemaker.describe_model(ModelName="of-a-package")
    assert described["PrimaryContainer"]["ModelPackageName"] == package
    hosting.endpoint("of-a-package", hosting.variant("of-a-package"))
    (variant,) = hosting.describe("of-a-package")["ProductionVariants"]
    assert [image["SpecifiedImage"] for image in variant["DeployedImages"]] == [IMAGE]


def test_environment_is_merged_with_that_of_a_version_but_refused_for_the_marketplace(hosting: Hosting) -> None:
    environment = {"Environment": {"STAGE": "prod"}}
    own = [{"Image": IMAGE, "Environment": {}}]
    specification = SPECIFICATION | {"Containers": own}
    package = version(
        hosting,
        group(hosting, "with-environment"),
        ModelApprovalStatus="Approved",
        InferenceSpecification=specification,
    )
    sold = hosting.sagemaker.create_model_package(
        ModelPackageName="sold", CertifyForMarketplace=True, InferenceSpecification=specification
    )["ModelPackageArn"]

    hosting.model("of-a-version", PrimaryContainer={"ModelPackageName": package} | environment)

    message = "Environment variable map cannot be specified when using a ModelPackage subscribed from AWS Marketplace."
    with refused("ValidationException", message):
        hosting.model("of-the-marketplace", PrimaryContainer={"ModelPackageName": sold} | environment)


def test_packages_are_listed_by_group_and_approval(hosting: Hosting) -> None:
    group(hosting, "listed-packages")
    version(hosting, "listed-packages")
    approved = version(hosting, "listed-packages", ModelApprovalStatus="Approved")

    both = hosting.sagemaker.list_model_packages(ModelPackageGroupName="listed-packages")
    only_approved = hosting.sagemaker.list_model_packages(
        ModelPackageGroupName="listed-packages", ModelApprovalStatus="Approved"
    )

    assert [package["ModelPackageVersion"] for package in both["ModelPackageSummaryList"]] == [1, 2]
    assert [package["ModelPackageArn"] for package in only_approved["ModelPackageSummaryList"]] == [approved]


def test_a_package_needs_an_existing_group_or_a_name(hosting: Hosting) -> None:
    missing = arn("model-package-group/no-such")
    with refused("ValidationException", f"ModelPackageGroup {missing} does not exist."):
        version(hosting, "no-such")
    with refused("ValidationException", "Specify either ModelPackageName or ModelPackageGroupName, and not both."):
        hosting.sagemaker.create_model_package(InferenceSpecification=SPECIFICATION)


def test_a_group_with_packages_cannot_be_deleted_and_an_empty_one_can(hosting: Hosting) -> None:
    package = version(hosting, group(hosting, "emptied"))
    with refused("ConflictException", "Model Package Group cannot be deleted. Contains model packages."):
        hosting.sagemaker.delete_model_package_group(ModelPackageGroupName="emptied")

    hosting.sagemaker.delete_model_package(ModelPackageName=package)
    hosting.sagemaker.delete_model_package_group(ModelPackageGroupName="emptied")

    with refused("ValidationException", f"ModelPackageGroup {arn('model-package-group/emptied')} does not exist."):
        hosting.sagemaker.describe_model_package_group(ModelPackageGroupName="emptied")


@pytest.mark.parametrize("operation", ["describe_model_package", "delete_model_package"])
def test_a_missing_package_is_refused(hosting: Hosting, operation: str) -> None:
    missing = arn("model-package/no-such/1")

    with refused("ValidationException", f"ModelPackage {missing} does not exist."):
        getattr(hosting.sagemaker, operation)(ModelPackageName=missing)


def test_a_group_cannot_be_created_twice(hosting: Hosting) -> None:
    group(hosting, "Doubled")

    with refused("ValidationException", f"Model Package Group already exists: {arn('model-package-group/doubled')}"):
        group(hosting, "doubled")


@pytest.mark.parametrize("resource", ["Endpoint", "ModelPackage", "ModelPackageGroup"])
def test_an_unsupported_search_is_refused(hosting: Hosting, resource: str) -> None:
    message = f"The local AWS does not model this: Search for resources of type {resource}"

    with refused("NotImplemented", message):
        hosting.sagemaker.search(Resource=resource)


def test_the_latest_approved_version_is_the_first_in_descending_order(hosting: Hosting) -> None:
    group(hosting, "latest-approved")
    approved = [version(hosting, "latest-approved", ModelApprovalStatus="Approved") for _ in range(3)]
    version(hosting, "latest-approved", ModelApprovalStatus="Rejected")

    page = hosting.sagemaker.list_model_packages(
        ModelPackageGroupName="latest-approved",
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )

    assert [package["ModelPackageArn"] for package in page["ModelPackageSummaryList"]] == approved[-1:]
    assert page["NextToken"]
