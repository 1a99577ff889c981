"""InvokeEndpointAsync: accepted at once, answered in the background, with the result in S3.

SageMaker developer guide, async-inference-invoke-endpoint, async-inference-check-predictions.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws import traffic
from local_aws.core import background, clients, principals
from local_aws.core.clock import clock
from local_aws.core.errors import NotModelledError
from local_aws.core.wire import Call, Response
from local_aws.sagemakerruntime import errors, identifiers, invocations, locations, notifications, targets
from local_aws.sagemakerruntime.errors import InvocationError
from local_aws.sagemakerruntime.targets import Target

_logger = logging.getLogger(__name__)

# API reference, InvokeEndpointAsync
MOST_BYTES_INLINE = 128_000
TTL_SECONDS = 21_600
TIMEOUT_SECONDS = 900.0
LOOK_SECONDS = 30.0  # AWS publishes none: how often a queued request looks for instances


def invoke(call: Call) -> Response:
    """Answer InvokeEndpointAsync."""
    targets.check(call)
    target = targets.find(call)
    request = _Request(call, _output_config(target))
    _require_one_input(call)
    for location in filter(None, (call.parameters.get("InputLocation"), *request.locations)):
        locations.parsed(location)
    traffic.queue(target.endpoint.endpoint_name, 1)
    background.run(request.process)
    names = ("X-Amzn-SageMaker-OutputLocation", "X-Amzn-SageMaker-FailureLocation")
    given = [(name, location) for name, location in zip(names, request.locations, strict=True) if location]
    sent = [("Content-Type", "application/json"), ("x-amzn-RequestId", identifiers.new()), *given]
    return Response(202, sent, json.dumps({"InferenceId": request.inference_id}).encode())


def _output_config(target: Target) -> dict[str, Any]:
    name, config = target.endpoint.endpoint_name, target.config.get("AsyncInferenceConfig")
    if config is None:
        raise errors.invalid(f"Endpoint {name} is not an asynchronous endpoint. Use InvokeEndpoint.")
    output: dict[str, Any] = config["OutputConfig"]
    if "S3OutputPath" not in output:
        raise NotModelledError("an asynchronous endpoint without S3OutputPath")
    return output


def _require_one_input(call: Call) -> None:
    body, location = call.parameters.get("Body"), call.parameters.get("InputLocation")
    if bool(body) == bool(location):
        raise errors.invalid("Provide exactly one of Body and InputLocation.")
    if body and len(body) > MOST_BYTES_INLINE:
        raise errors.too_large(MOST_BYTES_INLINE)


@dataclass
class _Request:
    """A request in the queue of an endpoint.

    Attributes
    ----------
    output : dict
        The OutputConfig of the endpoint when the request was accepted.
    """

    call: Call
    output: dict[str, Any]
    received_at: float = field(default_factory=clock.now)
    inference_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.inference_id = self._given("InferenceId") or identifiers.new()

    @property
    def output_location(self) -> str:
        # API reference, InvokeEndpointAsync: without Filename, the name is based on the inference id
        extension = self._given("S3OutputPathExtension", "").strip("/")
        name = self._given("Filename", f"{self.inference_id}.out")
        return "/".join(filter(None, (self.output["S3OutputPath"].rstrip("/"), extension, name)))

    @property
    def failure_location(self) -> str | None:
        path = self.output.get("S3FailurePath")
        return f"{path.rstrip('/')}/{self.inference_id}-error.out" if path else None

    @property
    def locations(self) -> tuple[str, str | None]:
        return self.output_location, self.failure_location

    def process(self) -> None:
        """Invoke the endpoint, write the result and report it. Wait while it has no instances."""
        try:
            self._process()
        finally:
            traffic.queue(self._given("EndpointName"), -1)

    def _process(self) -> None:
        try:
            target = targets.find(self.call)
        except InvocationError as error:  # the endpoint was deleted meanwhile, and its requests with it
            _logger.warning("asynchronous request %s is lost: %s", self.inference_id, error)
            return
        if target.variant.instance_count.get("Current") == 0:
            self._wait(target)
        else:
            self._answer(target)

    def _answer(self, target: Target) -> None:
        try:
            timeout_seconds = self._given("InvocationTimeoutSeconds", TIMEOUT_SECONDS)
            target, answer = invocations.send(target, self._input(target), timeout_seconds)
            content_type = locations.content_type(answer) or locations.DEFAULT_CONTENT_TYPE
            self._write(target, self.output_location, answer.body, content_type)
        except InvocationError as error:
            self._fail(target, _reason(error), error.members.get("OriginalMessage", error.message))
        except (BotoCoreError, ClientError) as error:
            self._fail(target, f"ClientError: {error}", str(error))
        else:
            result = {"contentType": content_type, "outputLocation": self.output_location}
            message = notifications.completed(self.call, self.inference_id, self.received_at, result)
            self._notify(target, "SuccessTopic", message)

    def _wait(self, target: Target) -> None:
        age_seconds = clock.now() - self.received_at
        if age_seconds < self._given("RequestTTLSeconds", TTL_SECONDS):
            traffic.queue(self._given("EndpointName"), 1)  # it stays in the queue
            background.run_later(LOOK_SECONDS, self.process)
        else:
            reason = f"ClientError: The request expired after {age_seconds:.0f} seconds in the queue."
            self._fail(target, reason, reason)

    def _fail(self, target: Target, reason: str, body: str) -> None:
        location = self.failure_location
        try:
            if location:
                self._write(target, location, body.encode(), "text/plain")
        except (BotoCoreError, ClientError, InvocationError) as error:
            _logger.warning("the failure of asynchronous request %s is not stored: %s", self.inference_id, error)
        message = notifications.failed(self.call, self.inference_id, self.received_at, reason)
        self._notify(target, "ErrorTopic", message)

    def _notify(self, target: Target, topic: str, message: dict[str, Any]) -> None:
        topic_arn = self.output.get("NotificationConfig", {}).get(topic)
        if not topic_arn:
            return
        try:
            self._client(target, "sns").publish(TopicArn=topic_arn, Message=json.dumps(message))
        except (BotoCoreError, ClientError, InvocationError) as error:
            _logger.warning("no notification of asynchronous request %s is sent: %s", self.inference_id, error)

    def _input(self, target: Target) -> bytes:
        location = self._given("InputLocation")
        if location is None:
            return bytes(self.call.parameters["Body"])
        bucket, key = locations.parsed(location)
        read: bytes = self._client(target, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return read

    def _write(self, target: Target, location: str, body: bytes, content_type: str) -> None:
        bucket, key = locations.parsed(location)
        encryption = locations.encryption(self.output.get("KmsKeyId"))
        s3 = self._client(target, "s3")
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type, **encryption)

    def _client(self, target: Target, service: str) -> Any:
        """A client with the rights of the model's execution role."""
        if target.role_arn is None:
            raise errors.invalid(f"Model {target.model.model_name} has no execution role.")
        return clients.client(service, self.call.region, principals.role_session(target.role_arn, "SageMaker"))

    def _given(self, name: str, default: Any = None) -> Any:
        return self.call.parameters.get(name, default)


def _reason(error: InvocationError) -> str:
    """The failureReason of a message: the guide's words for an error of the model."""
    status = error.members.get("OriginalStatusCode")
    if status is None:
        return error.message
    side = "client" if 400 <= status < 500 else "server"
    return (
        f"ClientError: Received {side} error ({status}) from model. See the SageMaker Endpoint logs in your account "
        "for more information."
    )
