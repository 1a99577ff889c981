from datetime import UTC, datetime
from typing import Any

import pytest

from shared.hours import faults, hours_of

BERLIN = {"weekdays": "07:00-20:00", "weekends": "09:30-18:00", "timeZone": "Europe/Berlin"}


def test_hours_become_cron_expressions_with_names_of_days() -> None:
    crons = [(each.cron_of_begin(), each.cron_of_end) for each in hours_of(BERLIN).ranges]

    assert crons == [
        ("cron(0 7 ? * MON-FRI *)", "cron(0 20 ? * MON-FRI *)"),
        ("cron(30 9 ? * SAT,SUN *)", "cron(0 18 ? * SAT,SUN *)"),
    ]


@pytest.mark.parametrize(
    ("begins", "minutes", "expected"), [("07:00", 15, "45 6"), ("07:00", 0, "0 7"), ("00:10", 15, "0 0")]
)
def test_minutes_before_the_begin_stay_on_the_same_day(begins: str, minutes: int, expected: str) -> None:
    (hours,) = hours_of({"weekdays": f"{begins}-20:00", "timeZone": "UTC"}).ranges

    assert hours.cron_of_begin(minutes) == f"cron({expected} ? * MON-FRI *)"


@pytest.mark.parametrize(
    ("at", "is_in"),
    [
        ((2026, 7, 1, 4, 59), False),
        ((2026, 7, 1, 5, 0), True),  # Wednesday, 07:00 in summer
        ((2026, 12, 2, 5, 0), False),  # 06:00 in winter
        ((2026, 12, 2, 19, 0), False),  # 20:00, the end
        ((2026, 12, 5, 8, 30), True),  # Saturday, 09:30
    ],
)
def test_hours_are_those_of_the_time_zone(at: tuple[int, ...], is_in: bool) -> None:
    assert (datetime(*at, tzinfo=UTC) in hours_of(BERLIN)) is is_in  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("at", "is_covered"),
    [
        ((2026, 3, 27, 5, 44), False),
        ((2026, 3, 27, 5, 45), True),  # Friday, 06:45 in winter
        ((2026, 3, 30, 4, 44), False),
        ((2026, 3, 30, 4, 45), True),  # Monday, 06:45 in summer
        ((2026, 10, 23, 17, 59), True),
        ((2026, 10, 23, 18, 0), False),  # Friday, 20:00 in summer
        ((2026, 10, 26, 4, 45), False),
        ((2026, 10, 26, 5, 45), True),  # Monday, 06:45 in winter
    ],
)
def test_minutes_before_the_hours_are_covered_on_both_sides_of_daylight_saving(
    at: tuple[int, ...], is_covered: bool
) -> None:
    assert hours_of(BERLIN).cover(datetime(*at, tzinfo=UTC), 15) is is_covered  # type: ignore[arg-type,misc]


def test_minutes_before_the_begin_are_not_those_of_the_day_before() -> None:
    hours = hours_of({"weekdays": "00:10-20:00", "timeZone": "UTC"})

    assert hours.cover(datetime(2026, 12, 1, 0, 0, tzinfo=UTC), 15)
    assert not hours.cover(datetime(2026, 11, 30, 23, 59, tzinfo=UTC), 15)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"timeZone": "UTC"}, {"/hours": "names no hours"}),
        (
            {"weekdays": "20:00-07:00", "timeZone": "UTC"},
            {"/hours/weekdays": "ends at 07:00, which is not after 20:00"},
        ),
        ({"weekdays": "07:00-20:00", "timeZone": "europe/berlin"}, {"/hours/timeZone": "is not the IANA name"}),
        ({"weekdays": None, "timeZone": None}, {}),
    ],
)
def test_faults_of_hours_name_the_member(value: dict[str, Any], expected: dict[str, str]) -> None:
    found = list(faults("/hours", value))

    assert [each.pointer for each in found] == list(expected)
    assert all(expected[each.pointer] in each.problem for each in found)


def test_a_misspelled_time_zone_has_a_suggestion() -> None:
    (fault,) = faults("/hours", {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlinn"})

    assert fault.remedy == 'Did you mean "Europe/Berlin"?'
