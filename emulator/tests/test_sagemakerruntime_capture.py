"""Data capture: requests and answers in S3, in SageMaker's format."""

import json
import re
import uuid
from typing import Any

import pytest

from local_aws import until
from support.callers import allow
from support.functions import make_role
from support.hosting import Hosting, refused

CSV_AND_JSON = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def capturing(hosting: Hosting, name: str, *modes: str, may_write: bool = True, **changes: Any) -> Any:
    """Create a bucket and an endpoint that captures into it; return boto3's S3 client."""
    s3 = hosting.aws.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    rights = [allow("s3:PutObject", f"arn:aws:s3:::{name}/*")] if may_write else []
    role = make_role(hosting.aws, f"{name}-role", *rights, service="sagemaker.amazonaws.com")
    config = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{name}/captured/",
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes or ("Input", "Output")],
        **changes,
    }
    model = hosting.model(f"{name}-model", ExecutionRoleArn=role)
    hosting.config(f"{name}-1", hosting.variant(model), DataCaptureConfig=config)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    hosting.wait(name)
    hosting.answer(name, "0.5", contentType="text/csv")
    return s3


def captured(s3: Any, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Key and content of each line."""
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=name).get("Contents", [])]
    files = {key: s3.get_object(Bucket=name, Key=key)["Body"].read().decode() for key in keys}
    return [(key, json.loads(line)) for key, text in files.items() for line in text.splitlines()]


def test_a_line_has_request_answer_and_metadata_in_a_file_of_its_hour(hosting: Hosting) -> None:
    s3 = capturing(hosting, "captured-all", CaptureContentTypeHeader=CSV_AND_JSON)

    hosting.invoke(
        "captured-all", b"1,2", ContentType="text/csv", InferenceId="ground-truth-1", CustomAttributes="tenant=7"
    )

    ((key, line),) = captured(s3, "captured-all")
    assert re.fullmatch(
        r"captured/captured-all/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", key
    )
    metadata = line["eventMetadata"]
    assert uuid.UUID(metadata.pop("eventId"))
    assert key.split("/")[3:7] == re.split("[-T:]", metadata["inferenceTime"])[:4]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata.pop("inferenceTime"))
    assert line == {
        "captureData": {
            "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": "1,2", "encoding": "CSV"},
            "endpointOutput": {"observedContentType": "text/csv", "mode": "OUTPUT", "data": "0.5", "encoding": "CSV"},
        },
        "eventMetadata": {"inferenceId": "ground-truth-1", "customAttributes": ["tenant=7"]},
        "eventVersion": "0",
    }


def test_types_that_are_not_listed_are_encoded_in_base64(hosting: Hosting) -> None:
    s3 = capturing(hosting, "captured-base64")

    hosting.invoke("captured-base64", b"1,2", ContentType="text/csv")

    ((_, line),) = captured(s3, "captured-base64")
    sent = line["captureData"]["endpointInput"]
    assert (sent["data"], sent["encoding"]) == ("MSwy", "BASE64")


@pytest.mark.parametrize(
    ("mode", "sides"),
    [
        ("Input", {"endpointInput"}),
        ("Output", {"endpointOutput"}),
        ("InputAndOutput", {"endpointInput", "endpointOutput"}),
    ],
)
def test_only_what_the_options_name_is_captured(hosting: Hosting, mode: str, sides: set[str]) -> None:
    name = f"captured-{mode.lower()}"
    s3 = capturing(hosting, name, mode)

    hosting.invoke(name)

    ((_, line),) = captured(s3, name)
    assert line["captureData"].keys() == sides


def test_the_percentage_selects_a_sample(hosting: Hosting) -> None:
    s3 = capturing(hosting, "captured-half", InitialSamplingPercentage=50)

    for _ in range(60):
        hosting.invoke("captured-half")

    assert 5 < len(captured(s3, "captured-half")) < 55


def test_a_capture_that_is_off_captures_nothing(hosting: Hosting) -> None:
    s3 = capturing(hosting, "captured-not", EnableCapture=False)

    hosting.invoke("captured-not")

    assert captured(s3, "captured-not") == []


def test_captures_are_written_when_the_endpoint_is_deleted(hosting: Hosting) -> None:
    """Not only when they are read: their role can be deleted next."""
    s3 = capturing(hosting, "captured-late")
    hosting.invoke("captured-late")
    hosting.aws.delete("calls")

    hosting.sagemaker.delete_endpoint(EndpointName="captured-late")
    until(lambda: any(call["operation"] == "PutObject" for call in hosting.aws.get("calls")))

    (call,) = [call for call in hosting.aws.get("calls") if call["operation"] == "PutObject"]
    assert call["principal"].endswith(":assumed-role/captured-late-role/SageMaker")
    assert len(captured(s3, "captured-late")) == 1


def test_a_role_without_the_right_captures_nothing_and_the_endpoint_answers(hosting: Hosting) -> None:
    s3 = capturing(hosting, "captured-denied", may_write=False)

    assert hosting.invoke("captured-denied")["Body"] == "0.5"

    assert captured(s3, "captured-denied") == []


def test_the_key_of_the_capture_needs_its_permission(hosting: Hosting) -> None:
    key = hosting.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = capturing(hosting, "captured-key", KmsKeyId=key)

    hosting.invoke("captured-key")
    assert captured(s3, "captured-key") == []

    rights = {"Version": "2012-10-17", "Statement": [allow("kms:GenerateDataKey", key)]}
    hosting.aws.client("iam").put_role_policy(
        RoleName="captured-key-role", PolicyName="key", PolicyDocument=json.dumps(rights)
    )
    hosting.invoke("captured-key")
    ((file, _),) = captured(s3, "captured-key")
    assert s3.head_object(Bucket="captured-key", Key=file)["SSEKMSKeyId"] == key


def test_a_destination_that_is_no_s3_address_is_refused_by_the_invocation(hosting: Hosting) -> None:
    capturing(hosting, "captured-https", DestinationS3Uri="https://captured-https.s3.amazonaws.com/")

    with refused(
        "NotImplemented",
        "The local AWS does not model this: the location "
        "https://captured-https.s3.amazonaws.com/captured-https/AllTraffic: use an s3:// URI",
    ):
        hosting.invoke("captured-https")
