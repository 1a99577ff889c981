"""Endpoint configs: their description, and the refusals of CreateEndpointConfig."""

from typing import Any

import pytest

from support.hosting import ARTIFACT, BUCKET, IMAGE, ROLE_ARN, Hosting, arn, refused

CAPTURE = {
    "InitialSamplingPercentage": 1,
    "DestinationS3Uri": "s3://captured/here",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}
NETWORK = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}


@pytest.fixture(scope="module")
def model(hosting: Hosting) -> str:
    return hosting.model("Configured")


def test_a_config_is_described_as_requested_with_the_default_weight(hosting: Hosting, model: str) -> None:
    hosting.config("Plain", hosting.variant(model, VolumeSizeInGB=8), DataCaptureConfig=CAPTURE)

    described = hosting.sagemaker.describe_endpoint_config(EndpointConfigName="Plain")

    assert described["EndpointConfigArn"] == arn("endpoint-config/plain")
    assert described["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": model,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1.0,
            "VolumeSizeInGB": 8,
        }
    ]
    assert described["DataCaptureConfig"] == CAPTURE
    assert described["EnableNetworkIsolation"] is False


def test_a_config_cannot_be_created_twice(hosting: Hosting, model: str) -> None:
    hosting.config("Once", hosting.variant(model))

    with refused(
        "ValidationException",
        f'Cannot create already existing endpoint configuration "{arn("endpoint-config/once")}".',
    ):
        hosting.config("ONCE", hosting.variant(model))


@pytest.mark.parametrize("operation", ["describe_endpoint_config", "delete_endpoint_config"])
def test_a_missing_config_is_a_validation_error_with_its_arn(hosting: Hosting, operation: str) -> None:
    message = f'Could not find endpoint configuration "{arn("endpoint-config/no-such")}".'
    with refused("ValidationException", message):
        getattr(hosting.sagemaker, operation)(EndpointConfigName="No-Such")


def test_a_config_in_use_can_be_deleted_and_the_endpoint_stays_in_service(hosting: Hosting) -> None:
    hosting.endpoint("serving-on")

    hosting.sagemaker.delete_endpoint_config(EndpointConfigName="serving-on-1")

    endpoint = hosting.describe("serving-on")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "serving-on-1")


def test_a_shadow_variant_is_deployed_with_its_production_variant(hosting: Hosting, model: str) -> None:
    hosting.config("shadowed-1", hosting.variant(model), ShadowProductionVariants=[hosting.variant(model, "Shadow")])
    hosting.sagemaker.create_endpoint(EndpointName="shadowed", EndpointConfigName="shadowed-1")

    endpoint = hosting.wait("shadowed")

    assert [variant["VariantName"] for variant in endpoint["ProductionVariants"]] == ["AllTraffic"]
    assert [variant["VariantName"] for variant in endpoint["ShadowProductionVariants"]] == ["Shadow"]


def test_configs_are_listed_by_part_of_their_name(hosting: Hosting, model: str) -> None:
    for number in range(3):
        hosting.config(f"in-a-list-{number}", hosting.variant(model))

    listed = hosting.sagemaker.list_endpoint_configs(NameContains="in-a-list", SortBy="Name", SortOrder="Ascending")

    names = [config["EndpointConfigName"] for config in listed["EndpointConfigs"]]
    assert names == ["in-a-list-0", "in-a-list-1", "in-a-list-2"]


REFUSED_VARIANTS: dict[str, tuple[dict[str, Any], str]] = {
    "retired accelerator": (
        {"AcceleratorType": "ml.eia1.medium"},
        'AcceleratorType of variant "AllTraffic" is no longer supported. Elastic Inference is no longer available.',
    ),
    "managed scaling": (
        {"ManagedInstanceScaling": {"Status": "ENABLED"}},
        "ManagedInstanceScaling is only supported for inference component endpoints.",
    ),
    "no instance type": (
        {"InstanceType": None},
        'InstanceType of variant "AllTraffic" is required, unless it has a ServerlessConfig.',
    ),
    "no instance count": (
        {"InitialInstanceCount": None},
        'InitialInstanceCount of variant "AllTraffic" is required, unless it has a ServerlessConfig.',
    ),
    "no model": (
        {"ModelName": None},
        'ModelName of variant "AllTraffic" is required, unless the endpoint configuration has an ExecutionRoleArn.',
    ),
    "missing model": (
        {"ModelName": "No-Such"},
        f'Could not find model "{arn("model/no-such")}".',
    ),
    "serverless on instances": (
        {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}},
        "InstanceType cannot be specified together with ServerlessConfig.",
    ),
}


@pytest.mark.parametrize("case", REFUSED_VARIANTS)
def test_an_invalid_variant_is_refused(hosting: Hosting, model: str, case: str) -> None:
    change, message = REFUSED_VARIANTS[case]
    variant = {**hosting.variant(model), **change}

    with refused("ValidationException", message):
        hosting.unchecked.create_endpoint_config(EndpointConfigName="impossible", ProductionVariants=[variant])

    with refused(
        "ValidationException", f'Could not find endpoint configuration "{arn("endpoint-config/impossible")}".'
    ):
        hosting.sagemaker.describe_endpoint_config(EndpointConfigName="impossible")


def test_types_with_local_storage_accept_no_volume_size_and_no_key(hosting: Hosting, model: str) -> None:
    gpu = {**hosting.variant(model), "InstanceType": "ml.g5.xlarge"}

    message = "VolumeSize parameter is not allowed for the selected Instance type ml.g5.xlarge."
    with refused("ValidationException", message):
        hosting.config("sized", gpu | {"VolumeSizeInGB": 256})
    message = "KmsKeyId cannot be specified for ml.g5.xlarge, which has local instance storage."
    with refused("ValidationException", message):
        hosting.config("encrypted", gpu, KmsKeyId="alias/models")
    hosting.config("encrypted", hosting.variant(model, VolumeSizeInGB=8), KmsKeyId="alias/models")


def test_variants_that_share_a_name_are_refused(hosting: Hosting, model: str) -> None:
    with refused("ValidationException", 'The variant name "twin" was non-unique within the request.'):
        hosting.config("twins", hosting.variant(model, "twin"), hosting.variant(model, "twin"))


def test_two_production_variants_cannot_have_a_shadow_variant(hosting: Hosting, model: str) -> None:
    message = (
        "An endpoint configuration with ShadowProductionVariants must have exactly one production variant and "
        "exactly one shadow variant."
    )
    with refused("ValidationException", message):
        hosting.config(
            "crowded",
            hosting.variant(model, "a"),
            hosting.variant(model, "b"),
            ShadowProductionVariants=[hosting.variant(model, "c")],
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"CapacityReservationConfig": {"CapacityReservationPreference": "capacity-reservations-only"}},
            "The local AWS does not model this: CapacityReservationConfig of production variants",
        ),
    ],
)
def test_an_unsupported_config_is_refused(hosting: Hosting, model: str, change: dict[str, Any], message: str) -> None:
    variant = {**hosting.variant(model), **change}

    with refused("NotImplemented", message):
        hosting.unchecked.create_endpoint_config(
            EndpointConfigName="beyond", ProductionVariants=[variant], ExecutionRoleArn=ROLE_ARN
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"DataCaptureConfig": CAPTURE}, "Serverless endpoints do not support DataCaptureConfig."),
        (
            {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://out/put"}}},
            "Serverless endpoints do not support AsyncInferenceConfig.",
        ),
        ({"VpcConfig": NETWORK}, "Serverless endpoints do not support VpcConfig."),
        ({"EnableNetworkIsolation": True}, "Serverless endpoints do not support EnableNetworkIsolation."),
    ],
)
def test_serverless_excludes_features(hosting: Hosting, model: str, change: dict[str, Any], message: str) -> None:
    with refused("ValidationException", message):
        hosting.config("excluding", hosting.serverless_variant(model), **change)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (
            {"MemorySizeInMB": 1536},
            "MemorySizeInMB is 1536. Valid values are in 1 GB increments: 1024 MB, 2048 MB, 3072 MB, 4096 MB, "
            "5120 MB, or 6144 MB.",
        ),
        (
            {"MaxConcurrency": 4, "ProvisionedConcurrency": 5},
            "ProvisionedConcurrency (5) must be less than or equal to MaxConcurrency (4).",
        ),
    ],
)
def test_serverless_sizes_are_checked(hosting: Hosting, model: str, sizes: dict[str, int], message: str) -> None:
    with refused("ValidationException", message):
        hosting.config("oversized", hosting.serverless_variant(model, **sizes))


def test_serverless_has_one_variant(hosting: Hosting, model: str) -> None:
    second = {**hosting.serverless_variant(model), "VariantName": "second"}

    with refused("ValidationException", "Serverless endpoints do not support multiple production variants."):
        hosting.config("two-serverless", hosting.serverless_variant(model), second)


SOURCE = {"S3DataSource": {"S3Uri": ARTIFACT, "S3DataType": "S3Object", "CompressionType": "Gzip"}}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"PrimaryContainer": {"Image": IMAGE}, "VpcConfig": NETWORK}, "VpcConfig"),
        ({"PrimaryContainer": {"Image": IMAGE}, "EnableNetworkIsolation": True}, "EnableNetworkIsolation"),
        (
            {"PrimaryContainer": {"Image": IMAGE, "Mode": "MultiModel", "ModelDataUrl": f"s3://{BUCKET}/"}},
            "multi-model containers",
        ),
        ({"Containers": [{"Image": IMAGE}, {"Image": IMAGE}]}, "inference pipelines"),
        ({"PrimaryContainer": {"Image": IMAGE, "ModelDataSource": SOURCE}}, "ModelDataSource"),
    ],
)
def test_serverless_excludes_models(hosting: Hosting, content: dict[str, Any], what: str) -> None:
    name = f"excluded-{what.split()[0]}"
    hosting.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE_ARN, **content)

    message = f'Serverless endpoints do not support {what}, which model "{arn(f"model/{name.lower()}")}" has.'
    with refused("ValidationException", message):
        hosting.config(f"{name}-config", hosting.serverless_variant(name))


def test_constraints_of_the_api_model_are_checked_first_and_all_at_once(hosting: Hosting) -> None:
    variants = [{"VariantName": "a_b", "ModelName": "no-such", "InstanceType": "ml.huge", "InitialInstanceCount": 0}]

    with pytest.raises(hosting.unchecked.exceptions.ClientError) as refusal:
        hosting.unchecked.create_endpoint_config(EndpointConfigName="unsound", ProductionVariants=variants)

    message = refusal.value.response["Error"]["Message"]
    assert message.startswith(
        "3 validation errors detected: Value 'a_b' at 'productionVariants.1.member.variantName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: "
    )
    assert (
        "; Value '0' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1; "
        "Value 'ml.huge' at 'productionVariants.1.member.instanceType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ml.t2.medium, "
    ) in message
