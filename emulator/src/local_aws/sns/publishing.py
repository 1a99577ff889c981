"""Publishing: check, record, filter for each subscription, and deliver."""

from __future__ import annotations

import json
import uuid
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from moto.sns.exceptions import SNSNotFoundError, TopicNotFound
from moto.sns.models import SNSBackend, Subscription, Topic
from moto.sns.responses import SNSResponse
from moto.sns.utils import FilterPolicyMatcher

from local_aws.core import background
from local_aws.events.patterns import Pattern
from local_aws.sns import checks, delivery, messages
from local_aws.sns.checks import InvalidParameterError
from local_aws.sns.messages import Message

RSA_BITS = 2048


def install() -> None:
    """Replace moto's publishing."""
    transform, publish = SNSResponse._transform_message_attributes, SNSBackend.publish

    def transform_checked(response: SNSResponse, attributes: dict[str, Any]) -> Any:
        checks.check_attributes(attributes)
        return transform(response, attributes)

    def publish_checked(backend: SNSBackend, message: str, arn: str | None, *others: Any, **named: Any) -> Any:
        if arn is not None and ":endpoint/" not in arn:
            topic = _topic(backend, arn)
            attributes = named.get("message_attributes") or {}
            checks.check_message(topic, message, named.get("subject"), named.get("message_structure"), attributes)
            if topic.fifo_topic and not named.get("group_id"):  # moto: MissingParameter
                raise InvalidParameterError("The MessageGroupId parameter is required for FIFO topics")
            checks.check_key(topic)
        return publish(backend, message, arn, *others, **named)

    SNSResponse._transform_message_attributes = transform_checked
    SNSBackend.publish = publish_checked
    Topic.publish = _publish
    FilterPolicyMatcher.matches = _matches
    Subscription.private_key = lambda _: _private_key()


def _topic(backend: SNSBackend, arn: str) -> Topic:
    """The topic with this ARN.

    Raises
    ------
    InvalidParameterError
        If it is not an ARN.
    moto.sns.exceptions.TopicNotFound
        moto would report a missing mobile endpoint.
    """
    parts = arn.count(":") + 1
    if parts < 6:
        raise InvalidParameterError(f"TopicArn Reason: An ARN must have at least 6 elements, not {parts}")
    try:
        return backend.get_topic(arn)
    except SNSNotFoundError as error:
        raise TopicNotFound from error


def _publish(
    topic: Topic,
    message: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
    message_structure: str | None = None,
) -> str:
    published = Message(
        topic_arn=topic.arn,
        message_id=str(uuid.uuid4()),
        subject=subject,
        text=message,
        attributes=message_attributes or {},
        structure=message_structure,
        group_id=group_id,
        deduplication_id=deduplication_id,
    )
    receivers = [
        each
        for each in topic.sns_backend._get_topic_subscriptions(topic)
        if each._filter_policy_matcher is None or each._filter_policy_matcher.matches(message_attributes, message)
    ]
    messages.record(published, [{"protocol": each.protocol, "endpoint": each.endpoint} for each in receivers])

    def deliver() -> None:
        for each in receivers:
            delivery.deliver(each, published)

    if topic.fifo_topic:
        deliver()  # waits, to keep the order of publishing
    else:
        background.run(deliver)
    return published.message_id


def _matches(matcher: FilterPolicyMatcher, attributes: dict[str, Any] | None, message: str) -> bool:
    """Whether a subscription with this filter policy gets the message (SNS developer guide, "message filtering")."""
    if not matcher.filter_policy:
        return True
    if matcher.filter_policy_scope == "MessageAttributes":
        subject = {name: _value_of(attribute) for name, attribute in (attributes or {}).items()}
    else:
        try:
            subject = json.loads(message)
        except json.JSONDecodeError:
            return False
    return isinstance(subject, dict) and Pattern(json.dumps(matcher.filter_policy)).matches(subject)


def _value_of(attribute: dict[str, Any]) -> Any:
    """The attribute's value for filter policies."""
    match attribute["Type"]:
        case "Number":
            return float(attribute["Value"])
        case "String.Array":
            return json.loads(attribute["Value"])
        case _:
            return attribute["Value"]


@cache
def _private_key() -> rsa.RSAPrivateKey:
    """One key for all subscriptions: moto creates one for each, which takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
