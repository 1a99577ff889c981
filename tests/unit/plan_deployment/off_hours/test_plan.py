"""The steps for the schedules of an endpoint, and their undo."""

from typing import Any

import pytest

from plan_deployment.off_hours.plan import MOST_RECORDS
from shared.plan import SCALE, in_effect
from tests.support import steps
from tests.unit.plan_deployment.off_hours.scheduled import (
    BERLIN,
    NAME,
    Scheduled,
    of_schedules,
    scheduled,
)
from tests.unit.plan_deployment.world import original

ALL = ["up", "retry", "away"]
LATER = BERLIN | {"weekdays": "07:00-21:00"}


def undone(made: Any, operation: str) -> list[tuple[str, str]]:
    return [(call["operation"], call["request"]["Name"].rpartition("-")[2]) for call in steps.undo(made, operation)]


def test_a_request_with_hours_creates_schedules_after_its_scaling(world: Scheduled) -> None:
    made = world.plan(scheduled())

    assert of_schedules(made) == [("CreateSchedule", name) for name in ALL]
    assert undone(made, "CreateSchedule") == [("DeleteSchedule", name) for name in ALL]
    assert steps.lines(made)[-3:] == [
        f"Register scaling: create schedule {NAME}up: creates endpoint test-endpoint on weekdays at 06:45 Berlin time",
        f"Register scaling: create schedule {NAME}retry: if it is still away, creates endpoint test-endpoint on "
        "weekdays at 07:00 Berlin time",
        f"Register scaling: create schedule {NAME}away: removes endpoint test-endpoint on weekdays at 20:00 Berlin time",
    ]
    assert made["schedule"] == "up on weekdays from 07:00 to 20:00 Berlin time; created again from 06:45"


def test_the_same_request_again_changes_no_schedule(world: Scheduled) -> None:
    world.deployed(scheduled())

    again = world.plan(scheduled())

    assert again["steps"] == []
    expected = [call["request"]["Name"] for call in in_effect(again) if call["operation"] == "CreateSchedule"]
    assert expected == [f"{NAME}{name}" for name in ALL]


def test_changed_hours_update_only_what_they_change(world: Scheduled) -> None:
    before = world.deployed(scheduled())

    made = world.plan(scheduled(LATER))

    assert of_schedules(made) == [("UpdateSchedule", "away")]
    (undo,) = steps.undo(made, "UpdateSchedule")
    assert (undo["operation"], undo["request"]) == ("UpdateSchedule", steps.bodies(before, "CreateSchedule")[2])
    assert made["requestHash"] != before["requestHash"]


def test_hours_of_other_days_delete_the_schedules_of_the_former_days(world: Scheduled) -> None:
    world.deployed(scheduled())

    made = world.plan(scheduled({"weekends": "09:00-18:00", "timeZone": "Europe/Berlin"}))

    assert of_schedules(made) == [
        *(("CreateSchedule", name) for name in ALL),
        *(("DeleteSchedule", name) for name in ALL),
    ]
    assert undone(made, "DeleteSchedule") == [("CreateSchedule", name) for name in ALL]


def test_a_request_without_hours_deletes_the_schedules(world: Scheduled) -> None:
    before = world.deployed(scheduled())

    made = world.plan(original())

    assert of_schedules(made) == [("DeleteSchedule", name) for name in ALL]
    assert [call["request"] for call in steps.undo(made, "DeleteSchedule")] == steps.bodies(before, "CreateSchedule")
    assert {step["phase"] for step in made["steps"]} == {SCALE}
    assert made["schedule"] is None


@pytest.mark.parametrize(
    "record",
    [
        {"outcome": "ScalingFailed", "changed": False},
        {"outcome": "ExecutionStopped", "changed": False, "request": None},
    ],
)
def test_schedules_that_a_failed_deployment_left_are_deleted(world: Scheduled, record: Any) -> None:
    world.record(original())
    world.deployed(scheduled(), deployment_id="two")
    world.dynamodb.records.pop(0)
    world.record(**{"request": scheduled(), "deployment_id": "two"} | record)

    assert of_schedules(world.plan(original())) == [("DeleteSchedule", name) for name in ALL]


def test_schedules_are_read_only_if_the_history_has_hours(world: Scheduled) -> None:
    world.record(scheduled(), deployment_id="long-ago")
    world.deployed(original())
    world.scheduler.calls.clear()

    made = world.plan(original())

    assert (made["steps"], made["schedule"], world.scheduler.calls) == ([], None, [])


def test_schedules_are_read_if_the_deployment_that_made_them_may_be_further_back_in_the_history(
    world: Scheduled,
) -> None:
    world.deployed(scheduled())
    for number in range(MOST_RECORDS):
        failed = {"outcome": "CreateFailed", "changed": False, "started_at": f"2026-11-26T00:00:00.{number:03}Z"}
        world.record(original(), deployment_id=f"failed-{number}", **failed)

    assert of_schedules(world.plan(original())) == [("DeleteSchedule", name) for name in ALL]


def test_a_schedule_that_others_changed_is_as_requested_again(world: Scheduled) -> None:
    world.deployed(scheduled())
    world.schedules["away"] |= {"State": "DISABLED", "StartDate": "2026-12-01T00:00:00Z"}

    made = world.plan(scheduled())

    assert of_schedules(made) == [("UpdateSchedule", "away")]
    (undo,) = steps.undo(made, "UpdateSchedule")
    assert (undo["request"]["State"], undo["request"]["StartDate"]) == ("DISABLED", "2026-12-01T00:00:00Z")


def test_a_dry_run_says_the_hours_and_has_the_hash_of_the_plan(world: Scheduled) -> None:
    dry = world.plan(scheduled(dryRun=True))

    assert dry["report"]["schedule"] == {
        "sentence": "up on weekdays from 07:00 to 20:00 Berlin time; created again from 06:45"
    }
    assert world.plan(scheduled())["planHash"] == dry["planHash"] != world.plan(scheduled(LATER))["planHash"]
