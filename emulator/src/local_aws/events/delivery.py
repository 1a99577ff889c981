"""Deliveries: call a target, retry if the error is retryable, and send lost events to the dead-letter queue.

EventBridge user guide, "How EventBridge retries delivering events" and "Using dead-letter queues to
process undelivered events".
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Thread
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends

from local_aws.core import background
from local_aws.core.clock import clock
from local_aws.events import targets, transform

_logger = logging.getLogger(__name__)

RETRY_ATTEMPTS = 185
MAXIMUM_AGE_SECONDS = 24 * 3600
LONGEST_RETRY_SECONDS = 480  # doubled from one second; 185 attempts then take AWS's 24 hours
_NAME_OF_CODE = (  # in this order: the first that the error code contains
    ("AccessDenied", "NO_PERMISSIONS"),
    ("AuthorizationError", "NO_PERMISSIONS"),
    ("KMS", "NO_PERMISSIONS"),
    ("NotFound", "NO_RESOURCE"),
    ("DoesNotExist", "NO_RESOURCE"),
    ("NonExistentQueue", "NO_RESOURCE"),
    ("TooManyRequests", "THROTTLING"),
    ("Throttl", "THROTTLING"),
    ("LimitExceeded", "RESOURCE_LIMIT_EXCEEDED"),
)


@dataclass(frozen=True)
class Delivery:
    """The delivery of an event to a target of a rule."""

    rule_arn: str
    target: dict[str, Any]
    event: dict[str, Any]
    first_at: float
    retries: int = 0


def start(rule_arn: str, target: dict[str, Any], event: dict[str, Any]) -> Thread:
    """Deliver `event` to `target`. The returned thread ends with the first attempt."""
    delivery = Delivery(rule_arn, target, event, clock.now())
    return background.run(lambda: _attempt(delivery))


def _attempt(delivery: Delivery) -> None:
    _count(delivery, "Invocations")
    try:
        payload = transform.payload(delivery.target, delivery.event, delivery.rule_arn)
        targets.call(delivery.target, delivery.rule_arn, delivery.event, payload)
    except transform.UndeliverableError as error:
        _count(delivery, "FailedInvocations")
        _logger.warning("event %s dropped by %s: %s", delivery.event["id"], delivery.rule_arn, error)
    except ClientError as error:
        _retry_or_fail(delivery, error)


def _retry_or_fail(delivery: Delivery, error: ClientError) -> None:
    """Retry if the error is retryable; otherwise the delivery has failed."""
    if not _is_retryable(error):
        _fail(delivery, error, None)
        return
    policy = delivery.target.get("RetryPolicy", {})
    seconds = min(2**delivery.retries, LONGEST_RETRY_SECONDS)
    if delivery.retries >= policy.get("MaximumRetryAttempts", RETRY_ATTEMPTS):
        _fail(delivery, error, "MaximumRetryAttempts")
    elif clock.now() + seconds - delivery.first_at > policy.get("MaximumEventAgeInSeconds", MAXIMUM_AGE_SECONDS):
        _fail(delivery, error, "MaximumEventAgeInSeconds")
    else:
        again = replace(delivery, retries=delivery.retries + 1)
        background.run_later(seconds, lambda: _attempt(again))


def _is_retryable(error: ClientError) -> bool:
    """Whether a retry can succeed: the target is throttled or broken, and not forbidden or missing."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return bool(status >= HTTPStatus.INTERNAL_SERVER_ERROR) or _name(error) == "THROTTLING"


def _name(error: ClientError) -> str:
    if error.operation_name == "AssumeRole":
        return "FAILED_TO_ASSUME_ROLE"
    code = error.response["Error"]["Code"]
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "ERROR_FROM_TARGET"
    return next((name for part, name in _NAME_OF_CODE if part in code), "INVALID_PARAMETER")


def _fail(delivery: Delivery, error: ClientError, exhausted: str | None) -> None:
    _count(delivery, "FailedInvocations")
    queue_arn = delivery.target.get("DeadLetterConfig", {}).get("Arn")
    if not queue_arn:
        _logger.warning("event %s dropped by %s: %s", delivery.event["id"], delivery.rule_arn, error)
        return
    attributes = {
        "RULE_ARN": delivery.rule_arn,
        "TARGET_ARN": delivery.target["Arn"],
        "ERROR_CODE": _name(error),
        "ERROR_MESSAGE": error.response["Error"]["Message"],
        "EXHAUSTED_RETRY_CONDITION": exhausted or "",
        "RETRY_ATTEMPTS": str(delivery.retries),
    }
    try:
        targets.send_to_queue(queue_arn, delivery.rule_arn, json.dumps(delivery.event), attributes)
    except ClientError as refusal:
        _count(delivery, "InvocationsFailedToBeSentToDlq")
        _logger.warning("event %s is lost: %s: %s", delivery.event["id"], queue_arn, refusal)
    else:
        _count(delivery, "InvocationsSentToDlq")


def _count(delivery: Delivery, metric: str) -> None:
    """Add one to a metric of the rule (EventBridge user guide, "Monitoring Amazon EventBridge")."""
    region, account_id, rule = delivery.rule_arn.split(":")[3:6]
    dimensions = [{"Name": "RuleName", "Value": rule.rsplit("/", 1)[-1]}]
    data = [{"MetricName": metric, "Dimensions": dimensions, "Value": 1, "Unit": "Count"}]
    cloudwatch_backends[account_id][region].put_metric_data("AWS/Events", data)
