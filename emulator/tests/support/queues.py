"""Queues for tests, which receive messages that are sent in the background."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws

LONG_POLL_SECONDS = 20


def make_queue(local_aws: LocalAws, name: str, *senders: str) -> tuple[str, str]:
    """Create a queue to which these service principals can send; return its URL and ARN."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"
    statements = [
        {"Effect": "Allow", "Principal": {"Service": sender}, "Action": "sqs:SendMessage", "Resource": arn}
        for sender in senders
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    attributes = {"Policy": policy} if senders else {}
    url = local_aws.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return str(url), arn


def next_message(local_aws: LocalAws, url: str, within_seconds: int = 600) -> dict[str, Any]:
    """The next message of the queue; virtual time passes during the wait."""
    for _ in range(within_seconds // LONG_POLL_SECONDS):
        response = local_aws.client("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=LONG_POLL_SECONDS, MessageAttributeNames=["All"]
        )
        for message in response.get("Messages", []):
            local_aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return dict(message)
    pytest.fail(f"no message in {within_seconds} virtual seconds")


def is_empty(local_aws: LocalAws, url: str) -> bool:
    """Whether no message arrives in some virtual time."""
    return "Messages" not in local_aws.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=LONG_POLL_SECONDS)


def attributes_of(message: dict[str, Any]) -> dict[str, str]:
    """The message's attributes as plain text."""
    return {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
