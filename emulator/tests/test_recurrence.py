"""When scheduled actions run: cron, rate and at, in time zones with daylight saving."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from local_aws.core import recurrence
from local_aws.core.recurrence import InvalidScheduleError

BERLIN = "Europe/Berlin"
DAY = 86400


def moment(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def runs(schedule: str, first: str, days: float, zone: str = "UTC", **limits: str) -> list[str]:
    """The runs in `days` after `first`, both of UTC, as times of UTC."""
    after = moment(first) - 1
    start, end = (moment(limits[name]) if name in limits else None for name in ("start", "end"))
    found = recurrence.parse(schedule, zone, moment(first), start, end).between(after, after + days * DAY)
    return [datetime.fromtimestamp(run, UTC).strftime("%m-%d %H:%M") for run in found]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        # user guide, scheduled-scaling-using-cron-expressions
        ("cron(30 6 ? * MON *)", ["12-07 06:30", "12-14 06:30"]),
        ("cron(0 10 * * ? 2026)", [f"12-{day:02} 10:00" for day in range(7, 21)]),
        ("cron(0 7 ? * mon-fri *)", [f"12-{day:02} 07:00" for day in (7, 8, 9, 10, 11, 14, 15, 16, 17, 18)]),
        ("cron(0 7 ? * 1 *)", ["12-13 07:00", "12-20 07:00"]),  # 1 is SUN
        ("cron(0 7 ? * FRI-SUN *)", [f"12-{day:02} 07:00" for day in (11, 12, 13, 18, 19, 20)]),
        ("cron(0/15 8 10 DEC ? *)", ["12-10 08:00", "12-10 08:15", "12-10 08:30", "12-10 08:45"]),
        ("cron(5,7 8-10/2 10 * ? *)", ["12-10 08:05", "12-10 08:07", "12-10 10:05", "12-10 10:07"]),
        ("cron(0 8 ? * WED#2 *)", ["12-09 08:00"]),
        ("cron(0 8 ? * 6#3 *)", ["12-18 08:00"]),
        ("cron(0 8 12W * ? *)", ["12-11 08:00"]),  # the 12th is a Saturday
        ("cron(0 8 13W * ? *)", ["12-14 08:00"]),  # the 13th is a Sunday
        ("cron(0 8 * * * *)", [f"12-{day:02} 08:00" for day in range(7, 21)]),
        ("cron(30 6 * * FRI *)", ["12-11 06:30", "12-18 06:30"]),  # the guide has * in both fields of the day
        ("cron(0 0 8 * * ? 2027)", []),
        ("cron(0 30 8 9 12 ? 2026)", ["12-09 08:30"]),  # seven fields: seconds first
        ("rate(7 days)", ["12-14 00:00"]),
        ("at(2026-12-09T08:30:00)", ["12-09 08:30"]),
        ("at(2026-12-09T08:30:01)", ["12-09 08:31"]),
        ("at(2026-12-01T08:30:00)", []),
    ],
)
def test_an_action_runs_at_its_times(schedule: str, expected: list[str]) -> None:
    assert runs(schedule, "2026-12-07T00:00", 14) == expected


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("cron(0 8 L * ? *)", ["12-31 08:00", "01-31 08:00", "02-28 08:00"]),
        ("cron(0 8 LW * ? *)", ["12-31 08:00", "01-29 08:00", "02-26 08:00"]),
        ("cron(0 8 1W * ? *)", ["12-01 08:00", "01-01 08:00", "02-01 08:00"]),
        ("cron(0 8 ? * FRIL *)", ["12-25 08:00", "01-29 08:00", "02-26 08:00"]),
        ("cron(0 8 31 * ? *)", ["12-31 08:00", "01-31 08:00"]),
    ],
)
def test_last_days_and_workdays_follow_the_month(schedule: str, expected: list[str]) -> None:
    assert runs(schedule, "2026-12-01T00:00", 90) == expected


def test_the_workday_nearest_to_a_first_that_is_a_saturday_is_in_the_same_month() -> None:
    assert runs("cron(0 8 1W 8 ? *)", "2026-07-30T00:00", 10) == ["08-03 08:00"]


def test_local_time_follows_daylight_saving() -> None:
    assert runs("cron(0 7 ? * * *)", "2026-03-27T12:00", 3, BERLIN) == ["03-28 06:00", "03-29 05:00", "03-30 05:00"]


def test_a_local_time_that_spring_skips_has_no_run() -> None:
    assert runs("cron(30 2 * * ? *)", "2026-03-28T00:00", 3, BERLIN) == ["03-28 01:30", "03-30 00:30"]
    assert runs("at(2026-03-29T02:30:00)", "2026-03-28T00:00", 3, BERLIN) == []


def test_a_local_time_that_autumn_repeats_has_one_run() -> None:
    assert runs("cron(30 2 * * ? *)", "2026-10-24T12:00", 2, BERLIN) == ["10-25 00:30", "10-26 01:30"]
    assert runs("at(2026-10-25T02:30:00)", "2026-10-24T12:00", 2, BERLIN) == ["10-25 00:30"]


def test_a_start_is_the_first_run_and_an_end_limits_the_repetitions() -> None:
    limits = {"start": "2026-12-08T12:34", "end": "2026-12-10T08:00"}

    assert runs("cron(0 8 * * ? *)", "2026-12-07T00:00", 14, **limits) == ["12-08 12:34", "12-09 08:00", "12-10 08:00"]
    assert runs("rate(1 day)", "2026-12-07T00:00", 14, **limits) == ["12-08 12:34", "12-09 12:34"]


def test_steps_of_a_minute_find_each_run_once() -> None:
    action = recurrence.parse("cron(*/2 * * * ? *)", "UTC", 0)
    begin = moment("2026-12-07T00:00")

    found = [
        run - begin for minute in range(6) for run in action.between(begin + 60 * minute, begin + 60 * minute + 60)
    ]

    assert found == [120, 240, 360]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("0 8 * * ?", "it has 5 fields"),
        ("60 8 * * ? *", "60 is not valid for minutes (0 to 59)"),
        ("0 24 * * ? *", "24 is not valid for hours (0 to 23)"),
        ("0 8 0 * ? *", "0 is not valid for day of month (1 to 31)"),
        ("0 8 * 13 ? *", "13 is not valid for month (1 to 12)"),
        ("0 8 ? * 8 *", "8 is not valid for day of week (1 to 7)"),
        ("0 8 ? * MOND *", "MOND is not valid for day of week (1 to 7)"),
        ("0 8 * * ? 1969", "1969 is not valid for year (1970 to 2199)"),
        ("0 8 ? * ? *", "day of month and day of week cannot both be ?"),
        ("0 8 1 * MON *", "day of month and day of week cannot both be set; use ? in one of them"),
        ("*/0 8 * * ? *", "*/0 is not valid for minutes: the increment must be 1 or more"),
        ("0 8 ? * MON#6 *", "MON#6 is not valid for day of week (1 to 7)"),
    ],
)
def test_an_invalid_field_is_named(fields: str, problem: str) -> None:
    with pytest.raises(InvalidScheduleError) as raised:
        recurrence.parse(f"cron({fields})", "UTC", 0)

    assert str(raised.value) == f"Schedule cron({fields}) is invalid: {problem}."


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "", "../etc"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidScheduleError) as raised:
        recurrence.parse("rate(1 hour)", zone, 0)

    assert str(raised.value) == f"Timezone {zone} is not the name of an IANA time zone."
