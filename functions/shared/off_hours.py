"""The schedules of an endpoint in EventBridge Scheduler, which remove it and create it again."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from shared.autoscaling import scaling_errors
from shared.aws import Client, Json, code_of
from shared.hours import CRON_DAYS
from shared.moments import iso
from shared.planning.names import schedule_name

# What the schedules of a group of days do: create the endpoint, create it if that failed, remove it.
CREATES, CREATES_AGAIN, REMOVES = "up", "retry", "away"
ACTIONS = (CREATES, CREATES_AGAIN, REMOVES)
# EventBridge Scheduler API reference, CreateSchedule and UpdateSchedule. Two changes at a time are a conflict, too.
CONFLICT, NOT_FOUND = "ConflictException", "ResourceNotFoundException"
NOT_READY, REFUSED = frozenset({CONFLICT, NOT_FOUND}), frozenset({"ValidationException"})
# Members of GetSchedule's answer that are not of CreateSchedule.
NOT_REQUESTED = frozenset({"Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"})
DEFAULTS = {"State": "ENABLED", "ActionAfterCompletion": "NONE"}


def read(scheduler: Client, group_name: str, endpoint_name: str) -> list[Json]:
    """Return the bodies that would create the schedules of the endpoint as they are."""
    names = [schedule_name(endpoint_name, days, action) for days in CRON_DAYS for action in ACTIONS]
    found = (find(scheduler, {"GroupName": group_name, "Name": name}) for name in names)
    return [body for body in found if body is not None]


def find(scheduler: Client, identity: Json) -> Json | None:
    """Return the body that would create the schedule as it is; None if it does not exist.

    Parameters
    ----------
    identity : Json
        ``GroupName`` and ``Name``; other members are ignored.
    """
    try:
        found = scheduler.get_schedule(GroupName=identity["GroupName"], Name=identity["Name"])
    except ClientError as error:
        if code_of(error) == NOT_FOUND:
            return None
        raise
    return DEFAULTS | {name: _plain(value) for name, value in found.items() if name not in NOT_REQUESTED}


def schedule_errors(name: str) -> AbstractContextManager[None]:
    """Raise EventBridge Scheduler's refusals in the body as errors of the deployment, as `scaling_errors` does."""
    return scaling_errors(f"schedule {name}", NOT_READY, REFUSED)


def key(body: Json) -> tuple[str, str]:
    """The identity of a schedule, from any request about it."""
    return body["GroupName"], body["Name"]


def _plain(value: Any) -> Any:
    """Return the value as JSON has it."""
    return iso(value) if isinstance(value, datetime) else value
