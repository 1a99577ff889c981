"""SQS: long polling waits on the virtual clock; a message needs a body.

moto waits in real time while the virtual clock stands still, so that the wait would never end.
"""

from __future__ import annotations

from typing import Any

from moto.settings import moto_server_port
from moto.sqs.models import Message, Queue
from moto.sqs.responses import SQSResponse

from local_aws.core.clock import Event, clock
from local_aws.core.errors import ApiError


def queue_url(queue_arn: str) -> str:
    """The URL of the queue on this server."""
    account_id, name = queue_arn.split(":")[4:6]
    return f"http://localhost:{moto_server_port()}/{account_id}/{name}"


def install() -> None:
    """Let receivers wait on the virtual clock, wake them when a message arrives, and require a message body."""
    arrivals: dict[str, Event] = {}
    add_message = Queue.add_message
    send_message = SQSResponse.send_message

    def send_with_body(response: SQSResponse) -> Any:
        if not response._get_param("MessageBody"):
            raise ApiError("MissingParameter", "The request must contain the parameter MessageBody.")
        return send_message(response)

    def wait_for_messages(queue: Queue, timeout: int) -> None:
        if not queue.messages:
            clock.wait(arrivals.setdefault(queue.queue_arn, Event()), timeout)

    def add_and_wake(queue: Queue, message: Message) -> None:
        add_message(queue, message)
        arrivals.pop(queue.queue_arn, Event()).set()

    Queue.wait_for_messages = wait_for_messages
    Queue.add_message = add_and_wake
    SQSResponse.send_message = send_with_body
