"""The schedules that the hours of a request become."""

import json
from collections.abc import Iterator

from plan_deployment.environment import OffHours
from shared.aws import Json
from shared.hours import MINUTES_BEFORE, Hours, Range, spoken_zone
from shared.off_hours import CREATES, CREATES_AGAIN, REMOVES
from shared.planning.names import schedule_name

# EventBridge Scheduler API reference, RetryPolicy: the default number of attempts. A later tick would be of no use.
RETRIES = {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 185}
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def requested_schedules(endpoint_name: str, hours: Hours, settings: OffHours) -> list[Json]:
    """Return the bodies of CreateSchedule with every member, so that they can be compared with what exists."""
    return [
        {
            "Name": schedule_name(endpoint_name, each.days, action),
            "GroupName": settings.group_name,
            "Description": f"{does} endpoint {endpoint_name} on {each.days} at {at} {spoken_zone(hours.time_zone)}",
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": hours.time_zone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "ActionAfterCompletion": "NONE",
            "Target": _target(endpoint_name, "away" if action == REMOVES else "up", settings),
        }
        for each in hours.ranges
        for action, does, at, expression in _actions(each)
    ]


def _actions(each: Range) -> Iterator[tuple[str, str, str, str]]:
    """Yield action, verb, time of the day and cron expression of each schedule of the range."""
    creation = each.starts(MINUTES_BEFORE)
    yield CREATES, "creates", f"{creation:%H:%M}", each.cron_of_begin(MINUTES_BEFORE)
    if creation != each.begins:  # a tick changes nothing if the endpoint exists
        yield CREATES_AGAIN, "if it is still away, creates", f"{each.begins:%H:%M}", each.cron_of_begin()
    yield REMOVES, "removes", f"{each.ends:%H:%M}", each.cron_of_end


def _target(endpoint_name: str, wants: str, settings: OffHours) -> Json:
    tick = {"endpointName": endpoint_name, "scheduled": {"wants": wants, "time": SCHEDULED_TIME}}
    return {
        "Arn": settings.deploy_machine_arn if wants == "up" else settings.remove_machine_arn,
        "RoleArn": settings.role_arn,
        "Input": json.dumps(tick),
        "RetryPolicy": RETRIES,
        "DeadLetterConfig": {"Arn": settings.queue_arn},
    }


def sentence(hours: Hours) -> str:
    """Return the hours for people, such as "up on weekdays from 07:00 to 20:00 Berlin time; created from 06:45"."""
    begins = " and ".join(f"{each.starts(MINUTES_BEFORE):%H:%M}" for each in hours.ranges)
    return f"up {hours}; created again from {begins}"
