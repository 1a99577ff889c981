"""Schedules fire: when, as which role, with which input, and what happens if a target fails."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from local_aws import LocalAws
from support.callers import error_of
from support.functions import make_function
from support.hosting import Hosting
from support.machines import Machines
from support.playing import play
from support.queues import attributes_of, make_queue, next_message
from support.schedules import Scheduled, make_scheduled

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(moment: datetime) -> str:
    return f"at({moment.strftime('%Y-%m-%dT%H:%M:%S')})"


def times(fired: list[dict[str, str]]) -> list[datetime]:
    return [datetime.fromisoformat(each["scheduledTime"]) for each in fired]


def test_the_clock_moves_from_due_time_to_due_time(scheduled: Scheduled) -> None:
    scheduled.create("cron(0 7,20 ? * * *)", ScheduleExpressionTimezone="Europe/Berlin")
    end = scheduled.now() + 7 * DAY

    fired = scheduled.fire(end)

    local = [time.astimezone(ZoneInfo("Europe/Berlin")) for time in times(fired)]
    assert len(local) == 14
    assert {(time.hour, time.minute) for time in local} == {(7, 0), (20, 0)}
    assert scheduled.now() >= end
    assert len(scheduled.wait_for_executions(14)) == 14


def test_context_attributes_are_replaced_in_the_input(scheduled: Scheduled) -> None:
    due = scheduled.next_hour()
    asked = {
        "time": "<aws.scheduler.scheduled-time>",
        "arn": "<aws.scheduler.schedule-arn>",
        "attempt": "<aws.scheduler.attempt-number>",
    }
    arn = scheduled.create(at(due), Target=scheduled.target(Input=json.dumps(asked)))

    scheduled.fire(due)

    expected = {"time": due.strftime("%Y-%m-%dT%H:%M:%SZ"), "arn": arn, "attempt": "1"}
    assert scheduled.wait_for_executions(1) == [expected]


def test_a_target_without_input_gets_a_notification(scheduled: Scheduled) -> None:
    due, target = scheduled.next_hour(), scheduled.target()
    del target["Input"]
    arn = scheduled.create(at(due), Target=target)

    scheduled.fire(due)

    (given,) = scheduled.wait_for_executions(1)
    assert (given["detail-type"], given["resources"]) == ("Scheduled Event", [arn])


def test_a_time_fires_once(scheduled: Scheduled) -> None:
    due = scheduled.next_hour()
    scheduled.create(at(due))

    assert len(scheduled.fire(due)) == 1
    assert scheduled.fire(due + HOUR) == []


def test_a_time_can_be_delivered_twice(scheduled: Scheduled) -> None:
    due, asked = scheduled.next_hour(), {"id": "<aws.scheduler.execution-id>", "time": "<aws.scheduler.scheduled-time>"}
    scheduled.create(at(due), Target=scheduled.target(Input=json.dumps(asked)))

    assert len(scheduled.fire(due, deliveries=2)) == 2

    first, second = scheduled.wait_for_executions(2)
    assert first["time"] == second["time"]
    assert first["id"] != second["id"]


def test_a_queue_gets_the_input_as_it_is(scheduled: Scheduled) -> None:
    url, queue_arn = make_queue(scheduled.aws, f"target-{scheduled.group}")
    due = scheduled.next_hour()
    scheduled.create(at(due), Target=scheduled.target(Arn=queue_arn, Input="no JSON"))

    scheduled.fire(due)

    assert next_message(scheduled.aws, url)["Body"] == "no JSON"


def test_a_function_gets_the_input_as_its_event(scheduled: Scheduled) -> None:
    url, _ = make_queue(scheduled.aws, f"told-{scheduled.group}")
    source = f"""
import boto3, json

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(event))
"""
    function_arn = make_function(scheduled.aws, f"function-{scheduled.group}", source)
    due = scheduled.next_hour()
    scheduled.create(at(due), Target=scheduled.target(Arn=function_arn, Input='{"a": 1}'))

    scheduled.fire(due)

    assert json.loads(next_message(scheduled.aws, url)["Body"]) == {"a": 1}


def test_nothing_fires_unless_it_is_asked_for(scheduled: Scheduled) -> None:
    due = scheduled.next_hour()
    scheduled.create(at(due))
    three_hours = {"Type": "Wait", "Seconds": 3 * 3600, "End": True}
    Machines(scheduled.aws).run({"StartAt": "Wait", "States": {"Wait": three_hours}})

    assert scheduled.now() > due
    assert scheduled.fire(scheduled.now() + HOUR) == []
    assert scheduled.inputs() == []


def test_a_disabled_schedule_does_not_fire(scheduled: Scheduled) -> None:
    due = scheduled.next_hour()
    scheduled.create(at(due), State="DISABLED")

    assert scheduled.fire(due) == []


def test_a_rate_begins_at_its_start_and_ends(scheduled: Scheduled) -> None:
    start = scheduled.next_hour()
    scheduled.create("rate(1 hour)", StartDate=start, EndDate=start + 2 * HOUR)

    fired = scheduled.fire(start + 5 * HOUR)

    assert times(fired) == [start, start + HOUR, start + 2 * HOUR]


def test_a_cron_expression_waits_for_its_start(scheduled: Scheduled) -> None:
    start = scheduled.next_hour() + HOUR
    scheduled.create("cron(0 * * * ? *)", StartDate=start)

    assert times(scheduled.fire(start + HOUR)) == [start, start + HOUR]


@pytest.mark.parametrize("ends", ["once", "by-end"])
def test_a_completed_schedule_is_deleted_if_asked_for(scheduled: Scheduled, ends: str) -> None:
    due = scheduled.next_hour()
    if ends == "once":
        scheduled.create(at(due), ActionAfterCompletion="DELETE")
    else:
        scheduled.create(
            "rate(1 hour)", StartDate=due, EndDate=due + 90 * timedelta(minutes=1), ActionAfterCompletion="DELETE"
        )

    fired = scheduled.fire(due + 3 * HOUR)

    assert len(fired) == (1 if ends == "once" else 2)
    code, _, _ = error_of(scheduled.client.get_schedule, GroupName=scheduled.group, Name="s")
    assert code == "ResourceNotFoundException"


def test_the_role_of_the_schedule_starts_the_execution(scheduled: Scheduled) -> None:
    due = scheduled.next_hour()
    scheduled.create(at(due))

    scheduled.fire(due)

    role = scheduled.role.role_name
    found = [
        (call["action"], call["verdict"])
        for call in scheduled.aws.get("calls")
        if f":assumed-role/{role}/" in call["principal"]
    ]
    assert ("states:StartExecution", "allow") in found


def test_a_refused_invocation_goes_to_the_dead_letter_queue(local_aws: LocalAws) -> None:
    scheduled = make_scheduled(local_aws, may_start=False)
    url, queue_arn = make_queue(local_aws, f"dead-{scheduled.group}")
    due = scheduled.next_hour()
    target = scheduled.target(Input='{"a": 1}', DeadLetterConfig={"Arn": queue_arn})
    arn = scheduled.create(at(due), Target=target)

    (fired,) = scheduled.fire(due)

    assert "AccessDenied" in fired["error"]
    message = next_message(local_aws, url)
    attributes = attributes_of(message)
    assert message["Body"] == '{"a": 1}'
    assert (attributes["SCHEDULE_ARN"], attributes["TARGET_ARN"]) == (arn, scheduled.machine_arn)
    assert attributes["ERROR_CODE"] == "AccessDeniedException"
    assert attributes["SCHEDULED_TIME"] == due.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert scheduled.inputs() == []


def test_a_throttled_invocation_is_retried(scheduled: Scheduled) -> None:
    due = scheduled.next_hour()
    scheduled.create(at(due))
    error = {"code": "ThrottlingException", "message": "Rate exceeded", "status": 400}
    fault = {"service": "stepfunctions", "operation": "StartExecution", "error": error, "times": 1}
    scheduled.aws.post("faults", [fault])

    (fired,) = scheduled.fire(due)

    assert "ThrottlingException" in fired["error"]
    assert len(scheduled.wait_for_executions(1)) == 1


def test_schedules_fire_while_traffic_plays(hosting: Hosting, scheduled: Scheduled) -> None:
    hosting.endpoint(f"played-{scheduled.group}")
    start = scheduled.now().replace(second=0, microsecond=0) + timedelta(minutes=2)
    scheduled.create(at(start + timedelta(minutes=5)))

    play(hosting, f"played-{scheduled.group}", hours=0.25, start=start.replace(tzinfo=None).isoformat())

    assert len(scheduled.wait_for_executions(1)) == 1
    assert scheduled.fire(scheduled.now() + HOUR) == []


@pytest.mark.parametrize("body", [None, {}, {"until": "tomorrow"}, {"until": "2000-01-01T00:00:00Z"}])
def test_an_invalid_time_to_fire_until_is_refused(local_aws: LocalAws, body: object) -> None:
    with pytest.raises(ValueError, match=r"the body must be .*until"):
        local_aws.post("scheduler", body)


@pytest.mark.parametrize("deliveries", [0, 11, True, "2"])
def test_an_invalid_number_of_deliveries_is_refused(scheduled: Scheduled, deliveries: object) -> None:
    with pytest.raises(ValueError, match="deliveries must be 1 to 10"):
        scheduled.fire(scheduled.next_hour(), deliveries=deliveries)
