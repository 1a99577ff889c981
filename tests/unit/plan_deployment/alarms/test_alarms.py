"""Alarms that Slipway creates: put, watched, preserved and deleted."""

from typing import Any

import pytest

from shared.planning.names import alarm_name, alarm_prefix
from tests.support import steps
from tests.unit.fakes import client_error
from tests.unit.plan_deployment.guarded import CANARY, VARIANT, World

STANDING = ["slipway/e/AllTraffic/server-errors", "slipway/e/AllTraffic/model-latency"]
SERVERLESS = {
    "VariantName": "AllTraffic",
    "ModelName": "m",
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
}


@pytest.fixture
def world() -> World:
    return World()


def of_config(made: dict[str, Any], variant: str = "AllTraffic") -> list[str]:
    config = made["endpointConfigName"]
    return [f"slipway/e/{variant}/{config}/{what}" for what in ("server-errors", "model-latency")]


def put(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {alarm["AlarmName"]: alarm for alarm in steps.bodies(made, "PutMetricAlarm")}


def deleted(made: dict[str, Any]) -> list[str]:
    """Alarms that the clean-up deletes."""
    found = [step for step in steps.of(made, "DeleteAlarms") if step["phase"] == "clean up"]
    return [name for step in found for name in step["request"]["AlarmNames"]]


def carry_out(world: World, made: dict[str, Any], config: str | None = None) -> None:
    """Leave the resources of a deployment that followed the plan."""
    for alarm in steps.bodies(made, "PutMetricAlarm"):
        world.cloudwatch.put_metric_alarm(**alarm)
    for name in deleted(made):
        world.cloudwatch.delete_alarms(AlarmNames=[name])
    world.sagemaker.add_endpoint("e", config=config or made["endpointConfigName"])


def test_a_creation_puts_two_standing_alarms_for_a_variant(world: World) -> None:
    world.sagemaker.endpoints.clear()

    made = world.plan(alarms="create", tags=[{"Key": "team", "Value": "churn"}])

    errors, latency = steps.bodies(made, "PutMetricAlarm")
    dimensions = [{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "AllTraffic"}]
    assert [errors["AlarmName"], latency["AlarmName"]] == STANDING
    assert [metric.get("Expression") for metric in errors["Metrics"]] == ["100 * errors / invocations", None, None]
    assert [metric["MetricStat"]["Metric"] for metric in errors["Metrics"][1:]] == [
        {"Namespace": "AWS/SageMaker", "MetricName": name, "Dimensions": dimensions}
        for name in ("Invocation5XXErrors", "Invocations")
    ]
    assert (errors["Threshold"], errors["TreatMissingData"]) == (1, "notBreaching")
    assert (latency["ExtendedStatistic"], latency["Threshold"]) == ("p99", 5_000_000), "microseconds"
    assert latency["Dimensions"] == dimensions
    assert errors["Tags"] == steps.change(made)["Tags"]
    assert "AlarmActions" not in errors
    assert made["warnings"] == []


def test_a_creation_without_alarms_does_not_call_cloudwatch(world: World) -> None:
    world.sagemaker.endpoints.clear()

    assert steps.bodies(world.plan(), "PutMetricAlarm") == []
    assert world.cloudwatch.calls == []


def test_sagemaker_watches_the_alarms_of_the_new_config_only(world: World) -> None:
    made = world.plan(alarms="create", deploymentConfig=CANARY)

    rollback = steps.change(made)["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert [alarm["AlarmName"] for alarm in rollback["Alarms"]] == of_config(made)
    assert list(put(made)) == [*STANDING, *of_config(made)]
    config = {"Name": "EndpointConfigName", "Value": made["endpointConfigName"]}
    assert config in put(made)[of_config(made)[1]]["Dimensions"]


def test_named_alarms_are_watched_together_with_created_ones(world: World) -> None:
    own = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}

    made = world.plan(alarms="create", deploymentConfig=own)

    rollback = steps.change(made)["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert [alarm["AlarmName"] for alarm in rollback["Alarms"]] == ["errors", *of_config(made)]


def test_repeating_the_request_changes_no_alarm(world: World) -> None:
    carry_out(world, world.plan(alarms="create"))

    made = world.plan(alarms="create")

    assert (made["action"], [line for line in steps.lines(made) if "alarm" in line]) == ("none", [])


def test_other_thresholds_change_the_standing_alarms_and_nothing_else(world: World) -> None:
    carry_out(world, world.plan(alarms="create"))

    made = world.plan(alarms="create", alarmThresholds={"modelLatencyP99Milliseconds": 250})

    assert (made["action"], list(put(made)), deleted(made)) == ("none", STANDING[1:], [])
    assert put(made)[STANDING[1]]["Threshold"] == 250_000
    (previous,) = (call["request"] for call in steps.undo(made, "PutMetricAlarm"))
    assert (previous["AlarmName"], previous["Threshold"]) == (STANDING[1], 5_000_000)


def test_a_new_threshold_preserves_the_actions_of_an_alarm(world: World) -> None:
    carry_out(world, world.plan(alarms="create"))
    world.cloudwatch.alarms[STANDING[0]]["AlarmActions"] = ["arn:aws:sns:eu-west-1:123456789012:on-call"]

    assert steps.bodies(world.plan(alarms="create"), "PutMetricAlarm") == []
    made = world.plan(alarms="create", alarmThresholds={"serverErrorPercent": 5})

    assert put(made)[STANDING[0]]["AlarmActions"] == ["arn:aws:sns:eu-west-1:123456789012:on-call"]


def test_the_next_update_deletes_the_alarms_of_the_old_config(world: World) -> None:
    first = world.plan(alarms="create")
    carry_out(world, first)

    second = world.plan(alarms="create", kmsKeyId="alias/models")

    assert deleted(second) == of_config(first)
    assert list(put(second)) == of_config(second)


def test_an_alarm_of_an_earlier_update_to_the_same_config_is_replaced(world: World) -> None:
    first = world.plan(alarms="create")
    carry_out(world, first, config="old")

    again = world.plan(alarms="create")

    assert [line for line in steps.lines(again) if "alarm" in line] == [
        *(f"Prepare endpoint: delete alarm {name}" for name in of_config(first)),
        *(f"Prepare endpoint: update alarm {name}" for name in of_config(first)),
    ]
    restored = [call["request"]["AlarmName"] for call in steps.undo(again, "DeleteAlarms")]
    assert restored == of_config(first), "with their previous definitions"


def test_alarms_that_are_no_longer_requested_are_deleted(world: World) -> None:
    first = world.plan(alarms="create")
    carry_out(world, first)
    world.cloudwatch.alarms["slipway/e2/AllTraffic/server-errors"] = {"AlarmName": "another endpoint's"}

    made = world.plan()

    assert (made["action"], steps.bodies(made, "PutMetricAlarm")) == ("none", [])
    assert deleted(made) == [*STANDING, *of_config(first)]
    assert steps.undo(made, "DeleteAlarms") == [], "clean-up is never rolled back"


def test_the_alarms_of_a_removed_variant_are_deleted(world: World) -> None:
    carry_out(world, world.plan(alarms="create"))
    world.sagemaker.endpoints.clear()

    made = world.plan(alarms="create", productionVariants=[VARIANT | {"VariantName": "Other"}])

    assert set(STANDING) <= set(deleted(made))


def test_a_serverless_endpoint_has_standing_alarms_only(world: World) -> None:
    world.serve({}, ProductionVariants=[{"VariantName": "AllTraffic", "CurrentServerlessConfig": {}}])

    made = world.plan(alarms="create", productionVariants=[SERVERLESS])

    assert (made["action"], list(put(made))) == ("update", STANDING)
    assert "DeploymentConfig" not in steps.change(made)


def test_more_variants_than_sagemaker_can_watch_are_refused(world: World) -> None:
    variants = [VARIANT | {"VariantName": f"V{number}"} for number in range(6)]
    own = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}

    assert world.faults(alarms="create", productionVariants=variants) == {
        "/alarms": "2 alarms for each of 6 variants exceed the 10 that SageMaker can watch. Keep 5 variants at most, "
        "or name alarms; a composite alarm stands for several."
    }
    found = world.faults(alarms="create", productionVariants=variants[:5], deploymentConfig=own)
    assert "Keep 4 variants at most" in found["/alarms"]


@pytest.mark.parametrize("alarms", [{}, {"alarms": ["errors"]}])
def test_thresholds_without_created_alarms_are_refused(world: World, alarms: dict[str, Any]) -> None:
    assert world.faults(alarmThresholds={"serverErrorPercent": 2}, **alarms) == {
        "/alarmThresholds": 'has no effect unless Slipway creates alarms. Add "alarms": "create", or remove it.'
    }


@pytest.mark.parametrize(
    ("fields", "pointer", "fault"),
    [
        ({"alarms": "creat"}, "/alarms", 'expected "create", got "creat". Did you mean "create"?'),
        ({"alarms": 7}, "/alarms", "expected a list or a string, got 7. Correct it."),
        (
            {"alarms": "create", "alarmThresholds": {"serverErrorPercent": 0}},
            "/alarmThresholds/serverErrorPercent",
            "expected more than 0, got 0. Correct it.",
        ),
    ],
)
def test_alarms_that_are_neither_create_nor_names_are_one_fault(
    world: World, fields: dict[str, Any], pointer: str, fault: str
) -> None:
    assert world.faults(**fields) == {pointer: fault}


def test_a_baking_time_too_short_for_the_alarms_is_a_warning(world: World) -> None:
    (warning,) = world.plan(alarms="create", deploymentConfig={"strategy": "all-at-once", "bakeMinutes": 2})["warnings"]

    assert warning.startswith("/deploymentConfig/bakeMinutes: 120 s can end before the alarms")


def test_long_alarm_names_end_in_a_hash_and_stay_different() -> None:
    prefix = alarm_prefix("s" * 128, "e" * 63)

    names = {alarm_name(prefix, "v" * 63, config, what) for config in (None, "c" * 63) for what in ("one", "other")}

    assert len(names) == 4
    assert {len(name) for name in names} == {255}
    assert all(name.startswith(prefix) for name in names)


def test_a_refused_read_of_alarms_is_an_error(world: World) -> None:
    world.cloudwatch.errors["DescribeAlarms"] = client_error("AccessDenied", "not now", "DescribeAlarms", 403)

    with pytest.raises(Exception, match="not now"):
        world.plan(alarms="create")
