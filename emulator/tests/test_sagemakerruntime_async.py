"""InvokeEndpointAsync: accepted at once, with the result in S3 and messages about it."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, until
from support.callers import allow
from support.functions import make_role
from support.hosting import Hosting, refused, unchecked_client

Json = dict[str, Any]


class Queued:
    """An asynchronous endpoint with a bucket, topics and a role of its own."""

    def __init__(self, hosting: Hosting, name: str, *rights: Json, **output: Any) -> None:
        self.hosting, self.name = hosting, name
        self.s3, sns = hosting.aws.client("s3"), hosting.aws.client("sns")
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        topics = {member: sns.create_topic(Name=f"{name}-{member}")["TopicArn"] for member in ("Success", "Error")}
        everything = [
            allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{name}/*"),
            allow("s3:ListBucket", f"arn:aws:s3:::{name}"),
            allow("sns:Publish", list(topics.values())),
        ]
        role = make_role(hosting.aws, f"{name}-role", *(rights or everything), service="sagemaker.amazonaws.com")
        config = {
            "S3OutputPath": f"s3://{name}/out/",
            "S3FailurePath": f"s3://{name}/failed",
            "NotificationConfig": {f"{member}Topic": arn for member, arn in topics.items()},
            **output,
        }
        model = hosting.model(f"{name}-model", ExecutionRoleArn=role)
        hosting.config(f"{name}-1", hosting.variant(model), AsyncInferenceConfig={"OutputConfig": config})
        hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
        hosting.wait(name)
        self.topics = topics

    def put(self, body: bytes = b"1,2") -> str:
        self.s3.put_object(Bucket=self.name, Key="in.csv", Body=body)
        return f"s3://{self.name}/in.csv"

    def invoke(self, **details: Any) -> Json:
        answer: Json = self.hosting.runtime.invoke_endpoint_async(EndpointName=self.name, **details)
        return answer

    def read(self, location: str) -> Json:
        """Wait for the object; return it with its body as text."""
        bucket, key = location.removeprefix("s3://").split("/", 1)

        def found() -> Json | None:
            try:
                answer = self.s3.get_object(Bucket=bucket, Key=key)
            except self.s3.exceptions.NoSuchKey:
                return None
            return {**answer, "Body": answer["Body"].read().decode()}

        read = until(found)
        assert read
        return read

    def message(self, topic: str) -> Json:
        """Wait for the only message of the topic."""

        def found() -> list[Json]:
            return [each for each in self.hosting.aws.get("sns/messages") if each["topicArn"] == self.topics[topic]]

        (message,) = until(found)
        content: Json = json.loads(message["message"])
        return content


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "from S3"])
def test_the_answer_is_written_to_s3_and_reported(hosting: Hosting, inline: bool) -> None:
    queued = Queued(hosting, f"queued-{inline}".lower())
    hosting.answer(queued.name, "0.5", contentType="text/csv")
    given = {"Body": b"1,2"} if inline else {"InputLocation": queued.put()}

    accepted = queued.invoke(ContentType="text/csv", **given)

    assert accepted["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert accepted["OutputLocation"] == f"s3://{queued.name}/out/{accepted['InferenceId']}.out"
    assert accepted["FailureLocation"] == f"s3://{queued.name}/failed/{accepted['InferenceId']}-error.out"
    result = queued.read(accepted["OutputLocation"])
    assert (result["Body"], result["ContentType"]) == ("0.5", "text/csv")
    message = queued.message("Success")
    for time in ("eventTime", "receivedTime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", message.pop(time))
    location = {} if inline else {"inputLocation": given["InputLocation"]}
    assert message == {
        "awsRegion": REGION,
        "invocationStatus": "Completed",
        "requestParameters": {"contentType": "text/csv", "endpointName": queued.name, **location},
        "responseParameters": {"contentType": "text/csv", "outputLocation": accepted["OutputLocation"]},
        "inferenceId": accepted["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def test_the_caller_chooses_id_path_and_name_of_the_result(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-named")
    hosting.answer(queued.name)

    accepted = queued.invoke(Body=b"1", InferenceId="mine", S3OutputPathExtension="monday", Filename="result.json")

    assert accepted["InferenceId"] == "mine"
    assert accepted["OutputLocation"] == "s3://queued-named/out/monday/result.json"
    assert queued.read(accepted["OutputLocation"])["Body"] == "answered"


def test_a_failure_of_the_model_is_written_and_reported(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-failing")
    hosting.answer(queued.name, "no such column", status=500)

    accepted = queued.invoke(Body=b"1")

    assert queued.read(accepted["FailureLocation"])["Body"] == "no such column"
    message = queued.message("Error")
    assert message["invocationStatus"] == "Failed"
    assert message["failureReason"] == (
        "ClientError: Received server error (500) from model. See the SageMaker Endpoint logs in your account for more "
        "information."
    )


def test_an_answer_after_the_time_out_is_a_failure(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-slow")
    hosting.answer(queued.name, delaySeconds=100)

    in_time = queued.invoke(Body=b"1")
    too_late = queued.invoke(Body=b"1", InvocationTimeoutSeconds=90)

    assert queued.read(in_time["OutputLocation"])["Body"] == "answered"
    assert "timed out" in queued.read(too_late["FailureLocation"])["Body"]


def test_the_execution_role_reads_the_input_and_writes_the_result(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-denied", allow("s3:PutObject", "arn:aws:s3:::queued-denied/failed/*"))
    hosting.answer(queued.name)
    role = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/queued-denied-role/SageMaker"

    unread = queued.invoke(InputLocation=queued.put())
    unwritten = queued.invoke(Body=b"1")

    for accepted, action in ((unread, "s3:GetObject"), (unwritten, "s3:PutObject")):
        reason = queued.read(accepted["FailureLocation"])["Body"]
        assert f"User: {role} is not authorized to perform: {action}" in reason


def test_a_missing_input_is_a_failure(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-missing")
    hosting.answer(queued.name)

    accepted = queued.invoke(InputLocation="s3://queued-missing/nothing")

    assert "NoSuchKey" in queued.message("Error")["failureReason"]
    assert "NoSuchKey" in queued.read(accepted["FailureLocation"])["Body"]


def test_an_endpoint_without_instances_answers_when_it_has_one(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-at-zero")
    hosting.answer(queued.name)
    hosting.scale(queued.name, 0)

    with hosting.standing_still():
        accepted = queued.invoke(Body=b"1")
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=queued.name,
            DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 1}],
        )

    assert queued.read(accepted["OutputLocation"])["Body"] == "answered"


def test_a_request_expires_after_its_time_to_live(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-expired")
    hosting.answer(queued.name)
    hosting.scale(queued.name, 0)

    queued.invoke(Body=b"1", RequestTTLSeconds=60)

    assert queued.message("Error")["failureReason"] == "ClientError: The request expired after 60 seconds in the queue."


def test_only_an_asynchronous_endpoint_takes_asynchronous_requests(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-only")
    hosting.endpoint("immediate")

    with refused("ValidationError", "Endpoint queued-only is an asynchronous endpoint. Use InvokeEndpointAsync."):
        hosting.invoke(queued.name)
    with refused("ValidationError", "Endpoint immediate is not an asynchronous endpoint. Use InvokeEndpoint."):
        hosting.runtime.invoke_endpoint_async(EndpointName="immediate", Body=b"1")
    with refused("ValidationError", f"Endpoint queued-never of account {ACCOUNT_ID} not found."):
        hosting.runtime.invoke_endpoint_async(EndpointName="queued-never", Body=b"1")


def test_a_request_has_exactly_one_input_of_at_most_128_000_bytes(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-inputs")
    hosting.answer(queued.name)
    runtime = unchecked_client(hosting.aws.url, "sagemaker-runtime")

    for given in ({}, {"Body": b"1", "InputLocation": "s3://queued-inputs/in"}):
        with refused("ValidationError", "Provide exactly one of Body and InputLocation."):
            runtime.invoke_endpoint_async(EndpointName=queued.name, **given)
    queued.invoke(Body=b"0" * 128_000)
    with pytest.raises(ClientError) as failure:
        queued.invoke(Body=b"0" * 128_001)
    assert failure.value.response["Error"]["Message"] == "HTTP content length exceeded 128000 bytes."


def test_a_location_that_is_no_s3_address_is_refused(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-https")

    with pytest.raises(ClientError) as failure:
        queued.invoke(InputLocation="https://queued-https.s3.eu-west-1.amazonaws.com/in")

    error = failure.value.response["Error"]
    assert error["Code"] == "NotImplemented"
    assert error["Message"].endswith("eu-west-1.amazonaws.com/in: use an s3:// URI")


def test_a_result_whose_write_is_lost_is_a_failure(hosting: Hosting) -> None:
    queued = Queued(hosting, "queued-cut")
    hosting.answer(queued.name)
    fault = {"service": "s3", "operation": "PutObject", "match": {"Bucket": queued.name}, "answer": "cut", "times": 1}
    hosting.aws.post("faults", [fault])

    accepted = queued.invoke(Body=b"1")

    assert "Connection was closed" in queued.read(accepted["FailureLocation"])["Body"]


def test_an_answer_as_a_stream_has_all_its_bytes_and_its_type(hosting: Hosting) -> None:
    hosting.endpoint("streaming")
    hosting.answer("streaming", "word by word", contentType="text/plain")

    answer = hosting.runtime.invoke_endpoint_with_response_stream(EndpointName="streaming", Body=b"1")

    parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    assert b"".join(parts) == b"word by word"
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/plain", "AllTraffic")


def test_the_error_of_a_model_comes_before_the_stream(hosting: Hosting) -> None:
    hosting.endpoint("streaming-failing")
    hosting.answer("streaming-failing", "no", status=500)

    with pytest.raises(hosting.runtime.exceptions.ModelError) as failure:
        hosting.runtime.invoke_endpoint_with_response_stream(EndpointName="streaming-failing", Body=b"1")

    assert failure.value.response["OriginalStatusCode"] == 500
