"""Alarms that a request has made: what is put, watched, kept and removed."""

from typing import Any

import pytest

from shared.planning.names import alarm_name, alarm_prefix
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


def new_fleet(made: dict[str, Any], variant: str = "AllTraffic") -> list[str]:
    config = made["endpointConfig"]["name"]
    return [f"slipway/e/{variant}/{config}/{what}" for what in ("server-errors", "model-latency")]


def put(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {alarm["AlarmName"]: alarm for alarm in made["alarms"]["put"]}


def carry_out(world: World, made: dict[str, Any], config: str | None = None) -> None:
    """What the deployment of the plan leaves behind."""
    for alarm in made["alarms"]["put"]:
        world.cloudwatch.put_metric_alarm(**alarm)
    for name in made["alarms"]["remove"]:
        world.cloudwatch.delete_alarms(AlarmNames=[name])
    world.sagemaker.add_endpoint("e", config=config or made["endpointConfig"]["name"])


def test_a_creation_makes_two_standing_alarms_for_a_variant(world: World) -> None:
    world.sagemaker.endpoints.clear()

    made = world.plan(alarms="create", tags=[{"Key": "team", "Value": "churn"}])

    errors, latency = made["alarms"]["put"]
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
    assert errors["Tags"] == made["endpoint"]["request"]["Tags"]
    assert "AlarmActions" not in errors
    assert made["warnings"] == []


def test_a_request_that_has_none_made_on_a_new_endpoint_does_not_ask_cloudwatch(world: World) -> None:
    world.sagemaker.endpoints.clear()

    assert world.plan()["alarms"]["put"] == []
    assert world.cloudwatch.calls == []


def test_sagemaker_watches_the_new_fleets_alarms_and_not_the_standing_ones(world: World) -> None:
    made = world.plan(alarms="create", deploymentConfig=CANARY)

    rollback = made["endpoint"]["request"]["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert [alarm["AlarmName"] for alarm in rollback["Alarms"]] == new_fleet(made)
    assert list(put(made)) == [*STANDING, *new_fleet(made)]
    config = {"Name": "EndpointConfigName", "Value": made["endpointConfig"]["name"]}
    assert config in put(made)[new_fleet(made)[1]]["Dimensions"]


def test_named_alarms_of_sagemakers_own_form_are_watched_beside_those_that_are_made(world: World) -> None:
    own = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}

    made = world.plan(alarms="create", deploymentConfig=own)

    rollback = made["endpoint"]["request"]["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert [alarm["AlarmName"] for alarm in rollback["Alarms"]] == ["errors", *new_fleet(made)]


def test_the_same_request_again_puts_and_removes_nothing(world: World) -> None:
    carry_out(world, world.plan(alarms="create"))

    made = world.plan(alarms="create")

    assert made["action"] == "none"
    assert {name: made["alarms"][name] for name in ("put", "remove", "replace", "previous")} == {
        "put": [],
        "remove": [],
        "replace": [],
        "previous": [],
    }


def test_other_thresholds_change_the_standing_alarms_and_nothing_else(world: World) -> None:
    carry_out(world, world.plan(alarms="create"))

    made = world.plan(alarms="create", alarmThresholds={"modelLatencyP99Milliseconds": 250})

    assert (made["action"], list(put(made)), made["alarms"]["remove"]) == ("none", STANDING[1:], [])
    assert put(made)[STANDING[1]]["Threshold"] == 250_000
    (previous,) = made["alarms"]["previous"]
    assert (previous["AlarmName"], previous["Threshold"]) == (STANDING[1], 5_000_000)


def test_what_people_let_an_alarm_do_stays_when_its_threshold_changes(world: World) -> None:
    carry_out(world, world.plan(alarms="create"))
    world.cloudwatch.alarms[STANDING[0]]["AlarmActions"] = ["arn:aws:sns:eu-west-1:123456789012:on-call"]

    assert world.plan(alarms="create")["alarms"]["put"] == []
    made = world.plan(alarms="create", alarmThresholds={"serverErrorPercent": 5})

    assert put(made)[STANDING[0]]["AlarmActions"] == ["arn:aws:sns:eu-west-1:123456789012:on-call"]


def test_the_next_update_removes_the_alarms_of_the_fleet_that_goes(world: World) -> None:
    first = world.plan(alarms="create")
    carry_out(world, first)

    second = world.plan(alarms="create", kmsKeyId="alias/models")

    assert second["alarms"]["remove"] == new_fleet(first)
    assert list(put(second)) == new_fleet(second)


def test_an_alarm_left_by_an_update_of_the_same_config_is_made_anew(world: World) -> None:
    first = world.plan(alarms="create")
    carry_out(world, first, config="old")

    again = world.plan(alarms="create")

    assert again["alarms"]["replace"] == list(put(again)) == new_fleet(first)


def test_alarms_that_are_not_asked_for_go_and_those_of_others_stay(world: World) -> None:
    first = world.plan(alarms="create")
    carry_out(world, first)
    world.cloudwatch.alarms["slipway/e2/AllTraffic/server-errors"] = {"AlarmName": "another endpoint's"}

    made = world.plan()

    assert (made["action"], made["alarms"]["put"]) == ("none", [])
    assert made["alarms"]["remove"] == [*STANDING, *new_fleet(first)]
    assert [alarm["AlarmName"] for alarm in made["alarms"]["previous"]] == made["alarms"]["remove"]


def test_the_alarms_of_a_variant_that_goes_go_with_it(world: World) -> None:
    carry_out(world, world.plan(alarms="create"))
    world.sagemaker.endpoints.clear()

    made = world.plan(alarms="create", productionVariants=[VARIANT | {"VariantName": "Other"}])

    assert set(STANDING) <= set(made["alarms"]["remove"])


def test_a_serverless_endpoint_has_standing_alarms_only(world: World) -> None:
    world.serve({}, ProductionVariants=[{"VariantName": "AllTraffic", "CurrentServerlessConfig": {}}])

    made = world.plan(alarms="create", productionVariants=[SERVERLESS])

    assert (made["action"], list(put(made))) == ("update", STANDING)
    assert "DeploymentConfig" not in made["endpoint"]["request"]


def test_as_many_variants_as_sagemaker_watches_alarms_of(world: World) -> None:
    variants = [VARIANT | {"VariantName": f"V{number}"} for number in range(6)]
    own = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}

    assert world.faults(alarms="create", productionVariants=variants) == {
        "/alarms": "2 alarms for each of 6 variants are more than the 10 SageMaker watches. Keep 5 variants at most, "
        "or name alarms; a composite alarm stands for several."
    }
    found = world.faults(alarms="create", productionVariants=variants[:5], deploymentConfig=own)
    assert "Keep 4 variants at most" in found["/alarms"]


@pytest.mark.parametrize("alarms", [{}, {"alarms": ["errors"]}])
def test_thresholds_of_alarms_that_are_not_made_are_refused(world: World, alarms: dict[str, Any]) -> None:
    assert world.faults(alarmThresholds={"serverErrorPercent": 2}, **alarms) == {
        "/alarmThresholds": 'means nothing where no alarms are made. Say "alarms": "create", or remove it.'
    }


@pytest.mark.parametrize(
    ("fields", "pointer", "fault"),
    [
        ({"alarms": "creat"}, "/alarms", 'expected "create", got "creat". Did you mean "create"?'),
        ({"alarms": 7}, "/alarms", "expected a list or a text, got 7. Correct it."),
        (
            {"alarms": "create", "alarmThresholds": {"serverErrorPercent": 0}},
            "/alarmThresholds/serverErrorPercent",
            "expected more than 0, got 0. Correct it.",
        ),
    ],
)
def test_what_is_neither_create_nor_names_is_one_fault(
    world: World, fields: dict[str, Any], pointer: str, fault: str
) -> None:
    assert world.faults(**fields) == {pointer: fault}


def test_a_baking_time_shorter_than_the_alarms_need_is_mentioned(world: World) -> None:
    (warning,) = world.plan(alarms="create", deploymentConfig={"strategy": "all-at-once", "bakeMinutes": 2})["warnings"]

    assert warning.startswith("/deploymentConfig/bakeMinutes: 120 s may end before the alarms")


def test_names_that_cloudwatch_would_find_too_long_end_in_a_hash_and_stay_apart() -> None:
    prefix = alarm_prefix("s" * 128, "e" * 63)

    names = {alarm_name(prefix, "v" * 63, config, what) for config in (None, "c" * 63) for what in ("one", "other")}

    assert len(names) == 4
    assert {len(name) for name in names} == {255}
    assert all(name.startswith(prefix) for name in names)


def test_a_refused_look_is_no_empty_answer(world: World) -> None:
    world.cloudwatch.errors["DescribeAlarms"] = client_error("AccessDenied", "not now", "DescribeAlarms", 403)

    with pytest.raises(Exception, match="not now"):
        world.plan(alarms="create")
