"""Endpoints over time: creation, deletion, and refusals during an operation."""

from typing import Any

import pytest

from local_aws import until
from support.hosting import Hosting, arn, refused

PING_FAILED = (
    "The primary container for production variant AllTraffic did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint."
)


def seconds_in_creation(endpoint: dict[str, Any]) -> float:
    return float((endpoint["LastModifiedTime"] - endpoint["CreationTime"]).total_seconds())


def test_an_endpoint_on_instances_is_in_service_seven_minutes_after_its_creation(hosting: Hosting) -> None:
    hosting.endpoint("seven-minutes")

    endpoint = hosting.describe("seven-minutes")

    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "seven-minutes-1")
    assert seconds_in_creation(endpoint) == pytest.approx(420, abs=0.1)
    assert "PendingDeploymentSummary" not in endpoint


def test_a_serverless_endpoint_is_in_service_after_three_minutes(hosting: Hosting) -> None:
    variant = hosting.serverless_variant(hosting.model("three-minutes-model"))

    hosting.endpoint("three-minutes", variant)

    endpoint = hosting.describe("three-minutes")
    assert seconds_in_creation(endpoint) == pytest.approx(180, abs=0.1)
    (described,) = endpoint["ProductionVariants"]
    assert described["CurrentServerlessConfig"] == variant["ServerlessConfig"]
    assert described["DesiredServerlessConfig"] == variant["ServerlessConfig"]
    assert "CurrentInstanceCount" not in described


def test_an_endpoint_in_creation_has_pending_variants_and_no_live_ones(hosting: Hosting) -> None:
    hosting.config("in-creation-1")
    with hosting.standing_still():
        hosting.sagemaker.create_endpoint(EndpointName="in-creation", EndpointConfigName="in-creation-1")

        endpoint = hosting.describe("in-creation")

    assert endpoint["EndpointStatus"] == "Creating"
    assert "ProductionVariants" not in endpoint
    pending = endpoint["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == "in-creation-1"
    (variant,) = pending["ProductionVariants"]
    assert [status["Status"] for status in variant["VariantStatus"]] == ["Creating"]
    assert (variant["InstanceType"], variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (
        "ml.m5.large",
        0,
        1,
    )


def test_an_endpoint_in_service_is_described_with_images_weights_and_counts(hosting: Hosting) -> None:
    first, second = hosting.model("detailed-a"), hosting.model("detailed-b")
    routing = {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    hosting.endpoint(
        "detailed",
        hosting.variant(first, "blue", InitialInstanceCount=2, InitialVariantWeight=0.8, RoutingConfig=routing),
        hosting.variant(second, "green", InitialVariantWeight=0.2),
    )

    blue, green = hosting.describe("detailed")["ProductionVariants"]

    assert (blue["CurrentInstanceCount"], blue["DesiredInstanceCount"]) == (2, 2)
    assert (blue["CurrentWeight"], green["DesiredWeight"]) == (pytest.approx(0.8), pytest.approx(0.2))
    assert blue["RoutingConfig"] == routing
    (image,) = blue["DeployedImages"]
    assert image["ResolvedImage"].startswith(image["SpecifiedImage"].removesuffix(":1") + "@sha256:")


def test_data_capture_and_asynchronous_inference_are_described_as_configured(hosting: Hosting) -> None:
    variant = hosting.variant(hosting.model("captured-model"))
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 30,
        "DestinationS3Uri": "s3://captured/here",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    asynchronous = {"OutputConfig": {"S3OutputPath": "s3://captured/answers"}}
    hosting.config("captured-1", variant, DataCaptureConfig=capture, AsyncInferenceConfig=asynchronous)
    hosting.sagemaker.create_endpoint(EndpointName="captured", EndpointConfigName="captured-1")

    endpoint = hosting.wait("captured")

    assert endpoint["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 30,
        "DestinationS3Uri": "s3://captured/here",
        "KmsKeyId": "",
    }
    assert endpoint["AsyncInferenceConfig"] == asynchronous


def test_a_failed_creation_can_only_be_deleted(hosting: Hosting) -> None:
    hosting.config("failing-1")
    hosting.script("failing", "create", "fails", afterSeconds=90)
    hosting.sagemaker.create_endpoint(EndpointName="failing", EndpointConfigName="failing-1")

    endpoint = hosting.wait("failing", "Failed")

    assert endpoint["FailureReason"] == PING_FAILED
    assert seconds_in_creation(endpoint) == pytest.approx(90, abs=0.1)
    message = (
        f'Cannot update endpoint "{arn("endpoint/failing")}" in status Failed. '
        "DeleteEndpoint is the only operation that can be performed on a failed endpoint."
    )
    with refused("ValidationException", message):
        hosting.sagemaker.update_endpoint(EndpointName="failing", EndpointConfigName="failing-1")
    hosting.sagemaker.delete_endpoint(EndpointName="failing")
    until(lambda: not hosting.exists("failing"))


@pytest.mark.parametrize("operation", ["create", "update"])
def test_an_endpoint_in_progress_refuses_updates_scaling_and_deletion(hosting: Hosting, operation: str) -> None:
    name = f"Busy-{operation}"
    hosting.config(f"{name}-1")
    if operation == "update":
        hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
        hosting.wait(name)
    hosting.script(name, operation, "never_finishes")
    begin = getattr(hosting.sagemaker, f"{operation}_endpoint")
    begin(EndpointName=name, EndpointConfigName=f"{name}-1")

    message = f'Cannot update in-progress endpoint "{arn(f"endpoint/busy-{operation}")}".'

    with refused("ValidationException", message):
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    with refused("ValidationException", message):
        hosting.sagemaker.delete_endpoint(EndpointName=name)
    with refused("ValidationException", message):
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredWeight": 1}]
        )


def test_a_name_is_taken_in_any_case_until_the_deletion_ends(hosting: Hosting) -> None:
    hosting.endpoint("Taken")
    message = f'Cannot create already existing endpoint "{arn("endpoint/taken")}".'

    with refused("ValidationException", message):
        hosting.sagemaker.create_endpoint(EndpointName="tAKEN", EndpointConfigName="Taken-1")
    with hosting.standing_still():
        hosting.sagemaker.delete_endpoint(EndpointName="Taken")
        assert hosting.status("Taken") == "Deleting"
        with refused("ValidationException", message):
            hosting.sagemaker.create_endpoint(EndpointName="Taken", EndpointConfigName="Taken-1")

    until(lambda: not hosting.exists("Taken"))
    hosting.sagemaker.create_endpoint(EndpointName="Taken", EndpointConfigName="Taken-1")
    assert hosting.status("Taken") in ("Creating", "InService")


def test_a_deletion_that_fails_leaves_a_failed_endpoint(hosting: Hosting) -> None:
    hosting.endpoint("clinging")
    hosting.script("clinging", "delete", "fails")

    hosting.sagemaker.delete_endpoint(EndpointName="clinging")

    endpoint = hosting.wait("clinging", "Failed")
    assert endpoint["FailureReason"] == "The resources of the endpoint could not be deleted. Please try again."


@pytest.mark.parametrize("operation", ["describe_endpoint", "delete_endpoint"])
def test_a_missing_endpoint_is_a_validation_error_with_its_arn(hosting: Hosting, operation: str) -> None:
    with refused("ValidationException", f'Could not find endpoint "{arn("endpoint/no-such")}".'):
        getattr(hosting.sagemaker, operation)(EndpointName="No-Such")


def test_a_missing_endpoint_cannot_be_updated(hosting: Hosting) -> None:
    hosting.config("for-nobody")

    with refused("ValidationException", f'Could not find endpoint "{arn("endpoint/no-such")}".'):
        hosting.sagemaker.update_endpoint(EndpointName="no-such", EndpointConfigName="for-nobody")


def test_an_endpoint_needs_a_config_and_the_config_its_model(hosting: Hosting) -> None:
    config = f'Could not find endpoint configuration "{arn("endpoint-config/no-such")}".'
    with refused("ValidationException", config):
        hosting.sagemaker.create_endpoint(EndpointName="headless", EndpointConfigName="No-Such")

    hosting.config("modelless-1")
    hosting.sagemaker.delete_model(ModelName="modelless-1-model")
    with refused("ValidationException", f'Could not find model "{arn("model/modelless-1-model")}".'):
        hosting.sagemaker.create_endpoint(EndpointName="modelless", EndpointConfigName="modelless-1")
    assert not hosting.exists("modelless")


def test_endpoints_are_listed_newest_first_ten_to_a_page_by_name_and_status(hosting: Hosting) -> None:
    hosting.config("listed-1")
    names = [f"listed-{number:02}" for number in range(12)]
    for name in names:
        hosting.script(name, "create", "never_finishes")
        hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="listed-1")

    first = hosting.sagemaker.list_endpoints(NameContains="LISTED")
    second = hosting.sagemaker.list_endpoints(NameContains="listed", NextToken=first["NextToken"])
    in_service = hosting.sagemaker.list_endpoints(NameContains="listed", StatusEquals="InService")

    listed = [endpoint["EndpointName"] for page in (first, second) for endpoint in page["Endpoints"]]
    assert listed == names[::-1]
    assert len(first["Endpoints"]) == 10
    assert "NextToken" not in second
    assert in_service["Endpoints"] == []
