"""What tests need in S3 and in the model is checked while planning."""

from typing import Any

import pytest

from plan_deployment.endpoint_tests import require_readable, require_targets
from shared.errors import InvalidRequest
from tests.unit.fakes import FakeS3

KEY, URI = "golden/rows.csv", "s3://artifacts/golden/rows.csv"
VARIANT = {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
SERVERLESS = {"VariantName": "A", "ModelName": "m", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
ANSWERS = {"S3OutputPath": "s3://artifacts/answers/", "S3FailurePath": "s3://artifacts/failures/"}


def read(s3: FakeS3, uri: str = URI, variant: dict[str, Any] = VARIANT, **config: Any) -> None:
    tests = [{"name": "inline", "body": 1}, {"name": "stored", "bodyLocation": uri}]
    require_readable(tests, {"ProductionVariants": [variant], **config}, lambda: s3, ("artifacts",), "eu-west-1")


def refused(s3: FakeS3, uri: str = URI, variant: dict[str, Any] = VARIANT, **config: Any) -> str:
    with pytest.raises(InvalidRequest) as raised:
        read(s3, uri, variant, **config)
    first, *faults = str(raised.value).splitlines()
    assert first == f"The request has {len(faults)} fault{'s' * (len(faults) != 1)}:"
    return "\n".join(faults)


def test_a_body_is_listed_and_not_read() -> None:
    s3 = FakeS3(**{KEY: b"1,2"})

    read(s3)

    assert [operation for operation, _ in s3.calls] == ["HeadBucket", "ListObjectsV2"]


def test_without_a_body_in_s3_nothing_is_read() -> None:
    def unexpected() -> Any:
        raise AssertionError("S3 is asked")

    require_readable([{"name": "inline", "body": 1}], {"ProductionVariants": [VARIANT]}, unexpected, (), "eu-west-1")


def test_a_missing_body_is_refused() -> None:
    assert refused(FakeS3()).startswith(f"- /test/1/bodyLocation: there is no {URI}. ")


def test_a_body_in_a_bucket_that_the_stack_may_not_read_is_refused() -> None:
    assert refused(FakeS3(), "s3://other/rows.csv").startswith(
        "- /test/1/bodyLocation: the stack cannot read artifacts in the bucket other. Deploy the stack with the bucket"
    )


@pytest.mark.parametrize(("variant", "most"), [(VARIANT, 6 * 1024 * 1024), (SERVERLESS, 4 * 1024 * 1024)])
def test_a_body_that_is_larger_than_a_request_is_refused(variant: dict[str, Any], most: int) -> None:
    read(FakeS3(**{KEY: b"x" * most}), variant=variant)

    assert refused(FakeS3(**{KEY: b"x" * (most + 1)}), variant=variant) == (
        f"- /test/1/bodyLocation: {URI} has {most + 1} bytes, and the endpoint takes at most {most} in a request. "
        "Name a smaller body."
    )


def test_an_asynchronous_endpoint_takes_larger_bodies() -> None:
    s3 = FakeS3(**{KEY: b"x" * (6 * 1024 * 1024 + 1)})

    read(s3, AsyncInferenceConfig={"OutputConfig": ANSWERS})


@pytest.mark.parametrize("member", ["S3OutputPath", "S3FailurePath"])
def test_answers_in_a_bucket_that_the_stack_may_not_read_are_refused(member: str) -> None:
    config = {"OutputConfig": ANSWERS | {member: "s3://other/answers/"}}

    assert refused(FakeS3(**{KEY: b"1"}), AsyncInferenceConfig=config) == (
        f"- /asyncInferenceConfig/OutputConfig/{member}: the tests cannot read answers in the bucket other. Deploy the "
        "stack with the bucket in the parameter ArtifactBuckets."
    )


ONE = {"PrimaryContainer": {"Image": "i"}}
MANY = {"PrimaryContainer": {"Image": "i", "Mode": "MultiModel"}}
DIRECT = {
    "Containers": [{"Image": "i", "ContainerHostname": "a"}, {"Image": "i", "ContainerHostname": "b"}],
    "InferenceExecutionConfig": {"Mode": "Direct"},
}
PACKAGED = {"PrimaryContainer": {"ModelPackageName": "arn"}}


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (ONE, {}),
        (MANY, {"targetModel": "m.tar.gz"}),
        (DIRECT, {"targetContainerHostname": "b"}),
        (PACKAGED, {}),
        (PACKAGED, {"targetModel": "m.tar.gz"}),
    ],
)
def test_a_test_with_the_target_that_its_model_needs_is_accepted(model: dict[str, Any], target: dict[str, str]) -> None:
    require_targets([{"name": "t", "body": 1, **target}], {"ProductionVariants": [VARIANT]}, {"m": model})


@pytest.mark.parametrize(
    ("model", "target", "fault"),
    [
        (MANY, {}, "targetModel: is missing, and variant A has many models. Name one of them."),
        (ONE, {"targetModel": "m.tar.gz"}, "targetModel: variant A has one model. Remove it."),
        (
            DIRECT,
            {},
            "targetContainerHostname: is missing, and a request names a container of variant A. Give one of a, b.",
        ),
        (
            DIRECT,
            {"targetContainerHostname": "c"},
            "targetContainerHostname: does not name a container of variant A. Give one of a, b.",
        ),
        (
            ONE,
            {"targetContainerHostname": "a"},
            "targetContainerHostname: the containers of variant A are not invoked directly. Remove it.",
        ),
    ],
)
def test_a_target_that_sagemaker_would_refuse_is_refused(
    model: dict[str, Any], target: dict[str, str], fault: str
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        require_targets([{"name": "t", "body": 1, **target}], {"ProductionVariants": [VARIANT]}, {"m": model})

    assert str(raised.value) == f"The request has 1 fault:\n- /test/0/{fault}"
