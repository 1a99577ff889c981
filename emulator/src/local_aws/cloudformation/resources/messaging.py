"""AWS::SNS and AWS::SQS: topics, subscriptions, queues and their policies."""

from __future__ import annotations

import json
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.base import (
    Context,
    Name,
    Properties,
    Provisioned,
    ResourceType,
    Types,
    document,
    only,
    retag,
    tag_list,
    tag_map,
)

_TOPIC_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)
_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)
_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)
# Values of attributes that are removed from the template (SQS API reference, SetQueueAttributes).
_QUEUE_DEFAULTS = {
    "DelaySeconds": "0",
    "KmsDataKeyReusePeriodSeconds": "300",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
}


def _attributes(properties: Properties, names: tuple[str, ...]) -> dict[str, str]:
    """The properties of these names as text, which SNS and SQS expect of attributes."""
    return {name: _text(value) for name, value in only(properties, *names).items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _create_topic(context: Context, properties: Properties) -> Provisioned:
    sns, name = context.client("sns"), properties["TopicName"]
    if properties.get("FifoTopic") and not name.endswith(".fifo"):
        name = f"{name}.fifo"
    arn = context.arn("sns", name)
    if _topic_exists(sns, arn):
        raise ResourceError(
            f"{name} already exists in stack or account"
        )  # CreateTopic would return the other stack's topic
    request = {"Attributes": _attributes(properties, _TOPIC_ATTRIBUTES), "Tags": properties.get("Tags", [])}
    sns.create_topic(Name=name, **request)
    context.initiated(arn)
    for subscription in properties.get("Subscription", []):
        sns.subscribe(TopicArn=arn, **subscription)
    return Provisioned(arn, _topic_attributes(arn, properties))


def _topic_exists(sns: Any, arn: str) -> bool:
    try:
        sns.get_topic_attributes(TopicArn=arn)
    except sns.exceptions.NotFoundException:
        return False
    return True


def _update_topic(context: Context, arn: str, old: Properties, new: Properties) -> Provisioned:
    sns = context.client("sns")
    before, after = (_attributes(each, _TOPIC_ATTRIBUTES) for each in (old, new))
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=after.get(name, ""))
    retag(
        old,
        new,
        lambda tags: sns.tag_resource(ResourceArn=arn, Tags=tag_list(tags)),
        lambda keys: sns.untag_resource(ResourceArn=arn, TagKeys=keys),
    )
    for subscription in new.get("Subscription", []):
        if subscription not in old.get("Subscription", []):
            sns.subscribe(TopicArn=arn, **subscription)
    gone = [each for each in old.get("Subscription", []) if each not in new.get("Subscription", [])]
    for existing in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] if gone else []:
        if only(existing, "Protocol", "Endpoint") in gone:
            sns.unsubscribe(SubscriptionArn=existing["SubscriptionArn"])
    return Provisioned(arn, _topic_attributes(arn, new))


def _topic_attributes(arn: str, properties: Properties) -> dict[str, str]:
    return {"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[1], "DisplayName": properties.get("DisplayName", "")}


def _delete_topic(context: Context, arn: str, _: Properties) -> None:
    sns = context.client("sns")
    for subscription in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sns.delete_topic(TopicArn=arn)


def _create_topic_policy(context: Context, properties: Properties) -> Provisioned:
    for arn in properties["Topics"]:
        _set_topic_policy(context, arn, document(properties["PolicyDocument"]))
    return Provisioned(context.logical_id, {"Id": context.logical_id})


def _update_topic_policy(context: Context, physical_id: str, old: Properties, new: Properties) -> Provisioned:
    _create_topic_policy(context, new)
    _delete_topic_policy(context, physical_id, {"Topics": [arn for arn in old["Topics"] if arn not in new["Topics"]]})
    return Provisioned(physical_id, {"Id": physical_id})


def _delete_topic_policy(context: Context, _: str, properties: Properties) -> None:
    """Reset the topic's policy to its default: a topic always has a policy. By default its owner has all rights."""
    for arn in properties["Topics"]:
        owner = {"StringEquals": {"AWS:SourceOwner": context.account_id}}
        actions = ["GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic"]
        actions += ["Subscribe", "ListSubscriptionsByTopic", "Publish"]
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [f"SNS:{action}" for action in actions],
            "Resource": arn,
            "Condition": owner,
        }
        policy = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
        _set_topic_policy(context, arn, json.dumps(policy))


def _set_topic_policy(context: Context, arn: str, policy: str) -> None:
    context.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _create_subscription(context: Context, properties: Properties) -> Provisioned:
    request = only(properties, "TopicArn", "Protocol", "Endpoint")
    attributes = _attributes(properties, _SUBSCRIPTION_ATTRIBUTES)
    answer = context.client("sns").subscribe(**request, Attributes=attributes, ReturnSubscriptionArn=True)
    return Provisioned(answer["SubscriptionArn"], {"Arn": answer["SubscriptionArn"]})


def _update_subscription(context: Context, arn: str, old: Properties, new: Properties) -> Provisioned:
    before, after = (_attributes(each, _SUBSCRIPTION_ATTRIBUTES) for each in (old, new))
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            value = after.get(name, "")
            sns = context.client("sns")
            sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)
    return Provisioned(arn, {"Arn": arn})


def _delete_subscription(context: Context, arn: str, _: Properties) -> None:
    context.client("sns").unsubscribe(SubscriptionArn=arn)


def _create_queue(context: Context, properties: Properties) -> Provisioned:
    sqs, name = context.client("sqs"), properties["QueueName"]
    if properties.get("FifoQueue") and not name.endswith(".fifo"):
        name = f"{name}.fifo"
    if _queue_exists(sqs, name):
        raise ResourceError(
            f"{name} already exists in stack or account"
        )  # CreateQueue would return the other stack's queue
    tags = {"tags": tag_map(properties)} if properties.get("Tags") else {}
    answer = sqs.create_queue(QueueName=name, Attributes=_attributes(properties, _QUEUE_ATTRIBUTES), **tags)
    return _queue(context, answer["QueueUrl"])


def _queue_exists(sqs: Any, name: str) -> bool:
    try:
        sqs.get_queue_url(QueueName=name)
    except sqs.exceptions.QueueDoesNotExist:
        return False
    return True


def _queue(context: Context, url: str) -> Provisioned:
    name = url.rsplit("/", 1)[1]
    return Provisioned(url, {"Arn": context.arn("sqs", name), "QueueName": name, "QueueUrl": url})


def _update_queue(context: Context, url: str, old: Properties, new: Properties) -> Provisioned:
    sqs = context.client("sqs")
    before, after = (_attributes(each, _QUEUE_ATTRIBUTES) for each in (old, new))
    different = {
        name: after.get(name, _QUEUE_DEFAULTS.get(name, ""))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }
    if different:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=different)
    retag(
        old,
        new,
        lambda tags: sqs.tag_queue(QueueUrl=url, Tags=tags),
        lambda keys: sqs.untag_queue(QueueUrl=url, TagKeys=keys),
    )
    return _queue(context, url)


def _delete_queue(context: Context, url: str, _: Properties) -> None:
    context.client("sqs").delete_queue(QueueUrl=url)


def _create_queue_policy(context: Context, properties: Properties) -> Provisioned:
    for url in properties["Queues"]:
        _set_queue_policy(context, url, document(properties["PolicyDocument"]))
    return Provisioned(context.logical_id, {"Id": context.logical_id})


def _update_queue_policy(context: Context, physical_id: str, old: Properties, new: Properties) -> Provisioned:
    _create_queue_policy(context, new)
    _delete_queue_policy(context, physical_id, {"Queues": [url for url in old["Queues"] if url not in new["Queues"]]})
    return Provisioned(physical_id, {"Id": physical_id})


def _delete_queue_policy(context: Context, _: str, properties: Properties) -> None:
    for url in properties["Queues"]:
        _set_queue_policy(context, url, "")


def _set_queue_policy(context: Context, url: str, policy: str) -> None:
    context.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


TYPES: Types = {
    "AWS::SNS::Topic": ResourceType(
        properties=" ".join((*_TOPIC_ATTRIBUTES, "Subscription", "Tags", "TopicName")),
        create=_create_topic,
        update=_update_topic,
        delete=_delete_topic,
        name=Name("TopicName", longest=251),  # .fifo can follow
        attributes="DisplayName TopicArn TopicName",
        changing="DisplayName",
    ),
    "AWS::SNS::TopicPolicy": ResourceType(
        properties="PolicyDocument Topics",
        create=_create_topic_policy,
        update=_update_topic_policy,
        delete=_delete_topic_policy,
        attributes="Id",
    ),
    "AWS::SNS::Subscription": ResourceType(
        properties=" ".join((*_SUBSCRIPTION_ATTRIBUTES, "Endpoint", "Protocol", "TopicArn")),
        create=_create_subscription,
        update=_update_subscription,
        delete=_delete_subscription,
        attributes="Arn",
    ),
    "AWS::SQS::Queue": ResourceType(
        properties=" ".join((*_QUEUE_ATTRIBUTES, "QueueName", "Tags")),
        create=_create_queue,
        update=_update_queue,
        delete=_delete_queue,
        name=Name("QueueName", longest=75),  # .fifo can follow
        attributes="Arn QueueName QueueUrl",
    ),
    "AWS::SQS::QueuePolicy": ResourceType(
        properties="PolicyDocument Queues",
        create=_create_queue_policy,
        update=_update_queue_policy,
        delete=_delete_queue_policy,
        attributes="Id",
    ),
}
