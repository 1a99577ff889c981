"""SageMaker emits events of endpoints, models and model packages."""

import json
from datetime import datetime
from typing import Any

from local_aws import LocalAws
from support.hosting import IMAGE, Hosting, arn
from support.queues import is_empty, make_queue, next_message

SPECIFICATION = {
    "Containers": [{"Image": IMAGE}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


def listen(aws: LocalAws, name: str, detail_type: str, **detail: str) -> str:
    """Create a queue for SageMaker's events of this type with these members of the detail; return its URL."""
    url, queue_arn = make_queue(aws, name, "events.amazonaws.com")
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": [detail_type],
        "detail": {member: [value] for member, value in detail.items()},
    }
    events = aws.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn}])
    return url


def heard(aws: LocalAws, url: str) -> dict[str, Any]:
    return dict(json.loads(next_message(aws, url)["Body"]))


def test_every_status_of_an_endpoint_is_emitted_in_upper_case(hosting: Hosting) -> None:
    aws = hosting.aws
    url = listen(aws, "endpoint-events", "SageMaker Endpoint State Change", EndpointName="Told")
    hosting.config("told-of-1")
    hosting.sagemaker.create_endpoint(
        EndpointName="Told", EndpointConfigName="told-of-1", Tags=[{"Key": "team", "Value": "a"}]
    )

    creating, in_service = heard(aws, url), heard(aws, url)

    assert creating["detail"]["EndpointStatus"] == "CREATING"
    assert creating["detail"]["ProductionVariants"] == []
    assert in_service["resources"] == [arn("endpoint/told")]
    detail = in_service["detail"]
    created, modified = detail.pop("CreationTime"), detail.pop("LastModifiedTime")
    assert modified - created == 420_000
    assert detail == {
        "EndpointName": "Told",
        "EndpointArn": arn("endpoint/told"),
        "EndpointConfigName": "told-of-1",
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "CurrentWeight": 1.0,
                "DesiredWeight": 1.0,
                "CurrentInstanceCount": 1,
                "DesiredInstanceCount": 1,
            }
        ],
        "EndpointStatus": "IN_SERVICE",
        "Tags": {"team": "a"},
    }
    told_at = datetime.fromisoformat(in_service["time"]).timestamp() * 1000
    assert 0 <= modified - told_at < 1000, "the event's time is the virtual clock's, to the second"


def test_a_failed_rollback_is_emitted_with_its_reason(hosting: Hosting) -> None:
    hosting.endpoint("told-mixed")
    url = listen(hosting.aws, "mixed-events", "SageMaker Endpoint State Change", EndpointName="told-mixed")
    hosting.script("told-mixed", "update", "rollback_fails")
    hosting.sagemaker.update_endpoint(EndpointName="told-mixed", EndpointConfigName=hosting.config("told-mixed-2"))

    updating, failed = heard(hosting.aws, url)["detail"], heard(hosting.aws, url)["detail"]

    assert updating["EndpointStatus"] == "UPDATING"
    assert "FailureReason" not in updating
    assert failed["EndpointStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert failed["EndpointConfigName"] == "told-mixed-1"
    assert failed["FailureReason"].startswith("The primary container for production variant AllTraffic")


def test_a_deletion_is_emitted_when_it_starts(hosting: Hosting) -> None:
    hosting.endpoint("told-gone")
    url = listen(hosting.aws, "gone-events", "SageMaker Endpoint State Change", EndpointName="told-gone")

    hosting.sagemaker.delete_endpoint(EndpointName="told-gone")

    assert heard(hosting.aws, url)["detail"]["EndpointStatus"] == "DELETING"
    assert is_empty(hosting.aws, url)


def test_creation_and_deletion_of_a_model_are_emitted(hosting: Hosting) -> None:
    url = listen(hosting.aws, "model-events", "SageMaker Model State Change", ModelName="Told-Model")

    hosting.model("Told-Model")
    created = heard(hosting.aws, url)
    hosting.sagemaker.delete_model(ModelName="Told-Model")
    deleted = heard(hosting.aws, url)

    assert created["resources"] == deleted["resources"] == [arn("model/told-model")]
    assert created["detail"]["PrimaryContainer"] == {"Image": IMAGE}


def test_only_events_of_edits_have_updated_fields(hosting: Hosting) -> None:
    group = "Told-Group"
    url = listen(hosting.aws, "package-events", "SageMaker Model Package State Change", ModelPackageGroupName=group)
    hosting.sagemaker.create_model_package_group(ModelPackageGroupName=group)

    package = hosting.sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, ModelApprovalStatus="Approved"
    )["ModelPackageArn"]
    pending, in_progress, created = (heard(hosting.aws, url) for _ in range(3))
    hosting.sagemaker.update_model_package(
        ModelPackageArn=package, ModelApprovalStatus="Rejected", ApprovalDescription="too slow"
    )
    rejected = heard(hosting.aws, url)
    hosting.sagemaker.update_model_package(
        ModelPackageArn=package, CustomerMetadataProperties={"a": "b"}, SourceUri="https://example.com/model"
    )
    edited = heard(hosting.aws, url)

    assert [event["detail"]["ModelPackageStatus"] for event in (pending, in_progress)] == ["Pending", "InProgress"]
    assert [event["detail"]["ModelApprovalStatus"] for event in (pending, in_progress)] == ["Approved", "Approved"]
    assert created["resources"] == [package]
    detail = created["detail"]
    assert detail["CreationTime"] == detail["LastModifiedTime"]
    assert {member: detail[member] for member in detail if not member.endswith("Time")} == {
        "ModelPackageGroupName": group,
        "ModelPackageVersion": 1,
        "ModelPackageArn": arn("model-package/told-group/1"),
        "InferenceSpecification": SPECIFICATION,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "ModelApprovalStatus": "Approved",
    }
    assert rejected["detail"]["ModelApprovalStatus"] == "Rejected"
    assert rejected["detail"]["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "ApprovalDescription"]
    assert edited["detail"]["ModelApprovalStatus"] == "Rejected"
    assert sorted(edited["detail"]["UpdatedModelPackageFields"]) == ["CustomerMetadataProperties", "sourceUri"]
