"""EventBridge: events, rules and refusals of its API, and events of AWS services."""

import json
from datetime import datetime

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.functions import make_role
from support.queues import attributes_of, is_empty, make_queue, next_message
from support.rules import EVENTS, make_rule, put_event


def test_putting_an_object_emits_one_event_on_the_default_bus(local_aws: LocalAws) -> None:
    s3, events = local_aws.client("s3"), local_aws.client("events")
    events.create_event_bus(Name="not-of-s3")
    url, queue_arn = make_queue(local_aws, "objects", EVENTS)
    for name, bus in (("objects", "default"), ("objects-elsewhere", "not-of-s3")):
        pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["told-once"]}}}
        events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue_arn}])
    s3.create_bucket(Bucket="told-once", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_notification_configuration(
        Bucket="told-once", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )

    s3.put_object(Bucket="told-once", Key="a", Body=b"1", Tagging="b=c")

    event = json.loads(next_message(local_aws, url)["Body"])
    assert (event["detail-type"], event["account"], event["region"]) == ("Object Created", ACCOUNT_ID, REGION)
    assert datetime.fromisoformat(event["time"])
    assert (event["detail"]["object"]["key"], event["detail"]["reason"]) == ("a", "PutObject")
    assert is_empty(local_aws, url)


def test_a_rule_has_five_targets_at_most_and_lists_them_by_pages(local_aws: LocalAws) -> None:
    client = local_aws.client("events")
    _, queue_arn = make_queue(local_aws, "five", EVENTS)
    make_rule(local_aws, "five", *({"Arn": queue_arn} for _ in range(5)))

    with pytest.raises(ClientError) as refusal:
        client.put_targets(Rule="five", Targets=[{"Id": "sixth", "Arn": queue_arn}])
    first = client.list_targets_by_rule(Rule="five", Limit=3)
    second = client.list_targets_by_rule(Rule="five", Limit=3, NextToken=first["NextToken"])

    assert refusal.value.response["Error"] == {
        "Code": "LimitExceededException",
        "Message": "The requested resource exceeds the maximum number allowed.",
    }
    client.put_targets(Rule="five", Targets=[{"Id": "target-0", "Arn": queue_arn}])  # as before
    ids = [target["Id"] for page in (first, second) for target in page["Targets"]]
    assert ids == [f"target-{number}" for number in range(5)]
    assert "NextToken" not in second


def test_put_events_to_a_missing_bus_is_not_an_error(local_aws: LocalAws) -> None:
    entry = {"Source": "nobody", "DetailType": "Test", "Detail": "{}", "EventBusName": "no-such-bus"}

    answer = local_aws.client("events").put_events(Entries=[entry])

    assert answer["FailedEntryCount"] == 0
    assert answer["Entries"][0]["EventId"]


def test_put_events_accepts_a_mebibyte(local_aws: LocalAws) -> None:
    client = local_aws.client("events")
    entry = {"Source": "large", "DetailType": "Test", "Detail": json.dumps({"text": "x" * (1024 * 1024 - 100)})}

    assert client.put_events(Entries=[entry])["FailedEntryCount"] == 0
    with pytest.raises(ClientError) as refusal:
        client.put_events(Entries=[entry, {**entry, "Detail": json.dumps({"text": "x" * 100})}])

    assert refusal.value.response["Error"]["Message"] == "Total size of the entries in the request is over the limit."


def test_missing_bus_cannot_be_a_target(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "missing-bus-letters", EVENTS)
    role = make_role(local_aws, "missing-bus-role", {"Effect": "Allow", "Action": "*", "Resource": "*"}, service=EVENTS)
    gone = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/gone"
    make_rule(local_aws, "to-missing-bus", {"Arn": gone, "RoleArn": role, "DeadLetterConfig": {"Arn": queue_arn}})

    put_event(local_aws, "to-missing-bus")

    assert attributes_of(next_message(local_aws, url))["ERROR_CODE"] == "NO_RESOURCE"


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"Source": "aws.sagemaker", "DetailType": "t", "Detail": "{}"}, "NotAuthorizedForSourceException"),
        ({"Source": "mine", "DetailType": "t", "Detail": "[]"}, "MalformedDetail"),
        ({"Source": "mine", "DetailType": "t", "Detail": "{"}, "MalformedDetail"),
        ({"Source": "mine", "Detail": "{}"}, "InvalidArgument"),
    ],
)
def test_put_events_refuses_entries_one_by_one(local_aws: LocalAws, entry: dict[str, str], code: str) -> None:
    good = {"Source": "mine", "DetailType": "t", "Detail": "{}"}

    response = local_aws.client("events").put_events(Entries=[entry, good])

    assert response["FailedEntryCount"] == 1
    assert response["Entries"][0]["ErrorCode"] == code
    assert "EventId" in response["Entries"][1]


def test_control_surface_emits_events_of_aws_services_unchanged(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "own-door", EVENTS)
    make_rule(local_aws, "own-door", {"Arn": queue_arn}, pattern={"source": ["aws.own-door"]})
    event = {
        "version": "0",
        "id": "given",
        "detail-type": "Given",
        "source": "aws.own-door",
        "account": ACCOUNT_ID,
        "time": "2020-01-01T00:00:00Z",
        "region": REGION,
        "resources": ["arn:given"],
        "detail": {"given": True},
    }

    assert local_aws.post("events", [event]) == {"eventIds": ["given"]}

    assert json.loads(next_message(local_aws, url)["Body"]) == event


def test_control_surface_refuses_an_incomplete_event(local_aws: LocalAws) -> None:
    with pytest.raises(ValueError, match="detail-type"):
        local_aws.post("events", [{"source": "aws.x", "detail": {}}])


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ({"Arn": f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:x"}, "ValidationException", "RoleArn is required"),
        (
            {"Arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/x"},
            "NotImplemented",
            "targets of the service kinesis",
        ),
        (
            {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:x", "Input": "1", "InputPath": "$"},
            "ValidationException",
            "Only one of Input, InputPath, or InputTransformer must be provided",
        ),
        (
            {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:x", "InputPath": "$['detail']"},
            "ValidationException",
            "$['detail'] is not valid",
        ),
        (
            {
                "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:x",
                "InputTransformer": {"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '"<a> <b>"'},
            },
            "ValidationException",
            "InputTemplate for target 1 contains invalid placeholder b.",
        ),
    ],
)
def test_put_targets_refuses(local_aws: LocalAws, target: dict[str, str], code: str, message: str) -> None:
    client = local_aws.client("events")
    client.put_rule(Name="refusing", EventPattern='{"source": ["x"]}')

    with pytest.raises(ClientError) as refusal:
        client.put_targets(Rule="refusing", Targets=[{"Id": "1", **target}])

    assert refusal.value.response["Error"]["Code"] == code
    assert message in refusal.value.response["Error"]["Message"]
