"""Descriptions of traffic: rates over time, in local time, and refusals by JSON pointer."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from local_aws.core.control import BadControlRequestError
from local_aws.traffic import description
from local_aws.traffic.description import Description

Json = dict[str, Any]
BERLIN = "Europe/Berlin"
NOW = datetime.fromisoformat("2026-03-01T12:00:30+00:00").timestamp()


def body(*elements: Json, **changes: Any) -> Json:
    return {
        "endpointName": "churn",
        "start": "2026-03-02T00:00:00",
        "timeZone": BERLIN,
        "hours": 24,
        "unit": {"requestsPerSecond": 20},
        "requestsPerSecond": list(elements),
        **changes,
    }


def parsed(*elements: Json, **changes: Any) -> Description:
    return description.parsed(body(*elements, **changes), NOW)


def rates(described: Description, *local_times: str) -> list[float]:
    """The rates at these local times."""
    zone = ZoneInfo(BERLIN)
    moments = [datetime.fromisoformat(each) for each in local_times]
    return [
        round(described.requests_per_second((each if each.tzinfo else each.replace(tzinfo=zone)).timestamp()), 6)
        for each in moments
    ]


def test_elements_add_up() -> None:
    described = parsed({"constant": 3}, {"constant": 4.5})

    assert rates(described, "2026-03-02T08:00:00") == [7.5]


def test_no_element_is_no_traffic() -> None:
    assert rates(parsed(), "2026-03-02T08:00:00") == [0]


def test_a_daily_curve_is_highest_at_its_peak_and_lowest_twelve_hours_later() -> None:
    described = parsed({"daily": {"low": 2, "high": 30, "peakAt": "14:00"}})

    assert rates(described, "2026-03-02T14:00:00", "2026-03-02T02:00:00", "2026-03-02T20:00:00") == [30, 2, 16]


def test_a_daily_curve_follows_daylight_saving() -> None:
    described = parsed({"daily": {"low": 0, "high": 30, "peakAt": "14:00"}}, hours=24 * 30)

    assert rates(described, "2026-03-28T14:00:00", "2026-03-29T14:00:00") == [30, 30]


def test_a_ramp_begins_at_the_first_such_clock_time() -> None:
    described = parsed({"ramp": {"at": "09:00", "minutes": 60, "from": 1, "to": 11}}, hours=48)

    times = ("2026-03-02T08:00:00", "2026-03-02T09:30:00", "2026-03-02T10:00:00", "2026-03-03T09:30:00")
    assert rates(described, *times) == [1, 6, 11, 11]


def test_a_spike_at_a_clock_time_comes_every_day_also_over_midnight() -> None:
    described = parsed({"spike": {"at": "23:50", "minutes": 20, "requestsPerSecond": 20}}, hours=48)

    times = ("2026-03-02T23:49:59", "2026-03-02T23:50:00", "2026-03-03T00:09:59", "2026-03-03T00:10:00")
    assert rates(described, *times) == [0, 20, 20, 0]
    assert rates(described, "2026-03-03T23:55:00") == [20]


def test_a_spike_at_a_date_comes_once() -> None:
    described = parsed({"spike": {"at": "2026-03-02T19:30:00", "minutes": 15, "requestsPerSecond": 20}}, hours=48)

    assert rates(described, "2026-03-02T19:40:00", "2026-03-03T19:40:00") == [20, 0]


def test_rows_of_a_csv_hold_until_the_next_one() -> None:
    rows = "time,requestsPerSecond\n2026-03-02T01:00:00,3\n2026-03-02T02:00:00,7.5\n"

    described = parsed({"csv": rows})

    times = ("2026-03-02T00:59:59", "2026-03-02T01:00:00", "2026-03-02T01:59:59", "2026-03-02T09:00:00")
    assert rates(described, *times) == [0, 3, 3, 7.5]


def test_a_csv_has_the_hour_that_autumn_repeats_twice() -> None:
    rows = "time,requestsPerSecond\n2026-10-25T02:30:00,1\n2026-10-25T02:30:00,2\n"

    described = parsed({"csv": rows}, start="2026-10-25T00:00:00")

    assert rates(described, "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00") == [1, 2]


def test_a_play_over_the_end_of_daylight_saving_has_all_its_hours() -> None:
    described = parsed(start="2026-10-25T00:00:00", hours=25)

    assert datetime.fromtimestamp(described.end, ZoneInfo(BERLIN)).isoformat() == "2026-10-26T00:00:00+01:00"


def test_the_start_is_by_default_the_next_full_minute() -> None:
    request = body()
    del request["start"]

    assert description.parsed(request, NOW).start == NOW + 30


def test_the_latency_is_by_default_that_of_one_request_at_a_time() -> None:
    assert parsed().unit.latency_seconds == 0.05


def test_variants_and_components_have_units_of_their_own() -> None:
    described = parsed(
        variants={"Challenger": {"unit": {"requestsPerSecond": 5}}},
        inferenceComponents={"llm": {"share": 0.5}, "small": {"unit": {"requestsPerSecond": 2}}},
    )

    units = [described.unit_of_variant(name).requests_per_second for name in ("Challenger", "Champion")]
    components = [described.component(name) for name in ("llm", "small", "other")]
    assert units == [5, 20]
    assert [(each.share, each.unit.requests_per_second) for each in components] == [(0.5, 20), (1, 2), (1, 20)]


CSV = "time,requestsPerSecond\n"
REFUSED: dict[str, tuple[Json, str]] = {
    "an unknown member": (body(endpoint="x"), "/endpoint: unknown member. Use: endpointName, start, "),
    "no hours": (body(hours=0), "/hours: 0 is not a number above 0"),
    "a boolean": (body(hours=True), "/hours: True is not a number above 0"),
    "too many hours": (body(hours=745), "/hours: 745 is more than 744: play at most 31 days"),
    "less than a minute": (body(hours=0.001), "/hours: 0.001 is less than a minute"),
    "no unit": (body(unit={}), "/unit/requestsPerSecond: missing; the member is required"),
    "no time zone": (body(timeZone="CET2"), "/timeZone: 'CET2' is not the name of an IANA time zone"),
    "the past": (
        body(start="2026-03-01T13:00:00"),
        "/start: 2026-03-01T13:00:00 has passed on the clock; the earliest start is 2026-03-01T13:01:00+01:00",
    ),
    "half a minute": (body(start="2026-03-02T13:00:30"), "/start: 2026-03-02T13:00:30 is not a full minute"),
    "a skipped hour": (
        body(start="2026-03-29T02:30:00"),
        "/start: 2026-03-29T02:30:00 does not exist in Europe/Berlin: daylight saving skips it",
    ),
    "no list": (body(requestsPerSecond=3), "/requestsPerSecond: 3 is not a list of elements such as"),
    "an element of two kinds": (
        body({"constant": 1, "csv": ""}),
        "/requestsPerSecond/0: an element has exactly one of the members constant, daily, ramp, spike, csv",
    ),
    "a negative rate": (body({"constant": -1}), "/requestsPerSecond/0/constant: -1 is not a number 0 or more"),
    "no clock time": (
        body({"constant": 1}, {"daily": {"low": 0, "high": 1, "peakAt": "2 pm"}}),
        "/requestsPerSecond/1/daily/peakAt: '2 pm' is not a time of day such as 14:00",
    ),
    "a peak below the low": (
        body({"daily": {"low": 3, "high": 1, "peakAt": "14:00"}}),
        "/requestsPerSecond/0/daily/high: 1 is below low (3)",
    ),
    "a spike of two days": (
        body({"spike": {"at": "10:00", "minutes": 2880, "requestsPerSecond": 1}}),
        "/requestsPerSecond/0/spike/minutes: a spike at a clock time is at most a day long",
    ),
    "another first line": (body({"csv": "a,b\n"}), "/requestsPerSecond/0/csv: the first line is 'a,b'; expected time,"),
    "no rows": (body({"csv": CSV}), "/requestsPerSecond/0/csv: no line after the first"),
    "a row of three": (body({"csv": f"{CSV}1,2,3\n"}), "csv, line 2: '1,2,3' has 3 values; expected 2"),
    "no rate": (body({"csv": f"{CSV}2026-03-02T00:00:00,x\n"}), "csv, line 2: 'x' is not a number 0 or more"),
    "rows back in time": (
        body({"csv": f"{CSV}2026-03-02T01:00:00,1\n2026-03-02T00:00:00,1\n"}),
        "csv, line 3: 2026-03-02T00:00:00 is not later than the line before",
    ),
    "no share": (
        body(inferenceComponents={"llm": {"share": 0}}),
        "/inferenceComponents/llm/share: 0 is not a number above 0",
    ),
    "an unknown assumption": (
        body(assumptions={"scaleInLooksAt": "tomorrow"}),
        "/assumptions/scaleInLooksAt: 'tomorrow' is not one of lastDatapoint, wholeWindow",
    ),
}


@pytest.mark.parametrize(("request_body", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_an_invalid_description_is_refused_by_pointer(request_body: Json, said: str) -> None:
    with pytest.raises(BadControlRequestError) as refusal:
        description.parsed(request_body, NOW)

    assert said in str(refusal.value)
