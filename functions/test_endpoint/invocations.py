"""Requests of tests: real-time ones, and asynchronous ones, whose answer is in S3."""

from time import perf_counter
from typing import Any, NotRequired, TypedDict

from botocore.exceptions import ClientError

from shared.aws import ERROR_OF_CODE, Client, Json, code_of, what_aws_said
from shared.endpoint_tests import body_bytes
from shared.errors import RequestRefused, ServiceUnavailable, SlipwayError, VerificationFailed
from test_endpoint.answers import Answer
from test_endpoint.expectations import HTTP_OK

# InvokeEndpoint's answer (sagemaker-runtime service model, BodyBlob); answers of asynchronous requests can be larger.
MOST_BYTES = 6 * 1024 * 1024
# sagemaker-runtime service model: what the container answered is in OriginalStatusCode and OriginalMessage.
MODEL_ERROR = "ModelError"
NOT_READY = "ModelNotReadyException"
# Of an inference component that is scaled to zero; the request makes scaling add a copy (AWS ML blog, "Unlock cost
# savings with the new scale down to zero feature").
NO_CAPACITY = "has no capacity to process this request"
MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404"})
HTTP_BAD_REQUEST = 400


class NotReadyError(Exception):
    """The endpoint cannot answer yet: it throttles, or loads the model.

    Attributes
    ----------
    meaning : type of SlipwayError
        The error if it stays like that.
    """

    def __init__(self, reason: str, meaning: type[SlipwayError]) -> None:
        super().__init__(reason)
        self.meaning = meaning


class AnswerFailedError(Exception):
    """SageMaker stored a failure in place of an answer; its text is the message."""


class Queued(TypedDict):
    """An asynchronous request.

    Attributes
    ----------
    outputLocation, failureLocation : str
        S3 URIs; the second only if the endpoint has an S3FailurePath.
    """

    inferenceId: str
    outputLocation: str
    failureLocation: NotRequired[str]


def invoke(test: Json, target: Json, endpoint_name: str, body: bytes, runtime: Client) -> Answer:
    """Send a real-time request, and return the answer of the container, also if that is an error.

    Parameters
    ----------
    target : Json
        The member of InvokeEndpoint with the variant or inference component.

    Raises
    ------
    NotReadyError
        If the endpoint throttles, loads the model, or the component has no copy yet.
    RequestRefused
        If SageMaker refuses the request.
    """
    began = perf_counter()
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint_name, Body=body, **target, **_types(test), **_targets(test)
        )
        received = answer["Body"].read()
    except ClientError as error:
        return _answer_in(error, 1000 * (perf_counter() - began))
    return Answer(HTTP_OK, answer.get("ContentType", ""), received, 1000 * (perf_counter() - began))


def send(test: Json, endpoint_name: str, runtime: Client) -> Queued:
    """Send an asynchronous request.

    Raises
    ------
    NotReadyError
        If the endpoint throttles.
    RequestRefused
        If SageMaker refuses the request.
    """
    given = {"InputLocation": test["bodyLocation"]} if "bodyLocation" in test else {"Body": body_bytes(test["body"])}
    try:
        queued = runtime.invoke_endpoint_async(EndpointName=endpoint_name, **_types(test), **given)
    except ClientError as error:
        raise _refusal(error) from error
    sent = Queued(inferenceId=queued["InferenceId"], outputLocation=queued["OutputLocation"])
    if queued.get("FailureLocation"):
        sent["failureLocation"] = queued["FailureLocation"]
    return sent


def stored_answer(test: Json, queued: Queued, s3: Client) -> Answer | None:
    """Return the answer to an asynchronous request; None if there is none yet.

    Raises
    ------
    AnswerFailedError
        If SageMaker stored a failure.
    """
    found = _read(queued["outputLocation"], s3)
    if found is not None:
        return Answer(HTTP_OK, test.get("accept") or found["ContentType"], found["Body"].read(MOST_BYTES))
    failed = _read(queued["failureLocation"], s3) if "failureLocation" in queued else None
    if failed is not None:
        raise AnswerFailedError(failed["Body"].read(MOST_BYTES).decode(errors="replace"))
    return None


def body_of(test: Json, s3: Client) -> bytes:
    """Return the body of a real-time request.

    Raises
    ------
    VerificationFailed
        If it is in S3, and does not exist or is larger than a real-time request.
    """
    if "bodyLocation" not in test:
        return body_bytes(test["body"])
    found = _read(test["bodyLocation"], s3)
    if found is None:
        raise _unsendable(test, "does not exist")
    if found["ContentLength"] > MOST_BYTES:
        raise _unsendable(test, f"has {found['ContentLength']} bytes, and a real-time request has at most {MOST_BYTES}")
    return bytes(found["Body"].read())


def _unsendable(test: Json, why: str) -> VerificationFailed:
    return VerificationFailed(f"Test {test['name']} cannot be sent: its body {test['bodyLocation']} {why}.")


def _types(test: Json) -> dict[str, str]:
    accept = {"Accept": test["accept"]} if "accept" in test else {}
    return {"ContentType": test.get("contentType", "application/json"), **accept}


def _targets(test: Json) -> dict[str, str]:
    members = {"TargetModel": "targetModel", "TargetContainerHostname": "targetContainerHostname"}
    return {member: test[field] for member, field in members.items() if field in test}


def _answer_in(error: ClientError, latency_milliseconds: float) -> Answer:
    """Return the container's answer, which SageMaker reports as an error of its own."""
    response: Any = error.response
    if code_of(error) != MODEL_ERROR:
        raise _refusal(error) from error
    # The status is that of SageMaker's own error, 424, if it does not report the container's.
    status = response.get("OriginalStatusCode", response["ResponseMetadata"]["HTTPStatusCode"])
    return Answer(int(status), "", str(response.get("OriginalMessage", "")).encode(), latency_milliseconds)


def _refusal(error: ClientError) -> Exception:
    """Return what an error of InvokeEndpoint means, except for the model's own; unknown ones stay as they are."""
    code, status = code_of(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == NOT_READY or NO_CAPACITY in error.response["Error"].get("Message", ""):
        return NotReadyError(what_aws_said(error), VerificationFailed)
    # Throttling can be a 400 whose message is null (opensearch-project/ml-commons#2429).
    is_mute = status == HTTP_BAD_REQUEST and not error.response["Error"].get("Message")
    if is_mute or ERROR_OF_CODE.get(code) is ServiceUnavailable:
        return NotReadyError(what_aws_said(error), ServiceUnavailable)
    return RequestRefused(what_aws_said(error)) if code.startswith("Validation") else error


def _read(uri: str, s3: Client) -> Json | None:
    """Return GetObject's answer; None if there is no such object."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        found: Json = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if code_of(error) in MISSING:
            return None
        raise
    return found
