"""Models: their description, and the refusals of CreateModel."""

from typing import Any

import pytest

from support.functions import make_role
from support.hosting import ARTIFACT, BUCKET, IMAGE, ROLE_ARN, Hosting, arn, refused


def test_a_model_is_described_as_requested(hosting: Hosting) -> None:
    hosting.model("Described", PrimaryContainer={"Image": IMAGE, "Environment": {"A": "b"}}, Tags=[])

    described = hosting.sagemaker.describe_model(ModelName="Described")

    assert described["ModelArn"] == arn("model/described")
    assert described["ExecutionRoleArn"] == ROLE_ARN
    assert described["PrimaryContainer"] == {"Image": IMAGE, "Mode": "SingleModel", "Environment": {"A": "b"}}
    assert described["EnableNetworkIsolation"] is False


def test_a_pipeline_is_described_with_its_containers(hosting: Hosting) -> None:
    hosting.sagemaker.create_model(
        ModelName="pipeline",
        ExecutionRoleArn=ROLE_ARN,
        Containers=[{"Image": IMAGE, "ContainerHostname": name} for name in ("first", "second")],
    )

    described = hosting.sagemaker.describe_model(ModelName="pipeline")

    assert "PrimaryContainer" not in described
    assert [container.get("ContainerHostname") for container in described["Containers"]] == ["first", "second"]
    assert described["InferenceExecutionConfig"] == {"Mode": "Serial"}


def test_an_image_of_a_private_registry_is_accepted(hosting: Hosting) -> None:
    container = {"Image": "registry.example.com/scoring:1", "ImageConfig": {"RepositoryAccessMode": "Vpc"}}

    hosting.model("private-image", PrimaryContainer=container)

    assert (
        hosting.sagemaker.describe_model(ModelName="private-image")["PrimaryContainer"]["Image"] == container["Image"]
    )


def test_a_model_cannot_be_created_twice(hosting: Hosting) -> None:
    hosting.model("Unique")

    with refused("ValidationException", f'Cannot create already existing model "{arn("model/unique")}".'):
        hosting.model("unique")


@pytest.mark.parametrize("operation", ["describe_model", "delete_model"])
def test_a_missing_model_is_a_validation_error_with_its_arn(hosting: Hosting, operation: str) -> None:
    with refused("ValidationException", f'Could not find model "{arn("model/no-such")}".'):
        getattr(hosting.sagemaker, operation)(ModelName="No-Such")


def test_a_deleted_model_does_not_exist(hosting: Hosting) -> None:
    hosting.model("deleted")

    hosting.sagemaker.delete_model(ModelName="deleted")

    assert hosting.sagemaker.list_models(NameContains="deleted")["Models"] == []


def source(**changes: str) -> dict[str, Any]:
    """A ModelDataSource, by default of all objects below a prefix."""
    given = {"S3Uri": f"s3://{BUCKET}/tree/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    return {"S3DataSource": given | changes}


LARGE = {f"KEY_{number:02}": "x" * 1020 for number in range(16)}
LOGIN = {"RepositoryCredentialsProviderArn": "arn:aws:lambda:eu-west-1:123456789012:function:login"}
PLATFORM_WITH_LOGIN = {"RepositoryAccessMode": "Platform", "RepositoryAuthConfig": LOGIN}
FAR_IMAGE = IMAGE.replace("eu-west-1", "us-east-1")
EITHER = "Specify one of either Image and Model Data URL or ModelPackageName in container definition."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "Specify exactly one of PrimaryContainer and Containers."),
        (
            {"PrimaryContainer": {"Image": IMAGE}, "Containers": [{"Image": IMAGE}]},
            "Specify exactly one of PrimaryContainer and Containers.",
        ),
        ({"PrimaryContainer": {"Image": IMAGE, "ModelPackageName": "p"}}, EITHER),
        ({"PrimaryContainer": {"Environment": {}}}, EITHER),
        (
            {"PrimaryContainer": {"ModelDataUrl": "s3://b/k"}},
            "Image is required in container definition without ModelPackageName.",
        ),
        ({"PrimaryContainer": {"ModelPackageName": "p", "ModelDataSource": source()}}, EITHER),
        (
            {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": ARTIFACT, "ModelDataSource": source()}},
            "Specify only one of ModelDataUrl and ModelDataSource in container definition.",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE, "InferenceSpecificationName": "fast"}},
            "InferenceSpecificationName requires ModelPackageName in container definition.",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE, "Mode": "MultiModel", "ModelDataSource": source()}},
            "ModelDataSource cannot be used with multi-model endpoints.",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE, "Mode": "MultiModel"}},
            "ModelDataUrl is required in container definition of Mode MultiModel.",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE, "ImageConfig": PLATFORM_WITH_LOGIN}},
            "RepositoryAuthConfig can only be specified with RepositoryAccessMode Vpc.",
        ),
        (
            {"PrimaryContainer": {"Image": "docker.io/scoring:1"}},
            'Using non-ECR image "docker.io/scoring:1" without Vpc repository access mode is not supported.',
        ),
        (
            {"PrimaryContainer": {"Image": FAR_IMAGE}},
            f'Region of "{FAR_IMAGE}" does not match expected region of eu-west-1. Cross region ECR image pulls are '
            "not allowed.",
        ),
        (
            {"Containers": [{"Image": IMAGE, "ContainerHostname": "first"}, {"Image": IMAGE}]},
            "ContainerHostname must be specified for every container or for none.",
        ),
        (
            {"Containers": [{"Image": IMAGE}] * 2, "InferenceExecutionConfig": {"Mode": "Direct"}},
            "ContainerHostname is required for every container when the inference mode is Direct.",
        ),
        (
            {"Containers": [{"Image": IMAGE, "ContainerHostname": "same"}] * 2},
            "ContainerHostname must be unique for each container.",
        ),
        (
            {"Containers": [{"Image": IMAGE, "Environment": LARGE}] * 2},
            "The keys and values of all environment maps have 32832 bytes. The maximum is 32768.",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE, "ModelDataSource": source(S3Uri=f"s3://{BUCKET}/a")}},
            f"S3Uri s3://{BUCKET}/a of S3DataType S3Prefix must end with a forward slash (/).",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE, "ModelDataSource": source(CompressionType="Gzip")}},
            "CompressionType Gzip is only supported for S3DataType S3Object.",
        ),
        (
            {"PrimaryContainer": {"ModelPackageName": "no-such"}},
            f"ModelPackage {arn('model-package/no-such')} does not exist.",
        ),
    ],
)
def test_containers_that_contradict_each_other_are_refused(
    hosting: Hosting, content: dict[str, Any], message: str
) -> None:
    with refused("ValidationException", message):
        hosting.sagemaker.create_model(ModelName="contradictory", ExecutionRoleArn=ROLE_ARN, **content)


@pytest.mark.parametrize("role", ["no-such-role", "role-of-another-service"])
def test_a_role_that_sagemaker_cannot_assume_is_refused(hosting: Hosting, role: str) -> None:
    if role == "role-of-another-service":
        make_role(hosting.aws, role, service="ec2.amazonaws.com")
    role_arn = ROLE_ARN.rsplit("/", 1)[0] + f"/{role}"

    message = (
        f'The execution role ARN "{role_arn}" is invalid. Please ensure that the role exists and that its trust '
        'relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com".'
    )
    with refused("ValidationException", message):
        hosting.model("roleless", ExecutionRoleArn=role_arn)


def test_an_invalid_role_arn_is_refused(hosting: Hosting) -> None:
    with refused(
        "ValidationException",
        "1 validation error detected: Value 'a role with spaces in it' at 'executionRoleArn' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: arn:aws[a-z\-]*:iam::\d{12}:role/?"
        r"[a-zA-Z_0-9+=,.@\-_/]+",
    ):
        hosting.model("unroled", ExecutionRoleArn="a role with spaces in it")
