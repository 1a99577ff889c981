"""Invocations of targets, as the schedule's role.

User guide, "Templated targets", "Context attributes", "Dead-letter queue" and "Managing the execution role".
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from local_aws.core import background, clients, principals
from local_aws.core.authorization.trust import may_assume
from local_aws.core.clock import clock
from local_aws.scheduler.registry import Schedule
from local_aws.sqs import queue_url

_logger = logging.getLogger(__name__)

SERVICE = "scheduler.amazonaws.com"
LONGEST_RETRY_SECONDS = 480
JSON_ONLY = ("lambda", "states")  # API reference, Target: their Input must be well-formed JSON

Target = dict[str, Any]


@dataclass(frozen=True)
class Invocation:
    """The invocation of a schedule's target for one of its times.

    Attributes
    ----------
    schedule_arn, group_arn : str
        Of the schedule, which may be deleted before a retry.
    target : dict
        The target as it was when the time came.
    time : float
        The scheduled time, in seconds since the epoch.
    """

    schedule_arn: str
    group_arn: str
    target: Target
    time: float
    execution_id: str
    retries: int = 0

    @property
    def scheduled_time(self) -> str:
        return iso(self.time)

    def input(self) -> str:
        """The target's input, with its context attributes replaced."""
        attributes = {
            "schedule-arn": self.schedule_arn,
            "scheduled-time": self.scheduled_time,
            "execution-id": self.execution_id,
            "attempt-number": str(self.retries + 1),
        }
        text: str = self.target.get("Input") or self._notification()
        for name, value in attributes.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return text

    def _notification(self) -> str:
        """The input of a target without one."""
        region, account_id = self.schedule_arn.split(":")[3:5]
        return json.dumps(
            {
                "version": "0",
                "id": self.execution_id,
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": account_id,
                "time": self.scheduled_time,
                "region": region,
                "resources": [self.schedule_arn],
                "detail": "{}",
            }
        )


def iso(time: float) -> str:
    """``2022-03-22T18:59:43Z``."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def service_of(target: Target) -> str:
    """The service in the target's ARN, such as ``states`` or ``lambda``."""
    return str(target["Arn"].split(":")[2])


def invoke(schedule: Schedule, time: float) -> str | None:
    """Invoke the target for the scheduled time; return the error of the first attempt, or None."""
    invocation = Invocation(schedule.arn, schedule.group.arn, schedule.content["Target"], time, str(uuid.uuid4()))
    return _attempt(invocation)


def _attempt(invocation: Invocation) -> str | None:
    try:
        CALLS[service_of(invocation.target)](invocation, invocation.input())
    except ClientError as error:
        _retry_or_fail(invocation, error)
        return str(error)
    return None


def _retry_or_fail(invocation: Invocation, error: ClientError) -> None:
    policy = invocation.target["RetryPolicy"]
    seconds = min(2**invocation.retries, LONGEST_RETRY_SECONDS)
    if not _is_retryable(error):
        _fail(invocation, error, None)
    elif invocation.retries >= policy["MaximumRetryAttempts"]:
        _fail(invocation, error, "MaximumRetryAttempts")
    elif clock.now() + seconds - invocation.time > policy["MaximumEventAgeInSeconds"]:
        _fail(invocation, error, "MaximumEventAgeInSeconds")
    else:
        again = replace(invocation, retries=invocation.retries + 1)
        background.run_later(seconds, lambda: _ended(again))


def _ended(invocation: Invocation) -> None:
    problem = _attempt(invocation)
    if problem:
        _logger.info("retry %d of %s failed: %s", invocation.retries, invocation.schedule_arn, problem)


def _is_retryable(error: ClientError) -> bool:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    code = error.response["Error"]["Code"]
    return bool(status >= HTTPStatus.INTERNAL_SERVER_ERROR) or "Throttl" in code or "TooManyRequests" in code


def _fail(invocation: Invocation, error: ClientError, exhausted: str | None) -> None:
    """Send the input to the dead-letter queue, as the schedule's role; without a queue it is lost."""
    queue_arn = invocation.target.get("DeadLetterConfig", {}).get("Arn")
    if not queue_arn:
        _logger.warning("the invocation of %s is lost: %s", invocation.schedule_arn, error)
        return
    attributes = {
        "ERROR_CODE": error.response["Error"]["Code"],
        "ERROR_MESSAGE": error.response["Error"]["Message"],
        "EXECUTION_ID": invocation.execution_id,
        "EXHAUSTED_RETRY_CONDITION": exhausted,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(invocation.retries),
        "SCHEDULED_TIME": invocation.scheduled_time,
        "SCHEDULE_ARN": invocation.schedule_arn,
        "TARGET_ARN": invocation.target["Arn"],
    }
    try:
        _client("sqs", queue_arn, invocation).send_message(
            QueueUrl=queue_url(queue_arn),
            MessageBody=invocation.input(),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
            },
        )
    except ClientError as refusal:
        _logger.warning("the invocation of %s is lost: %s: %s", invocation.schedule_arn, queue_arn, refusal)


def _client(service: str, arn: str, invocation: Invocation) -> Any:
    """A client with the rights of the schedule's role, in the Region of `arn`.

    Raises
    ------
    botocore.exceptions.ClientError
        If the role does not trust EventBridge Scheduler.
    """
    role_arn = invocation.target["RoleArn"]
    if not may_assume(SERVICE, role_arn, invocation.group_arn):
        message = f"EventBridge Scheduler may not assume the role {role_arn}."
        response: Any = {
            "Error": {"Code": "AccessDeniedException", "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": HTTPStatus.FORBIDDEN},
        }
        raise ClientError(response, "AssumeRole")
    session_name = uuid.uuid5(uuid.NAMESPACE_OID, invocation.execution_id).hex
    return clients.client(service, arn.split(":")[3], principals.role_session(role_arn, session_name))


def _start_execution(invocation: Invocation, payload: str) -> None:
    arn = invocation.target["Arn"]
    _client("stepfunctions", arn, invocation).start_execution(stateMachineArn=arn, input=payload)


def _invoke_function(invocation: Invocation, payload: str) -> None:
    arn = invocation.target["Arn"]
    function = _client("lambda", arn, invocation)
    function.invoke(FunctionName=arn, InvocationType="Event", Payload=payload.encode())


def _send_message(invocation: Invocation, payload: str) -> None:
    arn = invocation.target["Arn"]
    group = invocation.target.get("SqsParameters", {}).get("MessageGroupId")
    options = {"MessageGroupId": group, "MessageDeduplicationId": invocation.execution_id} if group else {}
    _client("sqs", arn, invocation).send_message(QueueUrl=queue_url(arn), MessageBody=payload, **options)


CALLS: dict[str, Callable[[Invocation, str], None]] = {
    "lambda": _invoke_function,
    "sqs": _send_message,
    "states": _start_execution,
}
