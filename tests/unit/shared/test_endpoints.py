from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared import endpoints
from shared.errors import ServiceUnavailable
from tests.unit.fakes import SESSION, FakeSageMaker, client_error

PREFIX = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/"


@pytest.mark.parametrize("describe", [endpoints.describe_endpoint, endpoints.describe_config, endpoints.describe_model])
def test_a_resource_that_sagemaker_does_not_find_is_none(describe) -> None:  # type: ignore[no-untyped-def]
    assert describe(FakeSageMaker(), "does-not-exist") is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", "Could not find out: User is not authorized to perform: sagemaker:DescribeEndpoint"),
        ("ValidationException", "1 validation error detected: Value at 'endpointName' failed to satisfy constraint"),
        ("ThrottlingException", "Rate exceeded"),
    ],
)
def test_no_other_error_counts_as_missing(code: str, message: str) -> None:
    sagemaker = FakeSageMaker()
    sagemaker.errors["DescribeEndpoint"] = client_error(code, message)

    with pytest.raises(ClientError, match=code):
        endpoints.describe_endpoint(sagemaker, "test-endpoint")


def test_a_denied_deletion_is_done_if_the_resource_does_not_exist() -> None:
    # a missing resource has no tag, and only resources with Slipway's tag may be deleted
    denied = client_error("AccessDeniedException", "no identity-based policy allows it", "DeleteModel")
    sagemaker = FakeSageMaker()
    sagemaker.models.add("m")

    assert endpoints.is_gone(sagemaker, denied, ModelName="gone")
    assert endpoints.is_gone(sagemaker, denied, EndpointConfigName="gone")
    assert endpoints.is_gone(sagemaker, denied, EndpointName="gone")
    assert not endpoints.is_gone(sagemaker, denied, ModelName="m")


def test_the_statuses_are_the_nine_of_sagemaker() -> None:
    shape = SESSION.get_service_model("sagemaker").shape_for("EndpointStatus")

    assert set(shape.metadata["enum"]) == endpoints.STATUSES


def test_the_creator_is_the_execution_in_the_tag() -> None:
    sagemaker = FakeSageMaker()
    sagemaker.tags[f"{PREFIX}ours"] = "execution-1"

    assert endpoints.is_created_by(sagemaker, f"{PREFIX}ours", "execution-1")
    assert not endpoints.is_created_by(sagemaker, f"{PREFIX}ours", "execution-2")
    assert not endpoints.is_created_by(sagemaker, f"{PREFIX}theirs", "execution-1")


def test_the_tag_is_found_on_every_page() -> None:
    class Pages(FakeSageMaker):
        def get_paginator(self, method: str):  # type: ignore[no-untyped-def]
            class Paginator:
                def paginate(self, **_: str):  # type: ignore[no-untyped-def]
                    yield {"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(50)]}
                    yield {"Tags": [{"Key": "slipway:execution", "Value": "execution-1"}]}

            return Paginator()

    assert endpoints.is_created_by(Pages(), "arn", "execution-1")


@pytest.mark.parametrize("describe", ["describe_endpoint", "describe_config", "describe_model"])
def test_a_malformed_response_does_not_count_as_a_resource_that_uses_nothing(describe: str) -> None:
    class Garbled:
        def __getattr__(self, operation: str) -> Any:
            return lambda **_: {"ResponseMetadata": {"HTTPStatusCode": 200}}

    with pytest.raises(ServiceUnavailable, match="answer about churn is malformed"):
        getattr(endpoints, describe)(Garbled(), "churn")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("Churn-1", "churn-1", True), ("churn-1", "churn-2", False), (None, None, True), (None, "churn", False)],
)
def test_names_are_compared_as_sagemaker_compares_them(one: str | None, other: str | None, *, same: bool) -> None:
    assert endpoints.same_name(one, other) is same
