"""Asynchronous invocations are retried and sent to destinations in virtual time; moto runs them once, in Docker."""

import json
from datetime import datetime
from typing import Any

from local_aws import LocalAws
from support.functions import invoke, make_function
from support.queues import attributes_of, make_queue, next_message

# Logs its attempts and fails those in the event.
UNSTEADY = """
import json

attempts = 0

def handler(event, context):
    global attempts
    attempts += 1
    print("attempt", json.dumps([attempts, context.aws_request_id]))
    if attempts <= event["failures"]:
        raise RuntimeError(f"attempt {attempts}")
    return "done"
"""


def _now(local_aws: LocalAws) -> datetime:
    return datetime.fromisoformat(local_aws.get("clock")["now"])


def _send(local_aws: LocalAws, name: str, event: Any) -> None:
    response = local_aws.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
    )
    assert response["StatusCode"] == 202
    assert response["Payload"].read() == b""


def test_failing_event_is_attempted_three_times_and_sent_to_the_failure_destination(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "failures")
    arn = make_function(local_aws, "always-fails", UNSTEADY)
    local_aws.client("lambda").put_function_event_invoke_config(
        FunctionName="always-fails", DestinationConfig={"OnFailure": {"Destination": queue_arn}}
    )
    sent_at = _now(local_aws)

    _send(local_aws, "always-fails", {"failures": 99})

    record = json.loads(next_message(local_aws, url)["Body"])
    ended_at = datetime.fromisoformat(record["timestamp"])
    request = record["requestContext"]
    assert request["condition"] == "RetriesExhausted"
    assert request["approximateInvokeCount"] == 3
    assert request["functionArn"] == f"{arn}:$LATEST"
    assert record["requestPayload"] == {"failures": 99}
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "attempt 3"
    assert 180 <= (ended_at - sent_at).total_seconds() < 190
    log = local_aws.client("logs").filter_log_events(logGroupName="/aws/lambda/always-fails", filterPattern="attempt")
    attempts = [
        json.loads(e["message"].removeprefix("attempt ")) for e in log["events"] if e["message"][:9] == "attempt ["
    ]
    assert attempts == [[n, request["requestId"]] for n in (1, 2, 3)]


def test_success_after_a_retry_is_sent_to_the_success_destination(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "successes")
    make_function(local_aws, "fails-once", UNSTEADY)
    local_aws.client("lambda").put_function_event_invoke_config(
        FunctionName="fails-once", DestinationConfig={"OnSuccess": {"Destination": queue_arn}}
    )

    _send(local_aws, "fails-once", {"failures": 1})

    record = json.loads(next_message(local_aws, url)["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"] == "done"
    assert "functionError" not in record["responseContext"]


def test_dead_letter_queue_gets_the_event_and_the_reason(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "letters")
    make_function(local_aws, "to-letters", UNSTEADY, DeadLetterConfig={"TargetArn": queue_arn})
    local_aws.client("lambda").put_function_event_invoke_config(FunctionName="to-letters", MaximumRetryAttempts=0)

    _send(local_aws, "to-letters", {"failures": 99})

    message = next_message(local_aws, url)
    attributes = attributes_of(message)
    assert json.loads(message["Body"]) == {"failures": 99}
    assert attributes.pop("RequestID")
    assert attributes == {"ErrorCode": "200", "ErrorMessage": "attempt 1"}


def test_event_that_is_throttled_for_too_long_is_dropped(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "throttled-events")
    make_function(local_aws, "throttled-event", UNSTEADY)
    client = local_aws.client("lambda")
    client.put_function_concurrency(FunctionName="throttled-event", ReservedConcurrentExecutions=0)
    client.put_function_event_invoke_config(
        FunctionName="throttled-event",
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": queue_arn}},
    )

    _send(local_aws, "throttled-event", {"failures": 0})

    record = json.loads(next_message(local_aws, url)["Body"])
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responsePayload" not in record


def test_long_poll_on_a_queue_takes_virtual_time(local_aws: LocalAws) -> None:
    url, _ = make_queue(local_aws, "empty")
    before = _now(local_aws)

    response = local_aws.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)

    assert "Messages" not in response
    assert 20 <= (_now(local_aws) - before).total_seconds() <= 22


def test_function_that_waits_for_the_clock_lets_it_move(local_aws: LocalAws) -> None:
    url, _ = make_queue(local_aws, "empty-for-a-function")
    source = """
import boto3

def handler(event, context):
    return "Messages" in boto3.client("sqs").receive_message(QueueUrl=event, WaitTimeSeconds=20)
"""
    make_function(local_aws, "polls", source, Timeout=5)
    before = _now(local_aws)

    assert invoke(local_aws, "polls", url) is False

    assert (_now(local_aws) - before).total_seconds() >= 20


def test_time_stands_still_while_a_function_computes(local_aws: LocalAws) -> None:
    make_function(local_aws, "computes", "import threading\n\ndef handler(e, c):\n    threading.Event().wait(1)\n")
    before = _now(local_aws)

    invoke(local_aws, "computes")

    assert (_now(local_aws) - before).total_seconds() < 0.8  # the clock only runs between the requests


def test_function_can_call_itself_at_any_depth(local_aws: LocalAws) -> None:
    source = """
import json, boto3

def handler(event, context):
    if event == 0:
        return 0
    answer = boto3.client("lambda").invoke(FunctionName=context.function_name, Payload=json.dumps(event - 1))
    return 1 + json.load(answer["Payload"])
"""
    make_function(local_aws, "recursive", source)

    assert invoke(local_aws, "recursive", 5) == 5


def test_function_calls_another_function(local_aws: LocalAws) -> None:
    make_function(local_aws, "inner", "def handler(event, context):\n    return event * 2\n")
    source = """
import json, boto3

def handler(event, context):
    response = boto3.client("lambda").invoke(FunctionName="inner", Payload=json.dumps(event))
    return json.load(response["Payload"])
"""
    make_function(local_aws, "outer", source)

    assert invoke(local_aws, "outer", 21) == 42
