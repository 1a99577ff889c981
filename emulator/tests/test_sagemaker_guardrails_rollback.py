"""Rollbacks of deployments with guardrails: alarms, time-outs, scripted outcomes, deleted configs."""

from typing import Any

import pytest

from support.hosting import Hosting, arn
from support.rollouts import Rollouts, Seen, blue_green, count, percent, rolling

HOUR = 3600


@pytest.fixture(scope="module")
def rollouts(hosting: Hosting) -> Rollouts:
    return Rollouts(hosting)


def tripped(alarm: str, config: str) -> str:
    return (
        f'One or more alarms of the automatic rollback configuration went into ALARM during the deployment: "{alarm}". '
        f'The deployment was rolled back to endpoint configuration "{config}".'
    )


def rolled_back(rollouts: Rollouts, name: str, instances: int) -> str:
    """The FailureReason of an endpoint that is back on its old config with its old size."""
    endpoint = rollouts.hosting.wait(name)
    assert endpoint["EndpointConfigName"] == f"{name}-1"
    assert "PendingDeploymentSummary" not in endpoint
    (variant,) = endpoint["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (instances, instances)
    assert "VariantStatus" not in variant
    return str(endpoint["FailureReason"])


def test_an_alarm_during_baking_returns_the_traffic_and_terminates_the_new_fleet(rollouts: Rollouts) -> None:
    rollouts.endpoint("burnt", instances=4)
    alarm = rollouts.alarm("burnt-errors")
    reaction = rollouts.trip_at("burnt", alarm, "Baking for")

    stages = rollouts.follow("burnt", blue_green("CANARY", wait=HOUR, alarms=(alarm,), CanarySize=count(1)))

    assert stages[-3:] == [
        Seen(430, "Baking", stages[-3].message, 1, 4),
        Seen(430, "ActivatingTraffic", "Activating traffic on full capacity of 4 instance(s).", 0, 4),
        Seen(440, "Deleting", "Terminating 4 instance(s).", 0, 4),
    ]
    assert rolled_back(rollouts, "burnt", instances=4) == tripped(alarm, "burnt-1")
    seen = reaction.saw()
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("Updating", "burnt-1")
    (pending,) = seen["PendingDeploymentSummary"]["ProductionVariants"]
    assert pending["VariantStatus"][0]["Status"] == "Baking"
    assert (pending["CurrentInstanceCount"], pending["DesiredInstanceCount"]) == (1, 4)


def test_an_alarm_during_the_launch_only_terminates_the_new_fleet(rollouts: Rollouts) -> None:
    rollouts.endpoint("early", instances=2)
    alarm = rollouts.alarm("early-errors")
    url = rollouts.listen("early")
    with rollouts.hosting.standing_still():
        rollouts.begin("early", blue_green(alarms=(alarm,)))
        rollouts.trip(alarm)

    assert rolled_back(rollouts, "early", instances=2) == tripped(alarm, "early-1")
    statuses = [
        detail["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]["Status"]
        for detail in rollouts.heard(url)
    ]
    assert statuses == ["Creating", "Deleting"]


def test_an_alarm_that_is_in_alarm_from_the_start_rolls_back_in_the_first_stage(
    rollouts: Rollouts,
) -> None:
    rollouts.endpoint("alarmed-already", instances=2)
    rollouts.trip(rollouts.alarm("alarmed-already-errors"))

    stages = rollouts.follow("alarmed-already", blue_green(alarms=("alarmed-already-errors",)))

    assert {stage.status for stage in stages} == {"Creating", "Deleting"}
    assert rolled_back(rollouts, "alarmed-already", instances=2) == tripped(
        "alarmed-already-errors", "alarmed-already-1"
    )


def test_other_alarms_and_alarms_that_turn_ok_do_not_roll_back(rollouts: Rollouts) -> None:
    rollouts.endpoint("calm")
    alarm, other = rollouts.alarm("calm-errors"), rollouts.alarm("calm-other")
    with rollouts.hosting.standing_still():
        rollouts.begin("calm", blue_green(alarms=(alarm,)))
        rollouts.trip(other)
        rollouts.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="a test")

    assert rollouts.hosting.wait("calm")["EndpointConfigName"] == "calm-2"


def test_an_alarm_during_termination_of_the_old_fleet_does_not_roll_back(rollouts: Rollouts) -> None:
    rollouts.endpoint("too-late")
    alarm = rollouts.alarm("too-late-errors")
    rollouts.trip_at("too-late", alarm, "Terminating")

    rollouts.follow("too-late", blue_green(alarms=(alarm,)))

    endpoint = rollouts.hosting.describe("too-late")
    assert endpoint["EndpointConfigName"] == "too-late-2"
    assert "FailureReason" not in endpoint


@pytest.mark.parametrize(
    ("size", "back"),
    [
        (
            {},
            [
                Seen(950, "Creating", "Launching 2 instance(s).", 4, 2),
                Seen(1370, "ActivatingTraffic", "Activating traffic on full capacity of 4 instance(s).", 0, 4),
                Seen(1380, "Deleting", "Terminating 4 instance(s).", 0, 4),
            ],
        ),
        (
            {"RollbackMaximumBatchSize": percent(25)},
            [
                Seen(950, "Creating", "Launching 1 instance(s).", 4, 2),
                Seen(1370, "ActivatingTraffic", "Activating traffic on rolling batch capacity of 3 instance(s).", 1, 3),
                Seen(1380, "Deleting", "Terminating 3 instance(s).", 1, 3),
                Seen(1410, "Creating", "Launching 1 instance(s).", 1, 3),
                Seen(1830, "ActivatingTraffic", "Activating traffic on full capacity of 4 instance(s).", 0, 4),
                Seen(1840, "Deleting", "Terminating 1 instance(s).", 0, 4),
            ],
        ),
    ],
    ids=["at-once", "in-batches"],
)
def test_rolling_back_a_rolling_deployment_restores_the_old_instances(
    rollouts: Rollouts, size: dict[str, Any], back: list[Seen]
) -> None:
    name = f"rolled-{len(back)}"
    rollouts.endpoint(name, instances=4)
    alarm = rollouts.alarm(f"{name}-errors")
    rollouts.trip_at(name, alarm, "Baking for 60 seconds (WaitIntervalInSeconds) with traffic enabled on full")

    stages = rollouts.follow(name, rolling(count(2), alarms=(alarm,), **size))

    assert stages[-len(back) - 1].message.startswith("Baking")
    assert stages[-len(back) :] == back
    assert rolled_back(rollouts, name, instances=4) == tripped(alarm, f"{name}-1")


def test_a_deployment_that_times_out_is_rolled_back(rollouts: Rollouts) -> None:
    rollouts.endpoint("over-time", instances=2)
    rollouts.hosting.script("over-time", "update", "succeeds", afterSeconds=500)

    stages = rollouts.follow("over-time", blue_green(wait=120, MaximumExecutionTimeoutInSeconds=600))

    assert [(stage.seconds, stage.status) for stage in stages] == [
        (0, "Creating"),
        (500, "ActivatingTraffic"),
        (510, "Baking"),
        (600, "ActivatingTraffic"),
        (610, "Deleting"),
    ]
    assert rolled_back(rollouts, "over-time", instances=2) == (
        "The deployment did not finish within MaximumExecutionTimeoutInSeconds (600). It was rolled back to endpoint "
        'configuration "over-time-1".'
    )


def test_a_fleet_that_never_starts_is_ended_by_the_timeout(rollouts: Rollouts) -> None:
    rollouts.endpoint("never-up")
    rollouts.hosting.script("never-up", "update", "never_finishes")

    stages = rollouts.follow("never-up", blue_green(MaximumExecutionTimeoutInSeconds=7200))

    assert [(stage.seconds, stage.status) for stage in stages] == [(0, "Creating"), (7200, "Deleting")]
    assert "(7200)" in rolled_back(rollouts, "never-up", instances=1)


@pytest.mark.parametrize("deployment", [blue_green(), rolling(count(1))], ids=["blue-green", "rolling"])
def test_a_new_fleet_that_fails_to_start_is_terminated(rollouts: Rollouts, deployment: dict[str, Any]) -> None:
    name = f"unhealthy-{min(deployment).lower()}"
    rollouts.endpoint(name, instances=2)
    rollouts.hosting.script(name, "update", "rolls_back", afterSeconds=100)

    stages = rollouts.follow(name, deployment)

    assert [(stage.seconds, stage.status, stage.active) for stage in stages] == [
        (0, "Creating", 0),
        (100, "Deleting", 0),
    ]
    assert rolled_back(rollouts, name, instances=2).startswith("The primary container for production variant")


def test_a_failed_rollback_leaves_a_mix_of_instances_that_an_update_fixes(rollouts: Rollouts) -> None:
    rollouts.endpoint("half-rolled", instances=4)
    rollouts.hosting.script("half-rolled", "update", "rollback_fails")

    rollouts.begin("half-rolled", rolling(count(1)))

    endpoint = rollouts.hosting.wait("half-rolled", "UpdateRollbackFailed")
    assert endpoint["FailureReason"].startswith("The primary container for production variant")
    (variant,) = endpoint["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (3, 4)

    rollouts.begin("half-rolled", blue_green())
    healed = rollouts.hosting.wait("half-rolled")
    assert healed["EndpointConfigName"] == "half-rolled-2"
    assert healed["ProductionVariants"][0]["CurrentInstanceCount"] == 4


@pytest.mark.parametrize(("outcome", "status"), [("rollback_fails", "UpdateRollbackFailed"), ("fails", "Failed")])
def test_a_blue_green_deployment_ends_with_the_scripted_outcome(rollouts: Rollouts, outcome: str, status: str) -> None:
    name = f"scripted-{status.lower()}"
    rollouts.endpoint(name)
    rollouts.hosting.script(name, "update", outcome)

    rollouts.begin(name, blue_green())

    endpoint = rollouts.hosting.wait(name, status)
    assert endpoint["EndpointConfigName"] == f"{name}-1"
    assert "FailureReason" in endpoint


@pytest.mark.parametrize("number", [1, 2])
def test_deleting_a_needed_config_rolls_the_deployment_back(rollouts: Rollouts, number: int) -> None:
    name = f"pulled-{number}"
    rollouts.endpoint(name)
    with rollouts.hosting.standing_still():
        rollouts.begin(name, blue_green())
        rollouts.hosting.sagemaker.delete_endpoint_config(EndpointConfigName=f"{name}-{number}")

    lost = arn(f"endpoint-config/{name}-{number}")
    assert rolled_back(rollouts, name, instances=1) == f'Could not find endpoint configuration "{lost}".'
