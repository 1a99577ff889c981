"""Scheduled actions on SageMaker variants: stored as requested, and refused if invalid."""

from datetime import UTC, datetime
from typing import Any

import pytest

from support.hosting import Hosting, instances_of, refused

START, END = datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
NAME = "schedules"


@pytest.fixture(scope="module", autouse=True)
def endpoint(hosting: Hosting) -> None:
    hosting.endpoint(NAME)
    hosting.register(NAME)


def put(hosting: Hosting, name: str, **changes: Any) -> None:
    request = {"Schedule": "cron(0 8 * * ? *)", "ScalableTargetAction": {"MinCapacity": 2}, **changes}
    hosting.autoscaling.put_scheduled_action(**instances_of(NAME), ScheduledActionName=name, **request)


def described(hosting: Hosting, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hosting.autoscaling.describe_scheduled_actions(
        ServiceNamespace="sagemaker", ScheduledActionNames=[name]
    )["ScheduledActions"]
    return found


def test_an_action_is_described_as_requested(hosting: Hosting) -> None:
    put(hosting, "morning", Timezone="Europe/Berlin", StartTime=START, EndTime=END)

    (action,) = described(hosting, "morning")

    assert (action["Schedule"], action["Timezone"]) == ("cron(0 8 * * ? *)", "Europe/Berlin")
    assert (action["StartTime"], action["EndTime"]) == (START, END)
    assert action["ScalableTargetAction"] == {"MinCapacity": 2}
    assert action["ScheduledActionARN"].endswith(
        f":resource/sagemaker/endpoint/{NAME}/variant/AllTraffic:scheduledActionName/morning"
    )


def test_putting_an_action_again_changes_the_given_members_and_deletes_its_times(hosting: Hosting) -> None:
    put(hosting, "evening", StartTime=START, EndTime=END)

    hosting.autoscaling.put_scheduled_action(
        **instances_of(NAME), ScheduledActionName="evening", ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 3}
    )

    (action,) = described(hosting, "evening")
    assert action["Schedule"] == "cron(0 8 * * ? *)"
    assert action["ScalableTargetAction"] == {"MinCapacity": 1, "MaxCapacity": 3}
    assert "StartTime" not in action
    assert "EndTime" not in action


def test_a_deleted_action_does_not_exist(hosting: Hosting) -> None:
    put(hosting, "once")

    hosting.autoscaling.delete_scheduled_action(**instances_of(NAME), ScheduledActionName="once")

    assert described(hosting, "once") == []
    with refused(
        "ObjectNotFoundException",
        f"No scheduled action found for service namespace: sagemaker, resource ID: endpoint/{NAME}/variant/AllTraffic, "
        "scalable dimension: sagemaker:variant:DesiredInstanceCount, scheduled action name: once",
    ):
        hosting.autoscaling.delete_scheduled_action(**instances_of(NAME), ScheduledActionName="once")


def test_an_action_needs_a_registered_target(hosting: Hosting) -> None:
    target = instances_of("no-such")

    with refused(
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: sagemaker, resource ID: "
        "endpoint/no-such/variant/AllTraffic, scalable dimension: sagemaker:variant:DesiredInstanceCount",
    ):
        hosting.autoscaling.put_scheduled_action(
            **target, ScheduledActionName="x", Schedule="rate(1 hour)", ScalableTargetAction={"MinCapacity": 1}
        )


def invalid(schedule: str) -> str:
    return f"Schedule {schedule} is invalid; expected at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(six fields)."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Schedule": "daily"}, invalid("daily")),
        ({"Schedule": "rate(0 hours)"}, invalid("rate(0 hours)")),
        ({"Schedule": "cron(0 8 * * ?)"}, "Schedule cron(0 8 * * ?) is invalid: it has 5 fields."),
        (
            {"Schedule": "at(2030-13-01T00:00:00)"},
            "Schedule at(2030-13-01T00:00:00) is invalid: month must be in 1..12.",
        ),
        ({"Timezone": "Mars/Olympus"}, "Timezone Mars/Olympus is not the name of an IANA time zone."),
        ({"ScalableTargetAction": {}}, "ScalableTargetAction must specify MinCapacity, MaxCapacity, or both."),
        (
            {"ScalableTargetAction": {"MinCapacity": -1}},
            "MinCapacity and MaxCapacity of ScalableTargetAction must not be negative.",
        ),
        (
            {"ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}},
            "Maximum capacity cannot be less than minimum capacity",
        ),
        ({"StartTime": END, "EndTime": START}, "StartTime must be earlier than EndTime."),
    ],
)
def test_an_invalid_action_is_refused(hosting: Hosting, changes: dict[str, Any], message: str) -> None:
    with refused("ValidationException", message):
        put(hosting, "senseless", **changes)

    assert described(hosting, "senseless") == []


@pytest.mark.parametrize("name", ["a:b", "a/b", "a|b", " a", "a "])
def test_an_invalid_name_is_refused(hosting: Hosting, name: str) -> None:
    pattern = r"(?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+"
    with refused(
        "ValidationException",
        f"1 validation error detected: Value '{name}' at 'scheduledActionName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}",
    ):
        put(hosting, name)


@pytest.mark.parametrize("missing", ["Schedule", "ScalableTargetAction"])
def test_a_new_action_needs_a_schedule_and_capacities(hosting: Hosting, missing: str) -> None:
    request = {"Schedule": "rate(1 hour)", "ScalableTargetAction": {"MinCapacity": 1}}
    del request[missing]

    with refused("ValidationException", f"{missing} is required when creating a scheduled action."):
        hosting.autoscaling.put_scheduled_action(**instances_of(NAME), ScheduledActionName="partial", **request)
