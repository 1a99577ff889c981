"""A removal by a schedule leaves what the next morning needs, and removes nothing that it could not restore."""

import dataclasses
from typing import Any

import pytest

from plan_removal.planner import plan
from shared import records
from shared.alarms import TRIGGERS_SCALING
from shared.errors import EndpointNotOwned, InvalidRequest
from shared.planning import names
from tests.support import steps
from tests.unit.conftest import EXECUTION, RECORD
from tests.unit.fakes import POLICY_ARN, FakeLocks
from tests.unit.plan_removal.test_plan_removal import OTHER, SETTINGS, TARGET, World, config_name

CONFIG = config_name(1)
HOURS = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}
NOON, EVENING = "2026-11-23T11:00:00.000Z", "2026-11-23T19:00:00.000Z"
STARTED = {**EXECUTION, "startedAt": EVENING}
TICK = {"endpointName": "e", "scheduled": {"wants": "away", "time": EVENING}}
OWN = {**TARGET, "PolicyName": "e-AllTraffic-target-tracking", "PolicyType": "TargetTrackingScaling"}


class Evening(World):
    """An account with an endpoint of a deployment with hours, with its alarm, scaling and model."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self.create(CONFIG, "m-1")
        self.sagemaker.add_endpoint("e", config=CONFIG)
        self.autoscaling.targets["e"] = TARGET
        self.autoscaling.policies["e"] = OWN
        self.cloudwatch.on_put_metric_alarm({"AlarmName": "slipway/e/AllTraffic/server-errors"})
        schedule = {"GroupName": SETTINGS.off_hours_group, "Name": names.schedule_name("e", "weekdays", "up")}
        self.scheduler.schedules[schedule["GroupName"], schedule["Name"]] = schedule
        deployed = {"deployment_id": "noon", "config_name": CONFIG, "request": {"schedule": HOURS}}
        self.record(**deployed | changes)

    def tick(self, now: str = EVENING, **members: Any) -> Any:
        return plan(TICK | members, STARTED, now, self.services, SETTINGS)


def test_the_endpoint_its_alarms_and_its_scaling_are_deleted_and_the_rest_is_kept() -> None:
    made = Evening().tick()

    assert steps.lines(made) == [
        "Remove endpoint: delete endpoint e, which is InService",
        "Remove endpoint: delete alarm slipway/e/AllTraffic/server-errors",
        "Remove endpoint: deregister scalable target endpoint/e/variant/AllTraffic "
        "(sagemaker:variant:DesiredInstanceCount)",
    ]
    assert (made["action"], made["deletesRecords"], made["busy"]) == ("remove", False, None)
    assert made["trigger"] == {
        "kind": "schedule",
        "wants": "away",
        "scheduledTime": EVENING,
        "deploymentId": "noon",
        "startedAt": RECORD.started_at,
    }
    assert "report" not in made


def test_an_alarm_to_which_an_owner_added_an_action_is_kept_because_the_morning_would_create_it_without() -> None:
    world, name = Evening(), "slipway/e/AllTraffic/model-latency"
    world.cloudwatch.on_put_metric_alarm({"AlarmName": name, "AlarmActions": ["arn:aws:sns:eu-west-1:1:on-call"]})
    trigger = {"AlarmDescription": f"{TRIGGERS_SCALING}p", "AlarmActions": [f"{POLICY_ARN}:p"]}
    world.cloudwatch.on_put_metric_alarm({"AlarmName": "slipway/e/AllTraffic/backlog", **trigger})

    deleted = [line for line in steps.lines(world.tick()) if "alarm" in line]

    assert deleted == [
        "Remove endpoint: delete alarm slipway/e/AllTraffic/backlog",
        "Remove endpoint: delete alarm slipway/e/AllTraffic/server-errors",
    ]


@pytest.mark.parametrize(
    ("now", "changes", "reason"),
    [
        (NOON, {}, "is within the hours of deployment noon"),
        (EVENING, {"request": {}}, "Deployment noon, the last one, has no schedule."),
        (EVENING, {"kind": "removal"}, "Removal noon removed endpoint e."),
    ],
)
def test_a_tick_that_is_not_due_reads_no_endpoint_and_releases_the_lock(
    now: str, changes: dict[str, Any], reason: str
) -> None:
    world = Evening(**changes)

    made = world.tick(now)

    assert (made["action"], made["busy"], "steps" in made) == ("none", None, False)
    output = made["report"]
    assert reason in output.pop("reason")
    assert output == {
        "outcome": "SUCCEEDED",
        "changed": False,
        "action": "none",
        "endpointName": "e",
        "trigger": {"kind": "schedule", "wants": "away", "scheduledTime": EVENING},
    }
    assert world.sagemaker.calls == []
    assert "heldBy" not in world.dynamodb.item


def test_an_endpoint_that_is_away_already_is_not_removed_again() -> None:
    world = Evening()
    world.sagemaker.endpoints.clear()
    world.autoscaling.targets.clear()
    world.cloudwatch.alarms.clear()

    assert world.tick()["report"]["reason"] == "There is no endpoint e."


def test_what_an_interrupted_night_left_is_removed() -> None:
    world = Evening()
    world.sagemaker.endpoints.clear()

    assert [step["operation"] for step in world.tick()["steps"]] == ["DeleteAlarms", "DeregisterScalableTarget"]


def test_an_endpoint_with_external_scaling_is_kept_and_the_scaling_is_named() -> None:
    world = Evening()
    world.autoscaling.policies["external"] = {**OWN, "PolicyName": "of-another-tool"}
    world.autoscaling.scheduled_actions["external"] = {
        **TARGET,
        "ScheduledActionName": "lunch",
        "Schedule": "rate(1 day)",
    }

    with pytest.raises(EndpointNotOwned) as raised:
        world.tick()

    assert str(raised.value) == (
        "Endpoint e is kept outside its hours, because its schedule could not restore what another user or tool created: "
        "policy of-another-tool of endpoint/e/variant/AllTraffic, scheduled action lunch of "
        "endpoint/e/variant/AllTraffic. Put it into the request, or delete it; or send the request without schedule."
    )
    assert "heldBy" not in world.dynamodb.item


def test_an_endpoint_on_an_external_config_is_kept_because_the_morning_would_deploy_another() -> None:
    world = Evening()
    world.sagemaker.add_endpoint("e", config="by-hand")

    with pytest.raises(EndpointNotOwned, match="created: config by-hand, which is not of deployment noon"):
        world.tick()


def test_a_config_with_which_a_schedule_created_the_endpoint_again_is_not_external() -> None:
    world = Evening()
    world.sagemaker.add_endpoint("e", config=config_name(2).upper())
    morning = dataclasses.replace(
        RECORD, kind="schedule", action="create", started_at="2026-11-23T05:45:00.000Z", config_name=config_name(2)
    )
    assert records.write(world.dynamodb, "deployments", morning) is None

    assert world.tick()["action"] == "remove"


def test_a_tick_waits_for_its_turn_for_seven_hours_and_then_has_one_for_the_deletion() -> None:
    world = Evening()
    world.dynamodb.item |= FakeLocks(lockId="endpoint/e", heldBy=OTHER, heldSince=EVENING, turn=3, requestHash="x").item

    assert world.tick()["busy"]["waitSeconds"] == 30
    assert world.tick(now="2026-11-24T01:59:59.000Z")["busy"]["waitSeconds"] == 1
    assert world.tick(now="2026-11-24T02:00:00.000Z")["busy"]["waitSeconds"] == 0


def test_the_deadline_of_a_tick_counts_from_its_turn() -> None:
    made = Evening().tick(now="2026-11-24T01:00:00.000Z")

    assert (made["turnSince"], made["deadlineAt"]) == ("2026-11-24T01:00:00.000Z", "2026-11-24T02:00:00.000Z")


@pytest.mark.parametrize("members", [{"confirm": "e"}, {"scheduled": {"wants": "up", "time": NOON}}])
def test_a_malformed_tick_is_refused_before_the_lock_is_taken(members: dict[str, Any]) -> None:
    world = Evening()
    calls = len(world.dynamodb.calls)

    with pytest.raises(InvalidRequest, match="The input of the schedule has 1 fault"):
        world.tick(**members)

    assert len(world.dynamodb.calls) == calls
