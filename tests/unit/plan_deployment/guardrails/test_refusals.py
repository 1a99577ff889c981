"""Guardrails that do not suit the live endpoint or its alarms are refused before anything changes."""

from typing import Any

import pytest

from tests.unit.plan_deployment.guarded import CANARY, VARIANT, World, deadline_seconds, maximum_seconds
from tests.unit.plan_deployment.request.test_guardrails import blue_green, percent, rolling

ROUTING = "/deploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration"


@pytest.fixture
def world() -> World:
    return World()


def test_a_deadline_shorter_than_the_waits_and_ten_minutes_is_refused_with_the_shortest_legal_one(world: World) -> None:
    found = world.faults(deploymentConfig=CANARY, deadlineSeconds=1199)

    assert found == {
        "/deadlineSeconds": "1199 s is too short for an update that waits 600 s (2 times 300 s, and 0 s until the old "
        "instances go) and starts instances. Give at least 1200, or leave it out."
    }
    assert deadline_seconds(world.plan(deploymentConfig=CANARY, deadlineSeconds=1200)) == 1200


def test_a_maximum_no_longer_than_the_waits_is_refused_with_the_shortest_legal_one(world: World) -> None:
    short = {"strategy": "linear", "percent": 25, "maximumMinutes": 20}
    own = blue_green(Type="LINEAR", WaitIntervalInSeconds=300, LinearStepSize=percent(25))
    own["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 1200

    expected = (
        "1200 s is not longer than the waits of the update, 1200 s (4 times 300 s, and 0 s until the old instances go). "
        "Give at least 21 minutes (1260 s)."
    )
    assert world.faults(deploymentConfig=short) == {"/deploymentConfig/maximumMinutes": expected}
    assert world.faults(deploymentConfig=own) == {
        "/deploymentConfig/BlueGreenUpdatePolicy/MaximumExecutionTimeoutInSeconds": expected
    }
    assert maximum_seconds(world.plan(deploymentConfig=short | {"maximumMinutes": 21})) == 1260


def test_waits_beyond_the_longest_deadline_are_refused_with_the_longest_legal_one() -> None:
    world = World({"AllTraffic": 10})
    linear = {"strategy": "linear", "percent": 10, "bakeMinutes": 60}

    assert world.faults(deploymentConfig=linear) == {
        "/deploymentConfig/bakeMinutes": "the update waits 36000 s (10 times 3600 s, and 0 s until the old instances "
        "go), but only 28200 s fit in the longest deadline. Use larger steps, or wait at most 2820 s after each."
    }
    made = world.plan(deploymentConfig=linear | {"bakeMinutes": 47})
    assert (maximum_seconds(made), deadline_seconds(made)) == (28800, 28800)


SIZED: dict[str, tuple[dict[str, Any], str]] = {
    "canary": (CANARY, "/deploymentConfig/strategy"),
    "linear": ({"strategy": "linear"}, "/deploymentConfig/strategy"),
    "rolling": ({"strategy": "rolling"}, "/deploymentConfig/strategy"),
    "canary in full": (blue_green(Type="CANARY", CanarySize=percent(50)), f"{ROUTING}/Type"),
    "rolling in full": (rolling(percent(50)), "/deploymentConfig/RollingUpdatePolicy"),
}


@pytest.mark.parametrize("case", sorted(SIZED))
def test_one_live_instance_cannot_be_replaced_in_steps(case: str) -> None:
    guardrails, pointer = SIZED[case]
    world = World({"AllTraffic": 1})

    found = world.faults(deploymentConfig=guardrails, productionVariants=[VARIANT | {"InitialInstanceCount": 4}])

    assert found == {
        pointer: f"variant AllTraffic has 1 instance, but a step of {case.split()[0]} is at least one instance and at "
        "most 50 % of them. Deploy all at once, or have at least 2 instances before the update."
    }


def test_a_creation_is_checked_with_its_initial_count(world: World) -> None:
    world.sagemaker.endpoints.clear()

    assert world.faults(deploymentConfig=CANARY).keys() == {"/deploymentConfig/strategy"}
    two = [VARIANT | {"InitialInstanceCount": 2}]
    assert world.plan(deploymentConfig=CANARY, productionVariants=two)["action"] == "create"


@pytest.mark.parametrize(
    ("member", "routing_type", "live", "value", "legal"),
    [
        ("CanarySize", "CANARY", 4, 3, "1 to 2"),
        ("CanarySize", "CANARY", 3, 2, "1"),
        ("LinearStepSize", "LINEAR", 30, 2, "3 to 15"),
        ("LinearStepSize", "LINEAR", 30, 16, "3 to 15"),
    ],
)
def test_a_number_of_instances_outside_the_percentages_is_refused_with_the_legal_ones(
    member: str, routing_type: str, live: int, value: int, legal: str
) -> None:
    guardrails = blue_green(Type=routing_type, **{member: {"Type": "INSTANCE_COUNT", "Value": value}})

    found = World({"AllTraffic": live}).faults(deploymentConfig=guardrails)

    assert found.keys() == {f"{ROUTING}/{member}/Value"}
    (text,) = found.values()
    assert text.startswith(f"{value} of the {live} instances of variant AllTraffic is outside the ")
    assert text.endswith(f" % that SageMaker allows for {routing_type.lower()}. Give {legal}.")


def test_a_rolling_batch_of_too_few_instances_is_refused() -> None:
    found = World({"AllTraffic": 50}).faults(deploymentConfig=rolling({"Type": "INSTANCE_COUNT", "Value": 2}))

    assert found["/deploymentConfig/RollingUpdatePolicy/MaximumBatchSize/Value"].endswith("Give 3 to 25.")


@pytest.mark.parametrize("after", [["Renamed"], ["AllTraffic", "Added"]])
def test_renamed_variants_exclude_guardrails(world: World, after: list[str]) -> None:
    variants = [VARIANT | {"VariantName": name, "InitialInstanceCount": 4} for name in after]

    found = world.faults(alarms=["errors"], productionVariants=variants)

    assert found == {
        "/productionVariants": "guardrails need the same variants before and after; the endpoint has AllTraffic, the "
        f"request {', '.join(sorted(after))}. Keep the variants' names, or leave deploymentConfig and alarms out of "
        "this one update."
    }
    assert world.plan(productionVariants=variants)["action"] == "update"


def test_a_removed_variant_excludes_guardrails() -> None:
    assert World({"AllTraffic": 4, "Gone": 4}).faults(deploymentConfig=CANARY).keys() == {"/productionVariants"}


@pytest.mark.parametrize(
    ("fields", "pointer"), [({"alarms": ["errors"]}, "/alarms"), ({"deploymentConfig": CANARY}, "/deploymentConfig")]
)
def test_a_change_from_serverless_to_instances_excludes_guardrails(fields: Any, pointer: str) -> None:
    world = World()
    world.serve({}, ProductionVariants=[{"VariantName": "AllTraffic", "CurrentServerlessConfig": {}}])
    two = [VARIANT | {"InitialInstanceCount": 2}]

    assert world.faults(productionVariants=two, **fields) == {
        pointer: "endpoint e is still serverless and does not support deployment guardrails. Leave deploymentConfig and alarms "
        "out of this one update."
    }


def test_every_missing_alarm_is_reported_with_its_place(world: World) -> None:
    own = blue_green(Type="ALL_AT_ONCE") | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "gone"}]}}

    found = world.faults(alarms=["errors", "Errors"], deploymentConfig=own)

    remedy = "Create it first, correct its name (case matters), or remove it."
    assert found == {
        "/alarms/1": f'there is no alarm "Errors" in this account and Region. {remedy}',
        "/deploymentConfig/AutoRollbackConfiguration/Alarms/0/AlarmName": (
            f'there is no alarm "gone" in this account and Region. {remedy}'
        ),
    }
    *_, (operation, parameters) = world.cloudwatch.calls
    assert (operation, parameters["AlarmNames"]) == ("DescribeAlarms", ["errors", "Errors", "gone"])


@pytest.mark.parametrize("name", ["errors", "composite-errors"])
def test_an_alarm_in_alarm_is_refused_with_its_reason(world: World, name: str) -> None:
    world.cloudwatch.states[name] = "ALARM"

    assert world.faults(alarms=["latency", name]) == {
        "/alarms/1": f'alarm "{name}" is already in ALARM ({name} says so), so it cannot detect a bad update. '
        "Fix what it monitors until it is OK, or remove it."
    }


def test_a_creation_accepts_an_alarm_in_alarm_but_not_a_missing_one(world: World) -> None:
    world.sagemaker.endpoints.clear()
    world.cloudwatch.states["errors"] = "ALARM"

    assert world.plan(alarms=["errors"])["action"] == "create"
    assert world.faults(alarms=["gone"]).keys() == {"/alarms/0"}


def test_all_faults_of_guardrails_are_reported_at_once() -> None:
    found = World({"AllTraffic": 1}).faults(deploymentConfig=CANARY, alarms=["gone"], deadlineSeconds=600)

    assert found.keys() == {"/deploymentConfig/strategy", "/alarms/0", "/deadlineSeconds"}
