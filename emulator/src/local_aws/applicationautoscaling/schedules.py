"""Scheduled actions: checked, stored and described. `schedule_runs` runs them.

API reference, PutScheduledAction; user guide, scheduled-scaling-using-cron-expressions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from local_aws.applicationautoscaling import registry
from local_aws.applicationautoscaling.errors import LimitExceededError, ObjectNotFoundError, ValidationError
from local_aws.applicationautoscaling.identity import Target
from local_aws.applicationautoscaling.pages import paged
from local_aws.applicationautoscaling.registry import ScheduledAction
from local_aws.core import recurrence
from local_aws.core.clock import clock
from local_aws.core.operations import Request, moment
from local_aws.core.recurrence import Recurrence

Backend = Any

MOST_ACTIONS = 200
LONGEST_PAGE = 50
_KEPT = ("Schedule", "Timezone", "ScalableTargetAction")
_TIMES = ("StartTime", "EndTime")


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
    created = clock.utc() if known is None else known.creation_time
    recurs = _recurrence(content, created)
    if known is not None:
        known.content, known.recurrence = content, recurs
        return {}
    if len(registry.scheduled_actions(backend, target)) >= MOST_ACTIONS:
        raise LimitExceededError(f"The maximum number of scheduled actions ({MOST_ACTIONS}) has been reached.")
    backend.scheduled_actions.append(ScheduledAction(backend, target, name, content, recurs))
    return {}


def _validate(content: dict[str, Any]) -> None:
    for member in ("Schedule", "ScalableTargetAction"):
        if member not in content:
            raise ValidationError(f"{member} is required when creating a scheduled action.")
    action = content["ScalableTargetAction"]
    if not action:
        raise ValidationError("ScalableTargetAction must specify MinCapacity, MaxCapacity, or both.")
    if min(action.values()) < 0:
        raise ValidationError("MinCapacity and MaxCapacity of ScalableTargetAction must not be negative.")
    if action.get("MinCapacity", 0) > action.get("MaxCapacity", float("inf")):
        raise ValidationError("Maximum capacity cannot be less than minimum capacity")
    if "StartTime" in content and "EndTime" in content and content["StartTime"] >= content["EndTime"]:
        raise ValidationError("StartTime must be earlier than EndTime.")


def _recurrence(content: dict[str, Any], created: datetime) -> Recurrence:
    start, end = (content[member].timestamp() if member in content else None for member in _TIMES)
    try:
        return recurrence.parse(content["Schedule"], content.get("Timezone", "UTC"), created.timestamp(), start, end)
    except recurrence.InvalidScheduleError as error:
        raise ValidationError(str(error)) from error


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
