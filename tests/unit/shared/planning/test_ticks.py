"""A tick is due by the hours of the last deployment and the time at which it is planned, however often it arrives."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRequest
from shared.moments import iso
from shared.planning import ticks
from shared.planning.ticks import AWAY, UP, Due, NothingToDo, Tick, Wants
from shared.records import Record
from tests.unit.conftest import RECORD

HOURS = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}
DEPLOYED = dataclasses.replace(
    RECORD, deployment_id="noon", config_name="e-C", request={"endpointName": "e", "schedule": HOURS}
)
NOON = "2026-11-23T11:00:00.000Z"  # a Monday
MIDNIGHT = "2026-11-23T23:00:00.000Z"


def tick(wants: Wants) -> Tick:
    return Tick("e", wants, NOON)


def by_schedule(action: str, **changes: Any) -> Record:
    return dataclasses.replace(RECORD, kind="schedule", action=action, **changes)


def is_due(wants: Wants, now: str, *newest_first: Record) -> bool:
    return isinstance(ticks.due(tick(wants), newest_first or [DEPLOYED], now), Due)


def reason(wants: Wants, now: str, *newest_first: Record) -> str:
    found = ticks.due(tick(wants), newest_first, now)
    assert isinstance(found, NothingToDo)
    return found.reason


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2026-03-27T05:44:59Z", AWAY),
        ("2026-03-27T05:45:00Z", UP),  # Friday, 06:45 in winter
        ("2026-03-27T18:59:59Z", UP),
        ("2026-03-27T19:00:00Z", AWAY),  # 20:00
        ("2026-03-29T01:30:00Z", AWAY),  # Sunday, half an hour after the clocks went forward
        ("2026-03-30T04:45:00Z", UP),  # Monday, 06:45 in summer
        ("2026-03-30T18:00:00Z", AWAY),
        ("2026-10-23T04:45:00Z", UP),
        ("2026-10-23T18:00:00Z", AWAY),
        ("2026-10-26T05:44:00Z", AWAY),
        ("2026-10-26T05:45:00Z", UP),  # Monday, 06:45 in winter again
        ("2026-10-26T18:59:00Z", UP),
        ("2026-10-26T19:00:00Z", AWAY),
    ],
)
def test_the_time_at_which_a_tick_is_planned_decides_what_the_hours_want(now: str, wanted: Wants) -> None:
    assert [each for each in (UP, AWAY) if is_due(each, now)] == [wanted]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.tuples(st.integers(0, 1438), st.integers(0, 1438)).map(sorted),
)
def test_at_any_time_exactly_one_of_the_two_ticks_is_due(at: datetime, zone: str, minutes: list[int]) -> None:
    begins, ends = (f"{minute // 60:02}:{minute % 60:02}" for minute in (minutes[0], minutes[1] + 1))
    hours = {"weekdays": f"{begins}-{ends}", "weekends": f"{begins}-{ends}", "timeZone": zone}
    record = dataclasses.replace(DEPLOYED, request={"schedule": hours})

    assert is_due(UP, iso(at), record) != is_due(AWAY, iso(at), record)


def test_a_tick_that_arrives_when_the_hours_want_the_opposite_does_nothing() -> None:
    late = iso(datetime.fromisoformat(NOON) + timedelta(hours=23))

    assert reason(AWAY, late, DEPLOYED) == (
        "2026-11-24T10:00:00.000Z is within the hours of deployment noon, which begin 15 minutes early: "
        "on weekdays from 07:00 to 20:00 Berlin time."
    )
    assert "is outside the hours of deployment noon" in reason(UP, MIDNIGHT, DEPLOYED)


def test_the_last_deployment_counts_not_its_ticks_nor_what_failed() -> None:
    other = dataclasses.replace(DEPLOYED, deployment_id="older", request={"endpointName": "e"})
    failed = dataclasses.replace(other, outcome="CreateFailed", changed=False)
    refused = dataclasses.replace(RECORD, kind="removal", outcome="InvalidRequest", changed=False)
    ticked = [by_schedule("create", config_name="e-D"), by_schedule("remove")]

    found = ticks.due(tick(UP), [failed, refused, *ticked, DEPLOYED, other], NOON)

    assert isinstance(found, Due)
    assert (found.deployment, found.ticks, found.config_names) == (DEPLOYED, tuple(ticked), {"e-c", "e-d"})


@pytest.mark.parametrize("wants", [UP, AWAY])
@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        ([], "The history of endpoint e has no deployment."),
        ([dataclasses.replace(DEPLOYED, request={})], "Deployment noon, the last one, has no schedule."),
        (
            [by_schedule("remove"), dataclasses.replace(RECORD, kind="removal"), DEPLOYED],
            "Removal one removed endpoint e.",
        ),
    ],
)
def test_without_hours_to_keep_a_tick_does_nothing(wants: Wants, newest_first: list[Record], expected: str) -> None:
    for now in (NOON, MIDNIGHT):
        assert reason(wants, now, *newest_first) == expected


def test_a_deployment_after_a_removal_has_its_hours_again() -> None:
    assert is_due(UP, NOON, DEPLOYED, dataclasses.replace(RECORD, kind="removal"))


def test_an_endpoint_is_away_since_the_last_tick_that_removed_it() -> None:
    removed = by_schedule("remove", ended_at="2026-11-20T19:04:00.000Z")
    failed, created = by_schedule("create", outcome="CreateFailed", changed=False), by_schedule("create")

    found = [Due(DEPLOYED, newest_first) for newest_first in ((failed, removed), (created, removed), ())]

    assert [each.away_since for each in found] == ["2026-11-20T19:04:00.000Z", None, None]
    assert found[0].trigger == {
        "kind": "schedule",
        "deploymentId": "noon",
        "startedAt": DEPLOYED.started_at,
        "awaySince": "2026-11-20T19:04:00.000Z",
    }


def test_a_valid_tick_is_read() -> None:
    document = {"endpointName": "e", "scheduled": {"wants": "up", "time": "2026-03-30T04:45:00Z"}}

    found = ticks.parse(document, UP)

    assert found == Tick("e", UP, "2026-03-30T04:45:00Z")
    assert found.request_hash == dataclasses.replace(found, time=NOON).request_hash, "a duplicate waits for the first"
    assert found.request_hash != tick(AWAY).request_hash
    assert found.trigger == {"kind": "schedule", "wants": "up", "scheduledTime": "2026-03-30T04:45:00Z"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"scheduled": None}, ["- /scheduled: expected an object, got null."]),
        ({"scheduled": {}}, ["- /scheduled/time: is missing.", "- /scheduled/wants: is missing."]),
        (
            {"scheduled": {"wants": "sideways", "time": NOON}},
            ['- /scheduled/wants: expected "up" or "away", got "sideways".'],
        ),
        (
            {"scheduled": {"wants": "away", "time": NOON}},
            [
                '- /scheduled/wants: expected "up", got "away". For this, start the state machine in the stack output Remove'
            ],
        ),
        ({"scheduled": {"wants": "up", "time": "noon"}}, ["- /scheduled/time: is not a date and time."]),
        ({"scheduled": {"wants": "up", "time": NOON, "force": True}}, ["- /scheduled/force: is unknown here."]),
        ({"endpointName": "e_1"}, ["- /endpointName: expected letters, digits and hyphens"]),
        ({"dryRun": True}, ["- /dryRun: is unknown here."]),
    ],
)
def test_every_fault_of_a_malformed_tick_is_reported(changes: dict[str, Any], expected: list[str]) -> None:
    document = {"endpointName": "e", "scheduled": {"wants": "up", "time": NOON}} | changes

    with pytest.raises(InvalidRequest) as raised:
        ticks.parse(document, UP)

    first, *lines = str(raised.value).splitlines()
    assert first == f"The input of the schedule has {len(expected)} fault{'s' if len(expected) > 1 else ''}:"
    assert [line.startswith(begin) for line, begin in zip(lines, expected, strict=True)] == [True] * len(lines), lines


def test_a_tick_without_endpoint_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="/endpointName: is missing"):
        ticks.parse({"scheduled": {"wants": "up", "time": NOON}}, UP)
