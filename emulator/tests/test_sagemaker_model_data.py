"""Model data in S3: what CreateModel finds and reads with the model's execution role."""

from typing import Any

import pytest

from support.callers import Caller, allow, deny, document, make_role
from support.hosting import ARTIFACT, BUCKET, IMAGE, ROLE_ARN, Hosting, make_bucket, refused

OTHER = "210987654321"
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
TREE = {"S3DataSource": {"S3Uri": f"s3://{BUCKET}/tree/", "S3DataType": "S3Prefix", "CompressionType": "None"}}


def unreadable(uri: str, role_arn: str = ROLE_ARN) -> str:
    return (
        f'Could not access model data at {uri}. Please ensure that the role "{role_arn}" exists and that its trust '
        'relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". '
        'Also ensure that the role has "s3:GetObject" permissions and that the object is located in eu-west-1. If '
        "your Model uses multiple models or uncompressed models, please ensure that the role has "
        '"s3:ListBucket" permission.'
    )


def role(hosting: Hosting, *statements: dict[str, Any]) -> Caller:
    """A role that SageMaker can assume, with these statements."""
    return make_role(hosting.aws, *statements, trusts="sagemaker.amazonaws.com")


def create(hosting: Hosting, name: str, uri: str = ARTIFACT, role_arn: str = ROLE_ARN, **container: Any) -> None:
    data = {} if "ModelDataSource" in container else {"ModelDataUrl": uri}
    hosting.model(name, PrimaryContainer={"Image": IMAGE, **data, **container}, ExecutionRoleArn=role_arn)


def test_a_model_with_an_artifact_is_created_and_described(hosting: Hosting) -> None:
    create(hosting, "with-artifact")

    described = hosting.sagemaker.describe_model(ModelName="with-artifact")

    assert described["PrimaryContainer"]["ModelDataUrl"] == ARTIFACT


@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/no-such.tar.gz", f"s3://{BUCKET}/", "s3://no-such-bucket-1/m.tar.gz"])
def test_a_missing_artifact_is_refused(hosting: Hosting, uri: str) -> None:
    with refused("ValidationException", f"Could not find model data at {uri}."):
        create(hosting, "without-artifact", uri)


def test_a_deleted_artifact_of_a_versioned_bucket_is_missing(hosting: Hosting) -> None:
    bucket, s3 = make_bucket(hosting.aws, "versioned-models"), hosting.aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    uri = hosting.store("model.tar.gz", bucket)
    s3.delete_object(Bucket=bucket, Key="model.tar.gz")

    with refused("ValidationException", f"Could not find model data at {uri}."):
        create(hosting, "deleted-artifact", uri)


def test_an_artifact_that_the_role_may_not_read_is_refused(hosting: Hosting) -> None:
    lists, denied = role(hosting, allow("s3:ListBucket")), role(hosting, allow("s3:*"), deny("s3:GetObject", OBJECTS))

    for reader in (lists, denied):
        with refused("ValidationException", unreadable(ARTIFACT, reader.role_arn)):
            create(hosting, "unreadable-artifact", role_arn=reader.role_arn)


def test_a_role_that_may_not_list_the_bucket_is_not_told_that_the_artifact_is_missing(hosting: Hosting) -> None:
    uri, reader = f"s3://{BUCKET}/no-such.tar.gz", role(hosting, allow("s3:GetObject", OBJECTS))

    with refused("ValidationException", unreadable(uri, reader.role_arn)):
        create(hosting, "hidden-artifact", uri, reader.role_arn)


def test_the_role_needs_to_read_only_the_artifact(hosting: Hosting) -> None:
    reader = role(hosting, allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/model.tar.gz"))

    create(hosting, "narrowly-read", role_arn=reader.role_arn)

    session = reader.arn.replace("/tester", "/SageMaker")
    checks = [each for each in hosting.aws.get("calls") if each["principal"] == session]
    assert [(each["action"], each["verdict"]) for each in checks] == [("s3:GetObject", "allow")]


def test_an_artifact_in_another_region_is_refused(hosting: Hosting) -> None:
    uri = hosting.store("model.tar.gz", make_bucket(hosting.aws, "models-elsewhere", "eu-central-1"))

    with refused("ValidationException", unreadable(uri)):
        create(hosting, "far-artifact", uri)


def test_a_bucket_of_another_account_must_permit_the_role(hosting: Hosting) -> None:
    s3 = hosting.aws.client("s3", OTHER)
    s3.create_bucket(Bucket="models-of-others", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="models-of-others", Key="model.tar.gz")
    uri = "s3://models-of-others/model.tar.gz"
    with refused("ValidationException", unreadable(uri)):
        create(hosting, "foreign-artifact", uri)

    statement = allow("s3:GetObject", "arn:aws:s3:::models-of-others/*") | {"Principal": {"AWS": ROLE_ARN}}
    s3.put_bucket_policy(Bucket="models-of-others", Policy=document(statement))

    create(hosting, "foreign-artifact", uri)


def test_the_role_needs_the_key_of_an_encrypted_artifact(hosting: Hosting) -> None:
    key = hosting.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    uri = hosting.store("encrypted.tar.gz", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    reader = role(hosting, allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", key))

    create(hosting, "encrypted-artifact", uri, reader.role_arn)

    with refused("ValidationException", unreadable(uri)):
        create(hosting, "sealed-artifact", uri)


def test_an_uncompressed_model_and_a_multi_model_prefix_need_an_object_below_it(hosting: Hosting) -> None:
    for number, container in enumerate(({"ModelDataSource": TREE}, {"Mode": "MultiModel"})):
        prefix = f"s3://{BUCKET}/tree/"
        with refused("ValidationException", f"Could not find model data at {prefix}."):
            create(hosting, f"prefix-{number}", prefix, **container)

        hosting.store("tree/weights")
        create(hosting, f"prefix-{number}", prefix, **container)
        hosting.aws.client("s3").delete_object(Bucket=BUCKET, Key="tree/weights")


def test_a_prefix_needs_the_right_to_list_below_it(hosting: Hosting) -> None:
    hosting.store("many/one.tar.gz")
    prefix, objects = f"s3://{BUCKET}/many/", allow("s3:GetObject", OBJECTS)
    lists = allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", StringLike={"s3:prefix": "many/*"})
    without, narrow = role(hosting, objects), role(hosting, objects, lists)

    with refused("ValidationException", unreadable(prefix, without.role_arn)):
        create(hosting, "unlisted-models", prefix, without.role_arn, Mode="MultiModel")
    create(hosting, "listed-models", prefix, narrow.role_arn, Mode="MultiModel")


def test_the_data_of_every_container_of_a_package_are_checked(hosting: Hosting) -> None:
    missing = f"s3://{BUCKET}/not-packaged.tar.gz"
    containers = [{"Image": IMAGE, "ModelDataUrl": uri} for uri in (ARTIFACT, missing)]
    types = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    package = hosting.sagemaker.create_model_package(
        ModelPackageName="without-data", InferenceSpecification={"Containers": containers, **types}
    )["ModelPackageArn"]

    with refused("ValidationException", f"Could not find model data at {missing}."):
        hosting.model("of-a-package-without-data", PrimaryContainer={"ModelPackageName": package})


def test_an_unknown_inference_specification_of_a_package_is_refused(hosting: Hosting) -> None:
    types = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    package = hosting.sagemaker.create_model_package(
        ModelPackageName="specified", InferenceSpecification={"Containers": [{"Image": IMAGE}], **types}
    )["ModelPackageArn"]
    container = {"ModelPackageName": package, "InferenceSpecificationName": "fast"}

    with refused("ValidationException", f"Inference specification fast does not exist in {package}."):
        hosting.model("of-an-unknown-specification", PrimaryContainer=container)


def test_model_data_need_an_execution_role(hosting: Hosting) -> None:
    with refused("ValidationException", f"ExecutionRoleArn is required to access model data at {ARTIFACT}."):
        hosting.sagemaker.create_model(
            ModelName="roleless-data", PrimaryContainer={"Image": IMAGE, "ModelDataUrl": ARTIFACT}
        )


def test_a_role_that_sagemaker_may_assume_only_for_another_account_is_refused(hosting: Hosting) -> None:
    iam = hosting.aws.client("iam")
    trusting = {
        account: iam.create_role(
            RoleName=f"trusts-{account}",
            AssumeRolePolicyDocument=document(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                }
            ),
        )["Role"]["Arn"]
        for account in ("123456789012", OTHER)
    }

    hosting.model("trusted-for-the-account", ExecutionRoleArn=trusting["123456789012"])
    message = (
        f'The execution role ARN "{trusting[OTHER]}" is invalid. Please ensure that the role exists and that its trust '
        'relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com".'
    )
    with refused("ValidationException", message):
        hosting.model("trusted-for-another-account", ExecutionRoleArn=trusting[OTHER])
