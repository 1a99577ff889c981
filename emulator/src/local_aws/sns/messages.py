"""All published messages, since no mailbox receives them: ``GET /_emulator/sns/messages``."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from local_aws.core import control
from local_aws.core.clock import clock

KEPT_MESSAGES = 10_000


@dataclass(frozen=True)
class Message:
    """A published message; `attributes` has moto's form, with ``Type`` and ``Value``."""

    topic_arn: str
    message_id: str
    subject: str | None
    text: str
    attributes: dict[str, dict[str, Any]]
    structure: str | None = None
    group_id: str | None = None
    deduplication_id: str | None = None
    time: str = field(default_factory=lambda: clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z"))


_published: deque[tuple[Message, list[dict[str, str]]]] = deque(maxlen=KEPT_MESSAGES)


def record(message: Message, subscribers: list[dict[str, str]]) -> None:
    """Record the message, with the protocol and the endpoint of each receiving subscriber."""
    _published.append((message, subscribers))


@control.route("GET", "sns/messages")
def get_messages(_: None) -> list[dict[str, Any]]:
    return [
        {
            "topicArn": message.topic_arn,
            "messageId": message.message_id,
            "subject": message.subject,
            "message": message.text,
            "attributes": {name: attribute["Value"] for name, attribute in message.attributes.items()},
            "time": message.time,
            "subscribers": subscribers,
        }
        for message, subscribers in list(_published)
    ]
