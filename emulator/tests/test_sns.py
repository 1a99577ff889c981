"""SNS checks requests and delivers as itself; moto delivers to queues regardless of policies."""

import json
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.functions import make_function
from support.queues import attributes_of, is_empty, make_queue, next_message

SNS = "sns.amazonaws.com"


def _topic(local_aws: LocalAws, name: str, **attributes: str) -> str:
    return str(local_aws.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"])


def _subscribe(local_aws: LocalAws, topic: str, protocol: str, endpoint: str, **attributes: Any) -> None:
    local_aws.client("sns").subscribe(
        TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
    )


def test_queue_gets_the_notification_with_virtual_time(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "enveloped")
    url, queue_arn = make_queue(local_aws, "enveloped", SNS)
    _subscribe(local_aws, topic, "sqs", queue_arn)
    before = datetime.fromisoformat(local_aws.get("clock")["now"])

    published = local_aws.client("sns").publish(
        TopicArn=topic,
        Subject="A subject",
        Message="A message",
        MessageAttributes={"colour": {"DataType": "String", "StringValue": "red"}},
    )

    envelope = json.loads(next_message(local_aws, url)["Body"])
    expected = {
        "Type": "Notification",
        "MessageId": published["MessageId"],
        "TopicArn": topic,
        "Subject": "A subject",
        "Message": "A message",
        "MessageAttributes": {"colour": {"Type": "String", "Value": "red"}},
    }
    assert {name: envelope.get(name) for name in expected} == expected
    assert 0 <= (datetime.fromisoformat(envelope["Timestamp"]) - before).total_seconds() < 30


def test_raw_delivery_sends_the_message_with_its_attributes(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "raw")
    url, queue_arn = make_queue(local_aws, "raw", SNS)
    _subscribe(local_aws, topic, "sqs", queue_arn, RawMessageDelivery="true")

    local_aws.client("sns").publish(
        TopicArn=topic, Message="plain", MessageAttributes={"n": {"DataType": "Number", "StringValue": "5"}}
    )

    message = next_message(local_aws, url)
    assert message["Body"] == "plain"
    assert attributes_of(message) == {"n": "5"}


def test_queue_that_does_not_permit_sns_gets_nothing(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "shut-out")
    url, queue_arn = make_queue(local_aws, "shut-out", "events.amazonaws.com")
    letters_url, letters_arn = make_queue(local_aws, "shut-out-letters", SNS)
    _subscribe(local_aws, topic, "sqs", queue_arn, RedrivePolicy=json.dumps({"deadLetterTargetArn": letters_arn}))

    local_aws.client("sns").publish(TopicArn=topic, Message="anybody?")

    letter = next_message(local_aws, letters_url)
    assert json.loads(letter["Body"])["Message"] == "anybody?"
    assert attributes_of(letter)["ErrorCode"] == "403"
    assert is_empty(local_aws, url)


def test_raw_message_is_raw_in_the_dead_letter_queue(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "raw-letters")
    _, queue_arn = make_queue(local_aws, "raw-shut-out", "events.amazonaws.com")
    letters_url, letters_arn = make_queue(local_aws, "raw-letters", SNS)
    options = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": letters_arn}), "RawMessageDelivery": "true"}
    _subscribe(local_aws, topic, "sqs", queue_arn, **options)
    attributes = {"n": {"DataType": "Number", "StringValue": "5"}}

    local_aws.client("sns").publish(TopicArn=topic, Message="plain", MessageAttributes=attributes)

    letter = next_message(local_aws, letters_url)
    assert letter["Body"] == "plain"
    assert attributes_of(letter) | {"ErrorMessage": "", "RequestID": ""} == {
        "n": "5",
        "ErrorCode": "403",
        "ErrorMessage": "",
        "RequestID": "",
    }


def test_structured_message_has_a_text_for_each_protocol(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "structured")
    url, queue_arn = make_queue(local_aws, "structured-messages", SNS)
    _subscribe(local_aws, topic, "sqs", queue_arn)
    sns = local_aws.client("sns")

    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "all", "sqs": "queues"}))
    assert json.loads(next_message(local_aws, url)["Body"])["Message"] == "queues"

    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "all", "sqs": {"a": 1}}))
    assert json.loads(next_message(local_aws, url)["Body"])["Message"] == "all"

    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "all"}))
    assert json.loads(next_message(local_aws, url)["Body"])["Message"] == "all"


def test_function_gets_a_record_of_the_notification(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "to-function")
    url, queue_arn = make_queue(local_aws, "to-function")
    function = make_function(local_aws, "on-message", "def handler(event, context):\n    return event['Records'][0]\n")
    client = local_aws.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName="on-message", DestinationConfig={"OnSuccess": {"Destination": queue_arn}}
    )
    client.add_permission(
        FunctionName="on-message", StatementId="sns", Action="lambda:InvokeFunction", Principal=SNS, SourceArn=topic
    )
    _subscribe(local_aws, topic, "lambda", function)

    published = local_aws.client("sns").publish(TopicArn=topic, Message="for a function")

    record = json.loads(next_message(local_aws, url)["Body"])["responsePayload"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"].startswith(f"{topic}:")
    notification = record["Sns"]
    assert notification["MessageId"] == published["MessageId"]
    assert (notification["Message"], notification["Subject"]) == ("for a function", None)
    assert (notification["TopicArn"], notification["MessageAttributes"]) == (topic, {})


@pytest.mark.parametrize(
    ("name", "policy", "attributes", "passes"),
    [
        ("equal", {"colour": ["red"]}, {"colour": ("String", "red")}, True),
        ("other", {"colour": ["red"]}, {"colour": ("String", "blue")}, False),
        ("absent", {"colour": ["red"]}, {}, False),
        ("part-of-text", {"colour": ["e"]}, {"colour": ("String", '"red"')}, False),
        ("numeric", {"size": [{"numeric": [">", 1]}]}, {"size": ("Number", "2")}, True),
        ("array", {"tags": ["b"]}, {"tags": ("String.Array", '["a", "b"]')}, True),
        ("either", {"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": ("String", "y")}, True),
        ("network", {"ip": [{"cidr": "10.0.0.0/8"}]}, {"ip": ("String", "10.1.2.3")}, True),
        (
            "large",
            {"$or": [{name: [f"{name}{value}" for value in range(50)]} for name in "abc"]},
            {"c": ("String", "c49")},
            True,
        ),
        ("neither", {"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": ("String", "x")}, False),
    ],
)
def test_filter_policy_on_attributes(
    local_aws: LocalAws, name: str, policy: dict[str, Any], attributes: dict[str, tuple[str, str]], passes: bool
) -> None:
    topic = _topic(local_aws, f"filter-{name}")
    _subscribe(local_aws, topic, "email", "somebody@example.com", FilterPolicy=json.dumps(policy))
    given = {key: {"DataType": kind, "StringValue": value} for key, (kind, value) in attributes.items()}

    local_aws.client("sns").publish(TopicArn=topic, Message="filtered", MessageAttributes=given)

    (message,) = _messages(local_aws, topic)
    assert bool(message["subscribers"]) is passes


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ('["red"]', "FilterPolicy: Filter is not an object"),
        ("{red", "FilterPolicy: failed to parse JSON."),
        ('{"colour": "red"}', 'FilterPolicy: "colour" must be an object or an array'),
        ('{"colour": []}', "FilterPolicy: Empty arrays are not allowed"),
        ('{"colour": [{"prefix": 1}]}', "FilterPolicy: prefix match pattern must be a string"),
        ('{"colour": [{"sounds-like": "red"}]}', "FilterPolicy: Unrecognized match type sounds-like"),
        ('{"colour": [{"wildcard": "r*"}]}', "FilterPolicy: Unrecognized match type wildcard"),
        ('{"size": [{"numeric": ["<"]}]}', "FilterPolicy: Value of < must be numeric"),
        (
            json.dumps({name: ["x"] for name in "abcdef"}),
            "FilterPolicy: Filter policy can not have more than 5 keys",
        ),
        (
            json.dumps({"a": [str(number) for number in range(151)]}),
            "FilterPolicy: Filter policy is too complex",
        ),
    ],
)
def test_invalid_filter_policy_is_refused(local_aws: LocalAws, policy: str, reason: str) -> None:
    sns, topic = local_aws.client("sns"), _topic(local_aws, "refusing-filters")
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint="me@example.com", ReturnSubscriptionArn=True
    )

    with pytest.raises(ClientError) as of_set:
        sns.set_subscription_attributes(
            SubscriptionArn=subscription["SubscriptionArn"], AttributeName="FilterPolicy", AttributeValue=policy
        )
    with pytest.raises(ClientError) as of_subscribe:
        _subscribe(local_aws, topic, "email", "you@example.com", FilterPolicy=policy)

    refusal = of_set.value.response["Error"]
    assert (refusal["Code"], refusal["Message"]) == ("InvalidParameter", f"Invalid parameter: {reason}")
    assert of_subscribe.value.response["Error"]["Message"] == f"Invalid parameter: Attributes Reason: {reason}"
    (only,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert only["Endpoint"] == "me@example.com"


def test_filter_policy_on_the_body(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "filter-body")
    policy = {"order": {"total": [{"numeric": [">=", 100]}]}}
    options = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": "MessageBody"}
    _subscribe(local_aws, topic, "email", "somebody@example.com", **options)
    sns = local_aws.client("sns")

    for text in ('{"order": {"total": 100}}', '{"order": {"total": 99}}', "no JSON"):
        sns.publish(TopicArn=topic, Message=text)

    assert [len(message["subscribers"]) for message in _messages(local_aws, topic)] == [1, 0, 0]


def test_every_published_message_is_listed(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "readable")
    _subscribe(local_aws, topic, "email", "me@example.com")

    published = local_aws.client("sns").publish(
        TopicArn=topic,
        Subject="Read me",
        Message="text",
        MessageAttributes={"colour": {"DataType": "String", "StringValue": "red"}},
    )

    (message,) = _messages(local_aws, topic)
    assert datetime.fromisoformat(message.pop("time")) <= datetime.fromisoformat(local_aws.get("clock")["now"])
    assert message == {
        "topicArn": topic,
        "messageId": published["MessageId"],
        "subject": "Read me",
        "message": "text",
        "attributes": {"colour": "red"},
        "subscribers": [{"protocol": "email", "endpoint": "me@example.com"}],
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"Subject": "x" * 100}, "Invalid parameter: Subject"),
        ({"Subject": "two\nlines"}, "Invalid parameter: Subject"),
        ({"Subject": "control \x07"}, "Invalid parameter: Subject"),
        ({"Subject": ""}, "Invalid parameter: Subject"),
        ({"Message": ""}, "Invalid parameter: Empty message"),
        ({"Message": "é" * 131073}, "Invalid parameter: Message too long"),
        (
            {
                "Message": "x" * (256 * 1024 - 8),
                "MessageAttributes": {"a": {"DataType": "String", "StringValue": "bc"}},
            },
            "Invalid parameter: Message too long",
        ),
        ({"MessageStructure": "xml"}, "Invalid parameter: MessageStructure"),
        (
            {"MessageStructure": "json", "Message": "{"},
            "Invalid parameter: Message Structure - JSON message body failed to parse",
        ),
        (
            {"MessageStructure": "json", "Message": '{"email": "x"}'},
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
    ],
)
def test_publish_refuses(local_aws: LocalAws, options: dict[str, str], message: str) -> None:
    topic = _topic(local_aws, "refusing")

    with pytest.raises(ClientError) as refusal:
        local_aws.client("sns").publish(**{"TopicArn": topic, "Message": "text", **options})

    assert refusal.value.response["Error"]["Code"] == "InvalidParameter"
    assert refusal.value.response["Error"]["Message"] == message


def test_publish_accepts_the_longest_subject_and_message(local_aws: LocalAws) -> None:
    topic = _topic(local_aws, "longest")

    local_aws.client("sns").publish(TopicArn=topic, Subject="é" * 99, Message="x" * 256 * 1024)

    (message,) = _messages(local_aws, topic)
    assert (len(message["subject"]), len(message["message"])) == (99, 256 * 1024)


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        (
            {"DataType": "String", "StringValue": ""},
            "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
        ),
        ({"DataType": "Number", "StringValue": "many"}, "Could not cast message attribute 'a' value to number."),
        ({"DataType": "Text", "StringValue": "x"}, "The message attribute 'a' has an invalid message attribute type"),
    ],
)
def test_publish_refuses_attributes(local_aws: LocalAws, attribute: dict[str, str], message: str) -> None:
    topic = _topic(local_aws, "refusing-attributes")

    with pytest.raises(ClientError) as refusal:
        local_aws.client("sns").publish(TopicArn=topic, Message="text", MessageAttributes={"a": attribute})

    assert refusal.value.response["Error"]["Code"] == "ParameterValueInvalid"
    assert message in refusal.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a#b", "Invalid non-alphanumeric character '#x23' was found in the message attribute name."),
        ("a b", "Invalid non-alphanumeric character '#x20' was found in the message attribute name."),
        (".a", "Invalid message attribute name starting with character '.' was found."),
        ("a.", "Invalid message attribute name ending with character '.' was found."),
        ("a..b", "Message attribute name can not have successive '.' character."),
    ],
)
def test_publish_refuses_invalid_names_of_attributes(local_aws: LocalAws, name: str, message: str) -> None:
    topic = _topic(local_aws, "refusing-names")
    attributes = {name: {"DataType": "String", "StringValue": "x"}}

    with pytest.raises(ClientError) as refusal:
        local_aws.client("sns").publish(TopicArn=topic, Message="text", MessageAttributes=attributes)

    assert refusal.value.response["Error"]["Code"] == "ParameterValueInvalid"
    assert refusal.value.response["Error"]["Message"].startswith(message)


def test_publish_reports_a_missing_topic(local_aws: LocalAws) -> None:
    with pytest.raises(ClientError) as refusal:
        local_aws.client("sns").publish(TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:nowhere", Message="text")

    assert refusal.value.response["Error"]["Code"] == "NotFound"
    assert refusal.value.response["Error"]["Message"] == "Topic does not exist"


def test_publish_refuses_an_invalid_arn(local_aws: LocalAws) -> None:
    with pytest.raises(ClientError) as refusal:
        local_aws.client("sns").publish(TopicArn="nowhere", Message="text")

    assert refusal.value.response["Error"]["Code"] == "InvalidParameter"
    assert "An ARN must have at least 6 elements, not 1" in refusal.value.response["Error"]["Message"]


def test_publish_to_an_encrypted_topic_needs_its_key(local_aws: LocalAws) -> None:
    kms, sns = local_aws.client("kms"), local_aws.client("sns")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    topic = _topic(local_aws, "encrypted", KmsMasterKeyId=key)
    sns.publish(TopicArn=topic, Message="enabled")

    for action, code in ((kms.disable_key, "KMSDisabled"), (kms.schedule_key_deletion, "KMSInvalidState")):
        action(KeyId=key)
        with pytest.raises(ClientError) as refusal:
            sns.publish(TopicArn=topic, Message="unusable")
        assert refusal.value.response["Error"]["Code"] == code

    missing = _topic(local_aws, "encrypted-by-nothing", KmsMasterKeyId="alias/nothing")
    with pytest.raises(ClientError) as refusal:
        sns.publish(TopicArn=missing, Message="lost")
    assert refusal.value.response["Error"]["Code"] == "KMSNotFound"


def _messages(local_aws: LocalAws, topic: str) -> list[dict[str, Any]]:
    return [message for message in local_aws.get("sns/messages") if message["topicArn"] == topic]
