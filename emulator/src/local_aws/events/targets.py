"""Calls that deliver events to the targets of rules.

EventBridge user guide, "Amazon EventBridge targets" and "Using resource-based policies": a target with a role
is called as that role. Other targets are called as the service, and their own policy must allow it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from local_aws.core import clients, principals
from local_aws.core.authorization.trust import may_assume
from local_aws.core.principals import Credentials
from local_aws.sqs import queue_url

Event = dict[str, Any]
Target = dict[str, Any]

SERVICE = "events.amazonaws.com"
_ILLEGAL_IN_NAMES = dict.fromkeys(map(ord, ' ?*<>{}[]"#%\\^|~`$&,;:/'), "-")


def service_of(target: Target) -> str:
    """The service in the target's ARN, such as ``states`` or ``lambda``."""
    return str(target["Arn"].split(":")[2])


def call(target: Target, rule_arn: str, event: Event, payload: str) -> None:
    """Call the target with `payload`.

    Raises
    ------
    botocore.exceptions.ClientError
        If the target's service refuses the call.
    """
    CALLS[service_of(target)](target, rule_arn, event, payload)


def send_to_queue(queue_arn: str, rule_arn: str, body: str, attributes: dict[str, str]) -> None:
    """Send `body` to a dead-letter queue as EventBridge."""
    sqs = clients.client("sqs", queue_arn.split(":")[3], principals.service_session(SERVICE, rule_arn))
    sqs.send_message(
        QueueUrl=queue_url(queue_arn),
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
        },
    )


def _client(service: str, target: Target, rule_arn: str, event: Event) -> Any:
    return clients.client(service, target["Arn"].split(":")[3], credentials(target, rule_arn, event))


def credentials(target: Target, rule_arn: str, event: Event) -> Credentials:
    """Credentials of the target's role, or of EventBridge for the rule.

    Raises
    ------
    botocore.exceptions.ClientError
        If the role does not trust EventBridge.
    """
    if "RoleArn" in target:
        if not may_assume(SERVICE, target["RoleArn"], rule_arn):
            raise refusal("AssumeRole", f"EventBridge may not assume the role {target['RoleArn']}.")
        return principals.role_session(target["RoleArn"], uuid.uuid5(uuid.NAMESPACE_OID, event["id"]).hex)
    return principals.service_session(SERVICE, rule_arn)


def refusal(operation: str, message: str, code: str = "AccessDeniedException") -> ClientError:
    """The error for a call that EventBridge does not make."""
    status = HTTPStatus.FORBIDDEN if code.startswith("Access") else HTTPStatus.BAD_REQUEST
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


def _start_execution(target: Target, rule_arn: str, event: Event, payload: str) -> None:
    """Start an execution named by event and target, so that a redelivery does not start a second one."""
    stepfunctions = _client("stepfunctions", target, rule_arn, event)
    suffix = uuid.uuid5(uuid.NAMESPACE_OID, f"{rule_arn}/{target['Id']}/{event['id']}")
    name = f"{event['id'].translate(_ILLEGAL_IN_NAMES)[:43]}_{suffix}"
    try:
        stepfunctions.start_execution(stateMachineArn=target["Arn"], name=name, input=payload)
    except stepfunctions.exceptions.ExecutionAlreadyExists:
        return  # an earlier attempt has started it


def _invoke(target: Target, rule_arn: str, event: Event, payload: str) -> None:
    function = _client("lambda", target, rule_arn, event)
    function.invoke(FunctionName=target["Arn"], InvocationType="Event", Payload=payload.encode())


def _publish(target: Target, rule_arn: str, event: Event, payload: str) -> None:
    _client("sns", target, rule_arn, event).publish(TopicArn=target["Arn"], Message=payload)


def _send_message(target: Target, rule_arn: str, event: Event, payload: str) -> None:
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    options = {"MessageGroupId": group, "MessageDeduplicationId": event["id"]} if group else {}
    sqs = _client("sqs", target, rule_arn, event)
    sqs.send_message(QueueUrl=queue_url(target["Arn"]), MessageBody=payload, **options)


def _put_log_event(target: Target, rule_arn: str, event: Event, payload: str) -> None:
    logs = _client("logs", target, rule_arn, event)
    names = {"logGroupName": target["Arn"].split(":")[6], "logStreamName": event["id"].translate(_ILLEGAL_IN_NAMES)}
    logs.create_log_stream(**names)
    timestamp_ms = int(datetime.fromisoformat(event["time"]).timestamp() * 1000)
    logs.put_log_events(**names, logEvents=[{"timestamp": timestamp_ms, "message": payload}])


CALLS: dict[str, Callable[[Target, str, Event, str], None]] = {
    "lambda": _invoke,
    "logs": _put_log_event,
    "sns": _publish,
    "sqs": _send_message,
    "states": _start_execution,
}
