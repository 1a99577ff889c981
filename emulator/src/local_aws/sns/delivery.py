"""Deliveries to subscribers: SNS calls queues and functions. Other subscribers cannot be reached.

SNS developer guide, "Amazon SNS message delivery" and "Fanout to …".
"""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

from botocore.exceptions import ClientError
from moto.sns.models import Subscription

from local_aws.core import clients, principals
from local_aws.sns.messages import Message
from local_aws.sqs import queue_url

_logger = logging.getLogger(__name__)

SERVICE = "sns.amazonaws.com"


def deliver(subscription: Subscription, message: Message) -> None:
    """Deliver `message` to the subscriber, or to the subscription's dead-letter queue if the subscriber refuses it."""
    try:
        if subscription.protocol == "sqs":
            _send(subscription, message)
        elif subscription.protocol == "lambda":
            _invoke(subscription, message)
    except ClientError as error:
        _fail(subscription, message, error)


def text_for(protocol: str, message: Message) -> str:
    """The text for subscribers of the protocol: a structured message has one per protocol and a default."""
    if message.structure != "json":
        return message.text
    structured = json.loads(message.text)
    text = structured.get(protocol)
    return text if isinstance(text, str) else str(structured["default"])


def _client(service: str, arn: str, topic_arn: str) -> Any:
    return clients.client(service, arn.split(":")[3], principals.service_session(SERVICE, topic_arn))


def _send(subscription: Subscription, message: Message) -> None:
    sqs = _client("sqs", subscription.endpoint, message.topic_arn)
    options: dict[str, Any] = {}
    if message.group_id:
        options["MessageGroupId"] = message.group_id
    if message.deduplication_id:
        options["MessageDeduplicationId"] = message.deduplication_id
    options["MessageAttributes"] = _raw_attributes(subscription, message)
    body = _body(subscription, message)
    sqs.send_message(QueueUrl=queue_url(subscription.endpoint), MessageBody=body, **options)


def _body(subscription: Subscription, message: Message) -> str:
    """The body of a message to the subscriber's queue or the dead-letter queue."""
    if _is_raw(subscription):
        return text_for(subscription.protocol, message)
    return json.dumps(_envelope(subscription, message), indent=2, separators=(",", " : "))


def _raw_attributes(subscription: Subscription, message: Message) -> dict[str, Any]:
    """The attributes of a raw delivery. Otherwise they are in the envelope."""
    if not _is_raw(subscription):
        return {}
    return {name: _queue_attribute(each) for name, each in message.attributes.items()}


def _is_raw(subscription: Subscription) -> bool:
    return str(subscription.attributes.get("RawMessageDelivery", "")).lower() == "true"


def _queue_attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    if attribute["Type"].startswith("Binary"):
        return {"DataType": attribute["Type"], "BinaryValue": base64.b64decode(attribute["Value"])}
    return {"DataType": attribute["Type"], "StringValue": str(attribute["Value"])}


def _envelope(subscription: Subscription, message: Message) -> dict[str, Any]:
    """The notification, signed with moto's key, whose certificate the server hands out."""
    envelope: dict[str, Any] = subscription.get_post_data(
        text_for(subscription.protocol, message),
        message.message_id,
        message.subject,
        message_attributes=message.attributes or None,
    )
    return {**envelope, "Timestamp": message.time}


def _invoke(subscription: Subscription, message: Message) -> None:
    envelope = _envelope(subscription, message)
    notification = {
        **{name: value for name, value in envelope.items() if name not in ("SigningCertURL", "UnsubscribeURL")},
        "Subject": message.subject,
        "SigningCertUrl": envelope["SigningCertURL"],
        "UnsubscribeUrl": envelope["UnsubscribeURL"],
        "MessageAttributes": message.attributes,
    }
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": notification,
    }
    function = _client("lambda", subscription.endpoint, message.topic_arn)
    payload = json.dumps({"Records": [record]}).encode()
    function.invoke(FunctionName=subscription.endpoint, InvocationType="Event", Payload=payload)


def _fail(subscription: Subscription, message: Message, error: ClientError) -> None:
    policy = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
    queue_arn = policy.get("deadLetterTargetArn")
    if not queue_arn:
        _logger.warning("message %s is lost to %s: %s", message.message_id, subscription.endpoint, error)
        return
    sqs = _client("sqs", queue_arn, message.topic_arn)
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": error.response["ResponseMetadata"].get("RequestId", "none")},
        "ErrorCode": {"DataType": "Number", "StringValue": str(error.response["ResponseMetadata"]["HTTPStatusCode"])},
        "ErrorMessage": {"DataType": "String", "StringValue": error.response["Error"]["Message"]},
    }
    body, own = _body(subscription, message), _raw_attributes(subscription, message)
    try:
        sqs.send_message(QueueUrl=queue_url(queue_arn), MessageBody=body, MessageAttributes=own | attributes)
    except ClientError as refusal:
        _logger.warning("message %s is lost: %s: %s", message.message_id, queue_arn, refusal)
