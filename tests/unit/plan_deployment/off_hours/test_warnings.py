"""Warnings about hours that are valid, and may not do what they are meant to."""

from typing import Any

import pytest

from tests.support import project
from tests.unit.plan_deployment.off_hours.scheduled import BERLIN, TUESDAY_NIGHT, TUESDAY_NOON, Scheduled, scheduled


def warned(world: Scheduled, request: Any, now: str = TUESDAY_NOON) -> list[str]:
    found = world.plan(request, now)["warnings"]
    return [warning for warning in found if warning.startswith("/schedule")]


def weekends(hours: str, zone: str = "Europe/Berlin") -> Any:
    return scheduled({"weekdays": "01:00-22:00", "weekends": hours, "timeZone": zone})


def test_a_deployment_within_the_hours_has_no_warning(world: Scheduled) -> None:
    assert warned(world, scheduled()) == []
    assert warned(world, scheduled(), "2026-11-24T05:45:00.000Z") == []  # 06:45, when a schedule creates it


def test_a_deployment_outside_the_hours_is_up_until_they_end_the_next_time(world: Scheduled) -> None:
    assert warned(world, scheduled(), TUESDAY_NIGHT) == [
        "/schedule: the hours do not include the time now. The endpoint exists until they end the next time."
    ]


@pytest.mark.parametrize(
    ("hours", "skipped", "what"),
    [("02:30-18:00", "02:30", "created"), ("01:00-02:59", "02:59", "removed")],
)
def test_a_time_that_spring_skips_is_named_with_its_day(world: Scheduled, hours: str, skipped: str, what: str) -> None:
    assert warned(world, weekends(hours)) == [
        f"/schedule/weekends: the clocks go forward on 2027-03-28, so {skipped} does not exist in Berlin time, and the "
        f"endpoint is not {what} then."
    ]


@pytest.mark.parametrize("hours", ["02:05-18:00", "03:10-18:00", "01:00-03:00"])
def test_an_endpoint_that_one_of_two_schedules_creates_has_no_warning(world: Scheduled, hours: str) -> None:
    """Of 02:05, the schedule 15 minutes before; of 03:10, the one at the begin."""
    assert warned(world, weekends(hours)) == []


def test_only_days_on_which_the_clocks_change_matter(world: Scheduled) -> None:
    assert warned(world, scheduled(BERLIN | {"weekdays": "02:30-20:00"})) == []
    assert warned(world, weekends("02:30-20:00", "Asia/Tokyo")) == []


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({"weekdays": "00:00-23:59"}, [("weekdays", "23:59", "00:00 on weekdays", "1 minute")]),
        ({"weekdays": "00:10-23:30"}, [("weekdays", "23:30", "00:00 on weekdays", "30 minutes")]),
        (
            {"weekdays": "09:00-23:59", "weekends": "01:05-18:00"},
            [("weekdays", "23:59", "00:50 on weekends", "51 minutes")],
        ),
        ({"weekdays": "00:15-23:00"}, []),
    ],
)
def test_hours_that_almost_touch_are_named_because_requests_fail_in_between(
    world: Scheduled, hours: dict[str, str], expected: list[tuple[str, str, str, str]]
) -> None:
    assert warned(world, scheduled({**hours, "timeZone": "UTC"})) == [
        f"/schedule/{days}: the endpoint is removed at {ends}, and created again at {creation}, {minutes} later. Both "
        "take some minutes, in which requests fail."
        for days, ends, creation, minutes in expected
    ]


def test_external_scaling_keeps_the_endpoint_up_and_is_named(world: Scheduled) -> None:
    world.deployed(scheduled())
    (target,) = world.autoscaling.targets.values()
    of_target = {name: target[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    world.autoscaling.put_scheduled_action(
        **of_target, ScheduledActionName="nights", Schedule="rate(1 day)", ScalableTargetAction={"MinCapacity": 1}
    )

    assert warned(world, scheduled()) == [
        "/schedule: the endpoint stays when the hours end, because scheduled action nights of "
        "endpoint/test-endpoint/variant/AllTraffic was not created by Slipway and could not be restored. Put it into "
        "autoscaling, or delete it."
    ]


def test_an_endpoint_that_can_scale_to_zero_is_cheaper_to_keep(world: Scheduled) -> None:
    request = project.event("deploy_asynchronous") | {"schedule": BERLIN}

    (warning,) = warned(world, request)

    assert warning == (
        "/schedule: requests fail while the endpoint is away. An asynchronous endpoint can scale to 0 instead, with "
        "scheduled actions or the preset off-hours: then the endpoint stays, and costs as little."
    )


def test_hours_save_little_on_a_serverless_endpoint(world: Scheduled) -> None:
    request = project.event("deploy_serverless") | {"schedule": BERLIN}

    assert warned(world, request) == [
        "/schedule: a serverless variant costs nothing without requests, except for provisioned concurrency."
    ]
