"""A request for an endpoint that does not exist."""

from typing import Any

import pytest

from tests.support import project
from tests.support.deployment import Slipway

CREATE_PATH = [
    "Plan deployment",
    "Whose turn is it?",
    "Try deployment",
    "What is there to create?",
    "Create endpoint config",
    "Prepare endpoint",
    "What happens to the endpoint?",
    "Create endpoint",
    "Check endpoint",
    "Components in service?",
    "Register scaling",
    "What is there to test?",
    "Endpoint is ready",
    "Clean up",
    "Notify success",
]
ROLLBACK = ["Roll back", "Rolled back?", "Wait for rollback"]


def test_the_original_payload_of_the_field_creates_a_scaled_endpoint_in_service_and_is_notified(
    slipway: Slipway,
) -> None:
    request = project.event("deploy_endpoint")

    run = slipway.deploy(request)

    assert (run.status, run.path) == ("SUCCEEDED", CREATE_PATH)
    endpoint = slipway.endpoint("test-endpoint")
    assert endpoint is not None
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == run.output["endpointConfigName"]
    assert slipway.scaling("test-endpoint") == {
        "AllTraffic": (1, 4, [request["targetTrackingScalingPolicyConfiguration"]])
    }
    assert run.mutations("sagemaker") == ["CreateEndpointConfig", "CreateEndpoint"]
    assert run.message["topicArn"] == slipway.outputs["SuccessTopicArn"]
    assert run.message["attributes"]["endpoint"] == "test-endpoint"


def test_the_output_has_the_fields_that_a_next_state_uses(slipway: Slipway, request_for: Any) -> None:
    run = slipway.deploy(request_for("output-endpoint"))

    assert run.output["outcome"] == "SUCCEEDED"
    assert run.output["changed"] is True
    assert run.output["endpointName"] == "output-endpoint"
    assert run.output["endpointArn"] == "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/output-endpoint"
    assert run.output["messageId"] == run.message["messageId"]


def test_every_variant_is_scaled_and_gets_its_weight(slipway: Slipway) -> None:
    request = project.event("deploy_two_variants")

    run = slipway.deploy(request)

    assert run.status == "SUCCEEDED"
    names = [variant["VariantName"] for variant in request["productionVariants"]]
    assert sorted(slipway.scaling(request["endpointName"])) == sorted(names)
    endpoint = slipway.endpoint(request["endpointName"])
    assert endpoint is not None
    assert [variant["CurrentWeight"] for variant in endpoint["ProductionVariants"]] == [80, 20]


def test_the_retired_accelerator_is_omitted_from_the_call_and_the_result_has_a_warning(slipway: Slipway) -> None:
    request = project.event("deploy_endpoint_historic")

    run = slipway.deploy(request)

    assert run.status == "SUCCEEDED"
    config = slipway.aws.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=run.output["endpointConfigName"]
    )
    assert "AcceleratorType" not in config["ProductionVariants"][0]
    assert any("AcceleratorType" in warning for warning in run.output["warnings"])


@pytest.mark.parametrize(
    "event", [f"deploy_{name}" for name in ("asynchronous", "guarded", "minimal", "serverless", "shadow")]
)
def test_the_other_good_events_succeed(slipway: Slipway, event: str) -> None:
    request = project.event(event)

    run = slipway.deploy(request)

    assert run.status == "SUCCEEDED"
    endpoint = slipway.endpoint(request["endpointName"])
    assert endpoint is not None
    assert endpoint["EndpointStatus"] == "InService"


def test_a_failed_creation_leaves_nothing_and_reports_the_reason(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("never-healthy", "create", "fails")

    run = slipway.deploy(request_for("never-healthy"))

    assert (run.status, run.error) == ("FAILED", "CreateFailed")
    assert "did not pass the ping health check" in run.cause
    assert run.path == [*CREATE_PATH[:9], *ROLLBACK, "Notify failure", "Deployment failed"]
    assert slipway.endpoint("never-healthy") is None
    assert slipway.configs("never-healthy") == []
    assert slipway.scaling("never-healthy") == {}
    assert run.message["topicArn"] == slipway.outputs["FailureTopicArn"]
    assert run.message["attributes"]["outcome"] == "CreateFailed"


def test_keep_leaves_the_failed_endpoint_for_inspection(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("kept-failed", "create", "fails")

    run = slipway.deploy(request_for("kept-failed", onFailure="KEEP"))

    assert (run.status, run.error) == ("FAILED", "CreateFailed")
    endpoint = slipway.endpoint("kept-failed")
    assert endpoint is not None
    assert endpoint["EndpointStatus"] == "Failed"
    assert slipway.configs("kept-failed") == [endpoint["EndpointConfigName"]]


def test_an_exceeded_instance_quota_is_reported_and_leaves_nothing(slipway: Slipway, request_for: Any) -> None:
    message = "The account-level service limit 'ml.c5.2xlarge for endpoint usage' is 0 Instances"
    slipway.fault("sagemaker", "CreateEndpoint", "ResourceLimitExceeded", message)

    run = slipway.deploy(request_for("over-quota"))

    assert (run.status, run.error) == ("FAILED", "QuotaExceeded")
    assert message in run.cause
    assert run.visited.count("Create endpoint") == 1
    assert [call["operation"] for call in run.calls].count("CreateEndpoint") == 1, "a quota is not retried"
    assert slipway.configs("over-quota") == []
    assert run.message["attributes"]["outcome"] == "QuotaExceeded"


@pytest.mark.parametrize("operation", ["CreateEndpointConfig", "CreateEndpoint"])
def test_a_refusal_by_sagemaker_is_reported_with_its_message_and_operation(
    slipway: Slipway, request_for: Any, operation: str
) -> None:
    name = f"refused-{operation.lower()}"
    slipway.fault("sagemaker", operation, "ValidationException", "No such thing", times=9)

    run = slipway.deploy(request_for(name))

    assert (run.status, run.error) == ("FAILED", "RequestRefused")
    assert run.cause.startswith("SageMaker.SageMakerException: No such thing (")
    assert f", which called sagemaker:{operation[0].lower()}{operation[1:]}.\n" in run.cause
    assert "/aws/sagemaker/Endpoints" not in run.cause
    assert slipway.configs(name) == []


def test_a_throttled_call_is_retried(slipway: Slipway, request_for: Any) -> None:
    slipway.fault("sagemaker", "CreateEndpoint", "ThrottlingException", "Rate exceeded", times=2)

    run = slipway.deploy(request_for("throttled"))

    assert (run.status, run.path) == ("SUCCEEDED", CREATE_PATH)
    failures = [event for event in run.events if event["type"] == "TaskFailed"]
    assert [event["taskFailedEventDetails"]["error"] for event in failures] == ["SageMaker.SageMakerException"] * 2


def test_a_missing_model_is_reported_before_anything_is_created(slipway: Slipway, request_for: Any) -> None:
    request = request_for("no-model")
    request["productionVariants"][0]["ModelName"] = "nobody-made-this"

    run = slipway.deploy(request, with_models=False)

    assert (run.status, run.error) == ("FAILED", "ModelNotFound")
    assert "nobody-made-this" in run.cause
    assert run.path == ["Plan deployment", "Notify failure", "Deployment failed"]
    assert run.mutations("sagemaker") == []


def test_refused_scaling_removes_the_new_endpoint_and_its_scalable_targets(slipway: Slipway, request_for: Any) -> None:
    resource = {"ResourceId": "endpoint/unscalable/variant/AllTraffic"}
    slipway.fault(
        "application-autoscaling", "PutScalingPolicy", "ValidationException", "no such metric", match=resource
    )

    run = slipway.deploy(request_for("unscalable"))

    assert (run.status, run.error) == ("FAILED", "ScalingFailed")
    assert "no such metric" in run.cause
    assert slipway.endpoint("unscalable") is None
    assert slipway.scaling("unscalable") == {}
    assert slipway.configs("unscalable") == []


def test_a_creation_past_its_deadline_is_rolled_back(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("too-slow", "create", "succeeds", afterSeconds=1500)

    run = slipway.deploy(request_for("too-slow", deadlineSeconds=600))

    assert (run.status, run.error) == ("FAILED", "DeadlineExceeded")
    assert run.seconds_between("Plan deployment", "Roll back") >= 600
    assert run.seconds_between("Try deployment", "Check endpoint") <= 601
    assert slipway.endpoint("too-slow") is None
    assert slipway.configs("too-slow") == []


def test_an_endpoint_that_can_be_neither_finished_nor_removed_fails_with_rollback_failed(
    slipway: Slipway, request_for: Any
) -> None:
    slipway.outcome("stuck", "create", "never_finishes")

    run = slipway.deploy(request_for("stuck", deadlineSeconds=600))

    assert (run.status, run.error) == ("FAILED", "RollbackFailed")
    assert "aws sagemaker delete-endpoint" in run.cause
    endpoint = slipway.endpoint("stuck")
    assert endpoint is not None
    assert endpoint["EndpointStatus"] == "Creating"
    assert run.message["attributes"]["outcome"] == "RollbackFailed"


def test_an_execution_whose_name_does_not_fit_into_a_tag_deploys_and_rolls_back(
    slipway: Slipway, request_for: Any
) -> None:
    slipway.outcome("named-freely", "create", "fails")

    run = slipway.deploy(request_for("named-freely"), name="v1.2!(it's)")

    assert (run.status, run.error) == ("FAILED", "CreateFailed")
    assert "Removed: endpoint named-freely" in run.cause
    assert (slipway.endpoint("named-freely"), slipway.configs("named-freely")) == (None, [])
