"""The schedules that the hours of a request become."""

import re

from hypothesis import given

from shared.planning.names import schedule_name
from tests.unit.plan_deployment.off_hours.scheduled import BERLIN, OFF_HOURS, Scheduled, scheduled, tick
from tests.unit.plan_deployment.requests import ENDPOINT_NAMES


def test_each_range_becomes_a_schedule_that_creates_one_that_tries_again_and_one_that_removes(world: Scheduled) -> None:
    world.deployed(scheduled(BERLIN | {"weekends": "09:30-18:00"}))

    assert {name: body["ScheduleExpression"] for name, body in world.schedules.items()} == {
        "up": "cron(45 6 ? * MON-FRI *)",
        "retry": "cron(0 7 ? * MON-FRI *)",
        "away": "cron(0 20 ? * MON-FRI *)",
        "test-endpoint-efd0b756-weekends-up": "cron(15 9 ? * SAT,SUN *)",
        "test-endpoint-efd0b756-weekends-retry": "cron(30 9 ? * SAT,SUN *)",
        "test-endpoint-efd0b756-weekends-away": "cron(0 18 ? * SAT,SUN *)",
    }
    assert {body["ScheduleExpressionTimezone"] for body in world.schedules.values()} == {"Europe/Berlin"}


def test_hours_that_begin_at_midnight_need_no_second_schedule_that_creates(world: Scheduled) -> None:
    world.deployed(scheduled({"weekends": "00:00-12:00", "timeZone": "UTC"}))

    assert [name.rpartition("-")[2] for name in world.schedules] == ["up", "away"]


def test_a_schedule_starts_the_machine_that_does_what_it_wants(world: Scheduled) -> None:
    world.deployed(scheduled())

    found = {name: (body["Target"]["Arn"], tick(body)) for name, body in world.schedules.items()}

    wanted = {"up": OFF_HOURS.deploy_machine_arn, "away": OFF_HOURS.remove_machine_arn}
    inputs = {
        wants: (
            machine,
            {"endpointName": "test-endpoint", "scheduled": {"wants": wants, "time": "<aws.scheduler.scheduled-time>"}},
        )
        for wants, machine in wanted.items()
    }
    assert found == {"up": inputs["up"], "retry": inputs["up"], "away": inputs["away"]}


def test_a_schedule_is_exact_retried_for_an_hour_and_then_kept_in_the_queue(world: Scheduled) -> None:
    world.deployed(scheduled())

    for body in world.schedules.values():
        assert body["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert body["State"] == "ENABLED"
        assert body["Target"]["RoleArn"] == OFF_HOURS.role_arn
        assert body["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] == 3600
        assert body["Target"]["DeadLetterConfig"] == {"Arn": OFF_HOURS.queue_arn}


def test_a_schedule_says_in_words_what_it_does(world: Scheduled) -> None:
    world.deployed(scheduled())

    assert {name: body["Description"] for name, body in world.schedules.items()} == {
        "up": "creates endpoint test-endpoint on weekdays at 06:45 Berlin time",
        "retry": "if it is still away, creates endpoint test-endpoint on weekdays at 07:00 Berlin time",
        "away": "removes endpoint test-endpoint on weekdays at 20:00 Berlin time",
    }


@given(ENDPOINT_NAMES)
def test_the_name_of_a_schedule_is_legal_whatever_the_name_of_the_endpoint(endpoint_name: str) -> None:
    name = schedule_name(endpoint_name, "weekdays", "retry")

    assert re.fullmatch(r"[0-9a-zA-Z-_.]{1,64}", name)
    assert name == schedule_name(endpoint_name.upper(), "weekdays", "retry")


def test_long_names_with_the_same_beginning_have_schedules_of_their_own() -> None:
    one, other = ("churn-" * 8 + each for each in ("a", "b"))

    assert schedule_name(one, "weekdays", "up") != schedule_name(other, "weekdays", "up")
