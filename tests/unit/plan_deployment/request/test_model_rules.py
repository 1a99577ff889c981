from typing import Any

import pytest

from plan_deployment.request.request import parse
from shared.errors import InvalidRequest
from tests.unit.plan_deployment.request.reading import MINIMAL, VARIANT, faults, read

SKLEARN = {"framework": "sklearn", "version": "1.9-0"}
ARTIFACT = {"artifact": "s3://artifacts/model.tar.gz", "image": SKLEARN}
PACKAGE = {"package": {"group": "churn", "version": 3}}
SOURCE = {"S3Uri": "s3://artifacts/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}


def request(**models: Any) -> dict[str, Any]:
    """A request with a variant for each model."""
    variants = [VARIANT | {"VariantName": key, "ModelName": key} for key in models]
    return {"endpointName": "e", "productionVariants": variants, "models": models}


@pytest.mark.parametrize(
    "model",
    [
        ARTIFACT,
        ARTIFACT | {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"},
        {"ModelDataSource": {"S3DataSource": SOURCE}, "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"},
        {"package": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/3"},
        {"package": {"group": "churn", "version": "latest-approved"}, "InferenceSpecificationName": "small"},
        {"trainingJob": "j"},
        {"tuningJob": "j", "image": SKLEARN},
        {
            "containers": [ARTIFACT, {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"}, PACKAGE],
            "mode": "serial",
        },
        {
            "multiModel": "s3://artifacts/",
            "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
            "MultiModelConfig": {"ModelCacheSetting": "Disabled"},
        },
        {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"},
        {"image": {"framework": "huggingface", "version": "4.49.0"}, "Environment": {"HF_MODEL_ID": "x/y"}},
        ARTIFACT | {"image": "registry.example.com/mine:1", "ImageConfig": {"RepositoryAccessMode": "Vpc"}},
        ARTIFACT | {"VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]}, "EnableNetworkIsolation": True},
    ],
)
def test_a_model_in_each_form_is_accepted(model: dict[str, Any]) -> None:
    assert read(request(m=model)).models == {"m": model}


@pytest.mark.parametrize(
    ("model", "pointer", "text"),
    [
        (ARTIFACT | {"trainingJob": "j"}, "", "has artifact and trainingJob. Keep one of them."),
        ({}, "", "does not say where the model is. Give one of artifact, ModelDataSource, package, trainingJob, tuni"),
        ({"image": SKLEARN}, "/artifact", "is missing, and the image of the framework has no model"),
        (
            {"artifact": "s3://b-1/m.tar.gz"},
            "/image",
            "is missing, and artifact needs it. Give the URI of an image, or",
        ),
        ({"multiModel": "s3://b-1/m/"}, "/image", "is missing, and multiModel needs it"),
        ({"ModelDataSource": {"S3DataSource": SOURCE}}, "/image", "is missing, and ModelDataSource needs it"),
        (
            PACKAGE | {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"},
            "/image",
            "comes from the package. Remove it.",
        ),
        (ARTIFACT | {"InferenceSpecificationName": "x"}, "/InferenceSpecificationName", "no effect without package"),
        (ARTIFACT | {"MultiModelConfig": {}}, "/MultiModelConfig", "has no effect without multiModel. Remove it."),
        (ARTIFACT | {"mode": "serial"}, "/mode", "has no effect without containers. Remove it."),
        ({"containers": [ARTIFACT], "Environment": {}}, "/Environment", "is for a single container. Move it into"),
        (
            {"containers": [ARTIFACT], "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"},
            "/image",
            "is for a single container. Move it into the contai",
        ),
        ({"containers": [ARTIFACT, {}]}, "/containers/1", "Give one of artifact, ModelDataSource, package, multiModel"),
        ({"containers": [{"artifact": "s3://b-1/m.tar.gz"}]}, "/containers/0/image", "is missing, and artifact needs"),
        (
            {"containers": [ARTIFACT | {"ContainerHostname": "a"}, ARTIFACT]},
            "/containers/1/ContainerHostname",
            "is missing, and another container has one",
        ),
        (
            {"containers": [ARTIFACT], "mode": "direct"},
            "/containers/0/ContainerHostname",
            "is missing, and a direct invocation names one. Give every container one.",
        ),
        (
            {"containers": [ARTIFACT | {"ContainerHostname": "a"}] * 2},
            "/containers/1/ContainerHostname",
            '"a" occurs twice. Give every container its own.',
        ),
        (
            {"ModelDataSource": {}, "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"},
            "/ModelDataSource/S3DataSource",
            "is missing. Give it, with the S3Uri",
        ),
        (
            {
                "ModelDataSource": {"S3DataSource": SOURCE | {"S3Uri": "s3://artifacts/m"}},
                "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
            },
            "/ModelDataSource/S3DataSource/S3Uri",
            "does not end in a slash, as a prefix does. End it with /.",
        ),
        (
            {
                "ModelDataSource": {"S3DataSource": SOURCE | {"S3Uri": "https://artifacts/m/"}},
                "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
            },
            "/ModelDataSource/S3DataSource/S3Uri",
            "is not a URI of S3. Begin it with s3://.",
        ),
        (
            {
                "ModelDataSource": {"S3DataSource": SOURCE | {"CompressionType": "Gzip"}},
                "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
            },
            "/ModelDataSource/S3DataSource/CompressionType",
            "Gzip is for a single archive, and S3DataType is S3Prefix",
        ),
        (ARTIFACT | {"artifact": "s3://b-1/model.zip"}, "/artifact", 'got "s3://b-1/model.zip"'),
        (ARTIFACT | {"artifact": "model.tar.gz"}, "/artifact", 'got "model.tar.gz"'),
        (ARTIFACT | {"image": {"framework": "sklearn"}}, "/image/version", "is missing. Give it: Version of the fram"),
        (
            ARTIFACT | {"image": {"framework": "skl", "version": "1"}},
            "/image/framework",
            'expected "xgboost", "sklearn"',
        ),
        (ARTIFACT | {"image": 3}, "/image", "expected a string or an object, got 3"),
        (
            {"package": {"group": "g", "version": "newest"}},
            "/package/version",
            "expected the number of an approved version",
        ),
        ({"package": {"group": "g", "version": 0}}, "/package/version", "expected at least 1, got 0"),
        ({"package": "churn"}, "/package", "expected the ARN of a model package, or an object with group and versi"),
        (ARTIFACT | {"modelDataUrl": "x"}, "/modelDataUrl", "is unknown here"),
        (
            ARTIFACT | {"image": "nginx:1"},
            "/image",
            "nginx:1 is not in Amazon ECR, and ImageConfig does not name a pri",
        ),
        (
            ARTIFACT | {"image": "nginx:1", "ImageConfig": {"RepositoryAccessMode": "Platform"}},
            "/image",
            "Give an image in ECR, or ImageConfig with RepositoryAccessMode Vpc.",
        ),
        (
            ARTIFACT | {"Environment": {f"A{number:02}": "é" * 1024 for number in range(16)}},
            "/Environment",
            "the variables have 32816 bytes, more than 32768. Put large values into the artifact.",
        ),
        (
            {"containers": [ARTIFACT | {"Environment": {f"A{n:02}": "x" * 1024 for n in range(16)}}] * 2},
            "/containers",
            "the variables have 32864 bytes, more than 32768",
        ),
        (ARTIFACT | {"Environment": {"A": 1}}, "/Environment/A", "expected a string"),
        ({"trainingJob": "a_b"}, "/trainingJob", 'got "a_b"'),
    ],
)
def test_a_fault_of_a_model_has_its_place_and_a_remedy(model: dict[str, Any], pointer: str, text: str) -> None:
    found = faults(request(m=model))

    assert list(found) == [f"/models/m{pointer}"]
    assert text in found[f"/models/m{pointer}"]


def test_a_model_that_no_variant_uses_is_a_fault() -> None:
    unused = MINIMAL | {"models": {"m": ARTIFACT, "n": ARTIFACT}}

    assert faults(unused) == {"/models/n": "no variant uses it. Name it in the ModelName of a variant, or remove it."}


def test_a_model_of_a_pool_is_used() -> None:
    pools = [{"InstanceType": "ml.m5.large", "Priority": 1, "ModelNameOverride": "m"}]

    assert read(
        MINIMAL
        | {
            "productionVariants": [{"VariantName": "v", "ModelName": "other", "InstancePools": pools}],
            "models": {"m": ARTIFACT},
        }
    )


@pytest.mark.parametrize("key", ["a_b", "-a", "a" * 49])
def test_a_key_that_cannot_begin_a_name_is_a_fault(key: str) -> None:
    with pytest.raises(InvalidRequest, match="/models: expected letters, digits and hyphens"):
        read(request(**{key: ARTIFACT}))


def test_all_faults_of_models_are_reported_with_those_of_other_fields() -> None:
    found = faults(
        request(m={"artifact": "x"}, n=PACKAGE | {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"})
        | {"deadlineSeconds": 1}
    )

    assert found.keys() == {"/models/m/artifact", "/models/m/image", "/models/n/image", "/deadlineSeconds"}


def test_a_profile_can_make_models_beside_the_approved_one() -> None:
    profile = request(m=ARTIFACT)
    profile["productionVariants"].append({name: value for name, value in VARIANT.items() if name != "ModelName"})

    assert parse(profile, subject="p", refusal=InvalidRequest, is_profile=True).models == {"m": ARTIFACT}


def test_a_secret_in_the_environment_is_not_repeated() -> None:
    assert "hunter2" not in str(faults(request(m=ARTIFACT | {"Environment": {"A": {"hunter2": 1}}})))
