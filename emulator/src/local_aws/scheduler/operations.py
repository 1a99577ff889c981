"""Operations on schedules and their groups.

EventBridge Scheduler API reference, each operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.core import pages
from local_aws.core.clock import clock
from local_aws.scheduler import errors, registry, rules, timetable
from local_aws.scheduler.registry import DEFAULT_GROUP, Backend, Request, Schedule

Answer = dict[str, Any]
Operation = Callable[[Backend, Request], Answer]

LONGEST_PAGE = 100
RETRY_POLICY = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
_DEFAULTS = {"ScheduleExpressionTimezone": "UTC", "State": "ENABLED", "ActionAfterCompletion": "NONE"}
_KEPT = (
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)


def _create_group(backend: Backend, request: Request) -> Answer:
    if request["Name"] in backend.schedule_groups:
        raise errors.exists(f"Schedule group {request['Name']}")
    group = backend.create_schedule_group(request["Name"], request.get("Tags", []))
    group.created_on = group.last_modified = clock.utc()  # moto's times are real
    return {"ScheduleGroupArn": group.arn}


def _get_group(backend: Backend, request: Request) -> Answer:
    return _without_none(registry.require_group(backend, request["Name"]).to_dict())


def _list_groups(backend: Backend, request: Request) -> Answer:
    names = sorted(name for name in backend.schedule_groups if name.startswith(request.get("NamePrefix", "")))
    return _paged("ScheduleGroups", [_get_group(backend, {"Name": name}) for name in names], request)


def _delete_group(backend: Backend, request: Request) -> Answer:
    """Delete a group with its schedules; moto's tags go as well."""
    group = registry.require_group(backend, request["Name"])
    if group.name == DEFAULT_GROUP:
        raise errors.invalid("The default schedule group cannot be deleted.")
    backend.tagger.delete_all_tags_for_resource(group.arn)
    backend.delete_schedule_group(group.name)
    return {}


def _create(backend: Backend, request: Request) -> Answer:
    """Create a schedule. The same request with the same token is answered again."""
    group, name = registry.require_group(backend, request.get("GroupName", DEFAULT_GROUP)), request["Name"]
    known = registry.find(group, name)
    if known is not None:
        if known.made_by != request:
            raise errors.exists(f"Schedule {name}")
        return {"ScheduleArn": known.arn}
    content, now = _content(request), clock.utc()
    times = timetable.of(content, now.timestamp())
    rules.check(content, group.arn)
    arn = f"{group.arn.replace(':schedule-group/', ':schedule/')}/{name}"
    created: Any = Schedule(name, group, arn, content, request, times, now, now)
    group.add_schedule(created)
    return {"ScheduleArn": arn}


def _update(backend: Backend, request: Request) -> Answer:
    """Replace a schedule; members that the request omits have their defaults again."""
    schedule = _named(backend, request)
    content, now = _content(request), clock.utc()
    times = timetable.of(content, now.timestamp())
    rules.check(content, schedule.group.arn)
    schedule.content, schedule.timetable, schedule.modified = content, times, now
    return {"ScheduleArn": schedule.arn}


def _get(backend: Backend, request: Request) -> Answer:
    schedule = _named(backend, request)
    return {**_summary(schedule), **schedule.content}


def _list(backend: Backend, request: Request) -> Answer:
    groups = list(backend.schedule_groups.values())
    if "GroupName" in request:
        groups = [registry.require_group(backend, request["GroupName"])]
    found = [
        {**_summary(schedule), "State": schedule.content["State"], "Target": {"Arn": schedule.content["Target"]["Arn"]}}
        for group in sorted(groups, key=lambda group: str(group.name))
        for schedule in (registry.require(group, name) for name in sorted(group.schedules))
        if schedule.name.startswith(request.get("NamePrefix", ""))
        and request.get("State", schedule.content["State"]) == schedule.content["State"]
    ]
    return _paged("Schedules", found, request)


def _delete(backend: Backend, request: Request) -> Answer:
    _named(backend, request).delete()
    return {}


def _named(backend: Backend, request: Request) -> Schedule:
    group = registry.require_group(backend, request.get("GroupName", DEFAULT_GROUP))
    return registry.require(group, request["Name"])


def _content(request: Request) -> Request:
    content = {**_DEFAULTS, **{name: request[name] for name in _KEPT if name in request}}
    target = content["Target"]
    return {**content, "Target": {**target, "RetryPolicy": {**RETRY_POLICY, **target.get("RetryPolicy", {})}}}


def _summary(schedule: Schedule) -> Answer:
    return {
        "Arn": schedule.arn,
        "CreationDate": schedule.created,
        "GroupName": schedule.group.name,
        "LastModificationDate": schedule.modified,
        "Name": schedule.name,
    }


def _paged(member: str, found: list[Answer], request: Request) -> Answer:
    return pages.page(member, found, request, LONGEST_PAGE, errors.invalid("The NextToken is invalid."))


def _without_none(answer: Answer) -> Answer:
    return {name: value for name, value in answer.items() if value is not None}


OPERATIONS: dict[str, Operation] = {
    "CreateSchedule": _create,
    "CreateScheduleGroup": _create_group,
    "DeleteSchedule": _delete,
    "DeleteScheduleGroup": _delete_group,
    "GetSchedule": _get,
    "GetScheduleGroup": _get_group,
    "ListScheduleGroups": _list_groups,
    "ListSchedules": _list,
    "UpdateSchedule": _update,
}
