"""Scheduled actions: checked, stored and described. They never run.

API reference, PutScheduledAction; user guide, scheduled-scaling-using-cron-expressions.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_aws.applicationautoscaling import registry
from local_aws.applicationautoscaling.pages import paged
from local_aws.applicationautoscaling.registry import (
    LimitExceededError,
    ObjectNotFoundError,
    ScheduledAction,
    Target,
    ValidationError,
)
from local_aws.core.operations import Request, moment

Backend = Any

MOST_ACTIONS = 200
LONGEST_PAGE = 50
_KEPT = ("Schedule", "Timezone", "ScalableTargetAction")
_TIMES = ("StartTime", "EndTime")
_SCHEDULE = re.compile(
    r"at\((?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)"
    r"|rate\([1-9]\d* (minutes?|hours?|days?)\)"
    r"|cron\((?P<cron>[^()]+)\)"
)
_CRON_FIELDS = 6


def put(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer PutScheduledAction: create or change an action. A request without start and end deletes them.

    Raises
    ------
    ObjectNotFoundError
        If the target is not registered.
    ValidationError
        If the schedule, time zone, times or capacities are invalid.
    LimitExceededError
        If the target has 200 scheduled actions already.
    """
    target, name = Target.of(request), request["ScheduledActionName"]
    registry.require(backend, target)
    known = _find(backend, target, name)
    content = {} if known is None else {member: known.content[member] for member in _KEPT if member in known.content}
    content |= {member: request[member] for member in _KEPT if member in request}
    content |= {member: moment(request[member]) for member in _TIMES if member in request}
    _validate(content)
    if known is not None:
        known.content = content
        return {}
    if len(registry.scheduled_actions(backend, target)) >= MOST_ACTIONS:
        raise LimitExceededError(f"The maximum number of scheduled actions ({MOST_ACTIONS}) has been reached.")
    backend.scheduled_actions.append(ScheduledAction(backend, target, name, content))
    return {}


def _validate(content: dict[str, Any]) -> None:
    for member in ("Schedule", "ScalableTargetAction"):
        if member not in content:
            raise ValidationError(f"{member} is required when creating a scheduled action.")
    _require_schedule(content["Schedule"])
    _require_time_zone(content.get("Timezone", "UTC"))
    action = content["ScalableTargetAction"]
    if not action:
        raise ValidationError("ScalableTargetAction must specify MinCapacity, MaxCapacity, or both.")
    if min(action.values()) < 0:
        raise ValidationError("MinCapacity and MaxCapacity of ScalableTargetAction must not be negative.")
    if action.get("MinCapacity", 0) > action.get("MaxCapacity", float("inf")):
        raise ValidationError("Maximum capacity cannot be less than minimum capacity")
    if "StartTime" in content and "EndTime" in content and content["StartTime"] >= content["EndTime"]:
        raise ValidationError("StartTime must be earlier than EndTime.")


def _require_schedule(schedule: str) -> None:
    match = _SCHEDULE.fullmatch(schedule)
    if match is None or (match["cron"] and len(match["cron"].split()) != _CRON_FIELDS):
        raise ValidationError(
            f"Schedule {schedule} is invalid; expected at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(six fields)."
        )
    if match["at"]:
        try:
            datetime.fromisoformat(match["at"])
        except ValueError as error:
            raise ValidationError(f"Schedule {schedule} is invalid: {error}.") from error


def _require_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValidationError(f"Timezone {name} is not the name of an IANA time zone.") from error


def _find(backend: Backend, target: Target, name: str) -> ScheduledAction | None:
    on_target = registry.scheduled_actions(backend, target)
    return next((action for action in on_target if action.name == name), None)


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    resource_id, dimension = request.get("ResourceId"), request.get("ScalableDimension")
    if dimension and not resource_id:
        raise ValidationError("ResourceId must be specified when ScalableDimension is specified")
    named = request.get("ScheduledActionNames")
    found = [
        action.describe()
        for action in registry.scheduled_actions(backend)
        if (not resource_id or action.resource_id == resource_id)
        and (not dimension or action.scalable_dimension == dimension)
        and (not named or action.name in named)
    ]
    return paged("ScheduledActions", found, request, LONGEST_PAGE)


def _delete(backend: Backend, request: Request) -> dict[str, Any]:
    target, name = Target.of(request), request["ScheduledActionName"]
    action = _find(backend, target, name)
    if action is None:
        raise ObjectNotFoundError(f"No scheduled action found for {target}, scheduled action name: {name}")
    backend.scheduled_actions.remove(action)
    return {}


OPERATIONS = {"PutScheduledAction": put, "DescribeScheduledActions": _describe, "DeleteScheduledAction": _delete}
