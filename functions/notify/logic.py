"""Conclude an execution: record it, release its lock, publish its one notification."""

from dataclasses import dataclass
from typing import Protocol

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared import locks, records
from shared.aws import Client
from shared.notification import Channel, Notification, publish
from shared.notification_claims import Sender, notify_once
from shared.records import Record

logger = Logger(child=True)


class Outcome(Protocol):
    """How an execution ended.

    Attributes
    ----------
    endpoint_name : str or None
        None if the request names no endpoint.
    record : Record or None
        For the history; None if nothing is recorded.
    """

    @property
    def endpoint_name(self) -> str | None: ...

    @property
    def record(self) -> Record | None: ...

    def warn(self, warning: str) -> None:
        """Add a warning, which says what to do."""

    def notification(self) -> Notification:
        """Return the notification, warnings included."""


@dataclass(frozen=True)
class Services:
    """Where executions are recorded, locked and reported."""

    sns: Client
    channel: Channel
    sender: Sender
    deployments_table: str


def conclude(outcome: Outcome, run: str, lock_holder: str | None, now: str, services: Services) -> str:
    """Record the outcome, release the lock, publish the notification; return the notification's id.

    The order matters: the next execution reads the history, and a reader of the notification can start it at once.

    Parameters
    ----------
    run : str
        Key of the run, as `shared.notification_claims` has it.
    lock_holder : str or None
        ARN of the execution whose lock is released; None to release no lock.
    """
    dynamodb = services.sender.dynamodb
    unwritten = outcome.record and records.write(dynamodb, services.deployments_table, outcome.record)
    if unwritten:
        outcome.warn(unwritten)
    if lock_holder and outcome.endpoint_name:
        _release(outcome.endpoint_name, lock_holder, services.sender)
    return notify_once(
        services.sender, run, now, lambda: publish(services.sns, services.channel, outcome.notification())
    )


def _release(endpoint_name: str, lock_holder: str, sender: Sender) -> None:
    try:
        locks.release(sender.dynamodb, sender.table_name, endpoint_name, lock_holder)
    except (BotoCoreError, ClientError) as error:
        # The next planner takes over the lock of an execution that has ended.
        logger.warning("lock not released", endpoint=endpoint_name, reason=str(error))
