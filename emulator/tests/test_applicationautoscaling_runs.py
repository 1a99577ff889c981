"""Runs of scheduled actions while traffic plays."""

import itertools
from datetime import datetime, timedelta

import pytest

from support.hosting import Hosting
from support.playing import play, play_after
from support.scaling import Json, Scaled

numbers = itertools.count()


@pytest.fixture
def name() -> str:
    return f"runs-{next(numbers)}"


def begin_of_play(hosting: Hosting) -> datetime:
    now = datetime.fromisoformat(hosting.aws.get("clock")["now"])
    return now.replace(second=0, microsecond=0, tzinfo=None) + timedelta(minutes=2)


def schedule(scaled: Scaled, due: datetime, name: str = "due", **action: int) -> None:
    scaled.hosting.autoscaling.put_scheduled_action(
        **scaled.target, ScheduledActionName=name, Schedule=f"at({due.isoformat()})", ScalableTargetAction=action
    )


def played(result: Json) -> list[Json]:
    """The activities of a result, the oldest first."""
    activities: list[Json] = result["activities"]
    return activities[::-1]


def play_half_an_hour(hosting: Hosting, name: str, start: datetime) -> list[Json]:
    return played(play(hosting, name, hours=0.5, start=start.isoformat()))


def bounds(scaled: Scaled) -> tuple[int, int]:
    (target,) = scaled.hosting.autoscaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaled.target["ResourceId"]]
    )["ScalableTargets"]
    return target["MinCapacity"], target["MaxCapacity"]


def test_an_action_at_the_start_of_the_play_runs(hosting: Hosting, name: str, scaled: Scaled) -> None:
    start = begin_of_play(hosting)
    schedule(scaled, start, MinCapacity=2, MaxCapacity=5)

    activities = play_half_an_hour(hosting, name, start)

    assert [each["Description"] for each in activities] == [
        "Setting min capacity to 2 and max capacity to 5",
        "Setting desired instance count to 2.",
    ]
    assert bounds(scaled) == (2, 5)


def test_a_maximum_below_the_capacity_scales_in_at_once(hosting: Hosting, name: str, scaled: Scaled) -> None:
    hosting.scale(name, 4)
    start = begin_of_play(hosting)
    schedule(scaled, start + timedelta(minutes=5), MinCapacity=1, MaxCapacity=2)

    activities = play_half_an_hour(hosting, name, start)

    assert [each["Cause"] for each in activities] == [
        "scheduled action name due was triggered",
        "maximum capacity was set to 2",
    ]
    assert activities[1]["StatusMessage"] == (
        "Successfully set desired instance count to 2. Change successfully fulfilled by sagemaker."
    )


def test_one_capacity_that_crosses_the_other_fails_and_changes_nothing(
    hosting: Hosting, name: str, scaled: Scaled
) -> None:
    """User guide, application-auto-scaling-scheduled-scaling."""
    start = begin_of_play(hosting)
    schedule(scaled, start + timedelta(minutes=5), MinCapacity=6)

    (activity,) = play_half_an_hour(hosting, name, start)

    assert (activity["Description"], activity["StatusCode"]) == ("Setting min capacity to 6", "Failed")
    assert bounds(scaled) == (1, 4)


def test_a_capacity_that_cannot_change_during_an_update_is_tried_again(
    hosting: Hosting, name: str, scaled: Scaled
) -> None:
    start = begin_of_play(hosting)
    schedule(scaled, start + timedelta(minutes=5), MinCapacity=3, MaxCapacity=4)
    hosting.script(name, "update", "succeeds", afterSeconds=1000)

    def update() -> None:
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")

    activities = played(play_after(hosting, update, name, hours=0.5, start=start.isoformat()))

    assert [each["StatusCode"] for each in activities] == ["Successful", "Failed", "Successful"]
    assert activities[1]["StatusMessage"] == (
        f"Failed to set desired instance count to 3. Reason: Resource Id [{scaled.target['ResourceId']}] is not scalable. "
        f'Reason: Cannot update in-progress endpoint "{hosting.describe(name)["EndpointArn"]}".'
    )
    assert activities[2]["Cause"] == "minimum capacity was set to 3"
    (variant,) = hosting.wait(name)["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 3


def test_a_suspended_target_misses_its_runs(hosting: Hosting, name: str, scaled: Scaled) -> None:
    hosting.autoscaling.register_scalable_target(**scaled.target, SuspendedState={"ScheduledScalingSuspended": True})
    start = begin_of_play(hosting)
    schedule(scaled, start + timedelta(minutes=5), MinCapacity=3, MaxCapacity=4)

    assert play_half_an_hour(hosting, name, start) == []
    hosting.autoscaling.register_scalable_target(**scaled.target, SuspendedState={"ScheduledScalingSuspended": False})
    assert play_half_an_hour(hosting, name, begin_of_play(hosting)) == []


def test_what_was_due_before_the_play_is_not_made_up(hosting: Hosting, name: str, scaled: Scaled) -> None:
    start = begin_of_play(hosting)
    schedule(scaled, start - timedelta(minutes=10), MinCapacity=3, MaxCapacity=4)

    assert play_half_an_hour(hosting, name, start) == []
