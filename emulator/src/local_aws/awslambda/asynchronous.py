"""Asynchronous invocations: accepted at once, retried, and finally sent to a destination.

Lambda developer guide, "Invoking a Lambda function asynchronously" (error handling, retaining records).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError
from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends

from local_aws.awslambda import functions
from local_aws.awslambda.fleet import TooManyRequestsError, fleet
from local_aws.awslambda.invocation import Invocation, Result, run
from local_aws.core import background, clients, principals
from local_aws.core.clock import clock
from local_aws.sqs import queue_url

_logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = (60, 120)  # one minute before the first retry, two before the second
MAXIMUM_AGE_SECONDS = 6 * 3600
THROTTLED_SECONDS = (1, 300)  # first and longest wait if no concurrency is left, doubled in between


@dataclass(frozen=True)
class _Queued:
    """An event in the function's queue."""

    invocation: Invocation
    accepted_at: float
    attempts: int = 0
    throttled: int = 0

    @property
    def age_seconds(self) -> float:
        return clock.now() - self.accepted_at


def accept(invocation: Invocation) -> None:
    """Put the event into the function's queue and start its first attempt."""
    queued = _Queued(invocation, clock.now())
    background.run(lambda: _attempt(queued))


def _attempt(queued: _Queued) -> None:
    try:
        function = functions.resolve(queued.invocation.arn).function
    except UnknownFunctionException as error:
        _logger.warning("event %s dropped: %s", queued.invocation.request_id, error)
        return
    invocation = replace(queued.invocation, function=function)
    try:
        fleet.enter(function)
    except TooManyRequestsError:
        first, longest = THROTTLED_SECONDS
        wait_seconds = min(first * 2**queued.throttled, longest)
        _retry(replace(queued, throttled=queued.throttled + 1), invocation, wait_seconds, None)
        return
    try:
        result = run(invocation)
    finally:
        fleet.leave(function)
    _finish_attempt(replace(queued, invocation=invocation, attempts=queued.attempts + 1), result)


def _finish_attempt(queued: _Queued, result: Result) -> None:
    config = _config(queued.invocation.function)
    if result.outcome.error_type is None:
        _send(queued, result, "Success", config.get("DestinationConfig", {}).get("OnSuccess", {}).get("Destination"))
    elif queued.attempts <= config.get("MaximumRetryAttempts", len(RETRY_AFTER_SECONDS)):
        _retry(queued, queued.invocation, RETRY_AFTER_SECONDS[queued.attempts - 1], result)
    else:
        _give_up(queued, result, "RetriesExhausted")


def _retry(queued: _Queued, invocation: Invocation, seconds: float, result: Result | None) -> None:
    """Retry in `seconds`, unless the event will be too old by then."""
    age_limit_seconds = _config(invocation.function).get("MaximumEventAgeInSeconds", MAXIMUM_AGE_SECONDS)
    if queued.age_seconds + seconds > age_limit_seconds:
        _give_up(queued, result, "EventAgeExceeded")
    else:
        background.run_later(seconds, lambda: _attempt(queued))


def _give_up(queued: _Queued, result: Result | None, condition: str) -> None:
    function = queued.invocation.function
    failure = _config(function).get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    dead_letters = function.dead_letter_config.get("TargetArn")
    if not failure and not dead_letters:
        _logger.warning("event %s of %s dropped: %s", queued.invocation.request_id, function.function_name, condition)
    _send(queued, result, condition, failure)
    if dead_letters:
        _as_role(function, lambda: _dead_letter(queued.invocation, result, dead_letters))


def _config(function: LambdaFunction) -> dict[str, Any]:
    """The function's EventInvokeConfig. moto stores one for all its versions and aliases."""
    latest = lambda_backends[function.account_id][function.region].get_function(function.function_name)
    return latest.event_invoke_config[0].config if latest.event_invoke_config else {}


def _send(queued: _Queued, result: Result | None, condition: str, destination: str | None) -> None:
    """Send the record of the invocation to `destination`, if there is one."""
    if not destination:
        return
    invocation = queued.invocation
    function = invocation.function
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": invocation.arn if invocation.arn.count(":") > 6 else f"{invocation.arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": queued.attempts,
        },
        "requestPayload": json.loads(invocation.payload),
    }
    if result is not None:
        record["responseContext"] = {"statusCode": 200, "executedVersion": str(function.version)}
        if result.outcome.error_type:
            record["responseContext"]["functionError"] = "Unhandled"
        record["responsePayload"] = json.loads(result.outcome.payload)
    _as_role(function, lambda: _deliver(function, destination, record))


def _as_role(function: LambdaFunction, send: Callable[[], None]) -> None:
    """Send with the rights of the function's role. Without the right, the record is lost, as on AWS."""
    try:
        send()
    except ClientError as error:
        _logger.warning("a record of an event of %s is lost: %s", function.function_name, error)


def _client(function: LambdaFunction, service: str, arn: str) -> Any:
    return clients.client(service, arn.split(":")[3], principals.role_session(function.role, function.function_name))


def _deliver(function: LambdaFunction, destination: str, record: dict[str, Any]) -> None:
    service, text = destination.split(":")[2], json.dumps(record)
    client = _client(function, service, destination)
    match service:
        case "sqs":
            client.send_message(QueueUrl=queue_url(destination), MessageBody=text)
        case "sns":
            client.publish(TopicArn=destination, Message=text)
        case "lambda":
            client.invoke(FunctionName=destination, InvocationType="Event", Payload=text.encode())
        case _:
            client.put_events(Entries=[_bus_entry(destination, record, text)])


def _bus_entry(bus_arn: str, record: dict[str, Any], text: str) -> dict[str, Any]:
    result = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
    return {
        "EventBusName": bus_arn,
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {result}",
        "Resources": [bus_arn, record["requestContext"]["functionArn"]],
        "Detail": text,
    }


def _dead_letter(invocation: Invocation, result: Result | None, target_arn: str) -> None:
    """Send the event to the function's dead-letter queue or topic, with the outcome as attributes."""
    error = json.loads(result.outcome.payload)["errorMessage"] if result else "Rate Exceeded."
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": invocation.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200" if result else "429"},
        "ErrorMessage": {"DataType": "String", "StringValue": error[:1024] or " "},
    }
    service, text = target_arn.split(":")[2], invocation.payload.decode()
    client = _client(invocation.function, service, target_arn)
    if service == "sqs":
        client.send_message(QueueUrl=queue_url(target_arn), MessageBody=text, MessageAttributes=attributes)
    else:
        client.publish(TopicArn=target_arn, Message=text, MessageAttributes=attributes)
