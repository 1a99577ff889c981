"""CloudWatch Logs: complete logs for readers, embedded metrics, and checks of the KMS keys of log groups.

moto does not know the embedded metric format, checks no key, and takes filter patterns for one term.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import moto.logs.models
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from local_aws import cloudwatch
from local_aws.awslambda.telemetry import telemetry
from local_aws.core import partition
from local_aws.core.authorization import Check, account, decide
from local_aws.core.errors import ApiError
from local_aws.core.principals import Principal
from local_aws.logs import embedded_metrics
from local_aws.logs.patterns import EventMessageFilter

# Operations that wait for pending log events: a log event after the deletion would create its group again.
_WAITING = (
    "delete_log_group",
    "delete_log_stream",
    "describe_log_groups",
    "describe_log_streams",
    "filter_log_events",
    "get_log_events",
    "start_query",
)


_senders: list[Callable[[], None]] = [telemetry.flush]


def before_reading(send: Callable[[], None]) -> None:
    """Call `send` before logs or metrics are read: it sends pending log events, so that readers see all."""
    _senders.append(send)


def install() -> None:
    """Let readers and deletions wait for pending log events, extract embedded metrics, and check KMS keys."""
    for name in _WAITING:
        setattr(LogsBackend, name, _flushed(getattr(LogsBackend, name)))
    cloudwatch.before_reading(telemetry.flush)  # metrics that functions log
    put_log_events = LogsBackend.put_log_events

    def put_and_extract(
        backend: LogsBackend, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
    ) -> Any:
        answer = put_log_events(backend, log_group_name, log_stream_name, log_events)
        for event in log_events:
            embedded_metrics.extract(backend.account_id, backend.region_name, event["message"], event["timestamp"])
        return answer

    create_log_group = LogsBackend.create_log_group

    def create_checked_log_group(backend: LogsBackend, log_group_name: str, tags: Any, **named: Any) -> LogGroup:
        if named.get("kmsKeyId"):
            _check_key(backend, log_group_name, named["kmsKeyId"])
        return create_log_group(backend, log_group_name, tags, **named)

    moto.logs.models.EventMessageFilter = EventMessageFilter
    LogsBackend.put_log_events = put_and_extract
    LogsBackend.create_log_group = create_checked_log_group
    LogsResponse.associate_kms_key = _associate_kms_key
    LogsResponse.disassociate_kms_key = _disassociate_kms_key


def _associate_kms_key(response: LogsResponse) -> str:
    backend, name = response.logs_backend, response._get_param("logGroupName")
    if name not in backend.groups:
        raise ResourceNotFoundException
    _check_key(backend, name, response._get_param("kmsKeyId"))
    backend.groups[name].kms_key_id = response._get_param("kmsKeyId")
    return "{}"


def _disassociate_kms_key(response: LogsResponse) -> str:
    backend, name = response.logs_backend, response._get_param("logGroupName")
    if name not in backend.groups:
        raise ResourceNotFoundException
    backend.groups[name].kms_key_id = None
    return "{}"


def _check_key(backend: LogsBackend, group: str, key: str) -> None:
    """Refuse a key that does not let CloudWatch Logs encrypt this group.

    CloudWatch Logs user guide, "Encrypt log data using AWS KMS": the service calls KMS in its own name, with the
    group's ARN as encryption context. The message: github.com/hashicorp/terraform-provider-aws/issues/29282.
    """
    region, account_id = backend.region_name, backend.account_id
    group_arn = f"arn:{partition.NAME}:logs:{region}:{account_id}:log-group:{group}"
    service = f"logs.{region}.{partition.DNS_SUFFIX}"
    keys = {"kms:encryptioncontextkeys": ["aws:logs:arn"], "kms:encryptioncontext:aws:logs:arn": [group_arn]}
    names = (account.key_arn(key, region, account_id),)
    checks = [
        Check(Principal(arn=service, service=service), action, names, region, account_id, lambda: keys)
        for action in ("kms:GenerateDataKey", "kms:Decrypt")
    ]
    if not all(decide(check).allowed for check in checks):
        raise ApiError(
            "AccessDeniedException",
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{group_arn}'",
        )


def _flushed(operation: Callable[..., Any]) -> Callable[..., Any]:
    def flush_first(*arguments: Any, **named: Any) -> Any:
        for send in _senders:
            send()
        return operation(*arguments, **named)

    return flush_first
