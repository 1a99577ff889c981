"""Events of S3: a call emits one event, to the default event bus.

moto also emits an event for a new object's ACL, and emits to every bus.
"""

from __future__ import annotations

from typing import Any

from moto.s3 import notifications
from moto.s3.notifications import S3NotificationEvent

from local_aws.core import gateway
from local_aws.events import bus

# Events that moto sends for parts of other calls
_OPERATIONS = {
    S3NotificationEvent.OBJECT_ACL_UPDATE_EVENT: "PutObjectAcl",
    S3NotificationEvent.OBJECT_TAGGING_PUT_EVENT: "PutObjectTagging",
}


def install() -> None:
    """Replace moto's events."""
    moto_send_event = notifications.send_event

    def send_event(account_id: str, event_name: S3NotificationEvent, bucket: Any, key: Any) -> None:
        operation = gateway.current().operation
        if _OPERATIONS.get(event_name, operation) == operation:
            moto_send_event(account_id, event_name, bucket, key)

    notifications.send_event = send_event
    notifications._send_event_bridge_message = _emit


def _emit(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
    """S3 user guide, "EventBridge event message structure"."""
    call = gateway.current()
    version = {"version-id": key.version_id} if bucket.is_versioned else {}
    event = {
        "source": "aws.s3",
        "detail-type": notifications._detail_type(event_name),
        "account": account_id,
        "resources": [bucket.arn],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": {"key": key.name, "size": key.size, "etag": key.etag.strip('"'), **version},
            "requester": account_id,
            "reason": call.operation,
        },
    }
    bus.publish(bus.complete(event, bucket.region_name), bus.default_bus(account_id, bucket.region_name))
