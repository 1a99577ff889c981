"""Guardrails of an update: their DeploymentConfig, deadline and warnings."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import steps
from tests.unit.fakes import SESSION, require_valid
from tests.unit.plan_deployment.guarded import CANARY, LINEAR, VARIANT, World, deadline_seconds, maximum_seconds
from tests.unit.plan_deployment.request.test_guardrails import blue_green, percent, rolling, short_forms

POLICIES = dict.fromkeys(("canary", "linear", "all-at-once"), "BlueGreenUpdatePolicy") | {
    "rolling": "RollingUpdatePolicy"
}


@pytest.fixture
def world() -> World:
    return World()


def sent(made: dict[str, Any]) -> Any:
    return steps.change(made).get("DeploymentConfig")


def test_an_update_has_its_guardrails_with_a_fitting_time_limit(world: World) -> None:
    made = world.plan(deploymentConfig={"strategy": "canary", "percent": 25}, alarms=["errors"])

    policy = blue_green(Type="CANARY", WaitIntervalInSeconds=300, CanarySize=percent(25))["BlueGreenUpdatePolicy"]
    assert sent(made) == {
        "BlueGreenUpdatePolicy": policy | {"MaximumExecutionTimeoutInSeconds": 3600},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
    assert made["guardrails"] == {"strategy": "canary", "waitSeconds": 600}
    assert made["warnings"] == []


def test_alarms_alone_make_an_update_all_at_once_with_a_baking_time(world: World) -> None:
    made = world.plan(alarms=["errors", "latency"])

    assert sent(made)["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == {
        "Type": "ALL_AT_ONCE",
        "WaitIntervalInSeconds": 300,
    }
    assert made["guardrails"] == {"strategy": "all-at-once", "waitSeconds": 300}
    assert maximum_seconds(made) == 3300


def test_without_deployment_config_and_alarms_only_slipways_alarms_are_read(
    world: World,
) -> None:
    made = world.plan()

    assert (sent(made), made["guardrails"], deadline_seconds(made)) == (None, None, 3600)
    ((_, asked),) = world.cloudwatch.calls
    assert asked["AlarmNamePrefix"] == "slipway/e/"


def test_a_creation_sends_no_guardrails_and_says_when_they_take_effect(world: World) -> None:
    world.sagemaker.endpoints.clear()

    made = world.plan(
        deploymentConfig=LINEAR, alarms=["errors"], productionVariants=[VARIANT | {"InitialInstanceCount": 5}]
    )

    assert (made["action"], sent(made), made["guardrails"], deadline_seconds(made)) == ("create", None, None, 3600)
    (warning,) = made["warnings"]
    assert warning.startswith("/deploymentConfig takes effect with the first update")


def test_alarms_on_a_creation_are_mentioned_under_their_own_name(world: World) -> None:
    world.sagemaker.endpoints.clear()

    (warning,) = world.plan(alarms=["errors"])["warnings"]

    assert warning.startswith("/alarms takes effect with the first update")


@pytest.mark.parametrize(
    ("guardrails", "live", "waits"),
    [
        ({"strategy": "all-at-once", "terminationWaitMinutes": 10}, 1, 900),
        (CANARY, 4, 600),
        (LINEAR, 5, 1500),
        ({"strategy": "linear", "percent": 25}, 5, 1500),
        ({"strategy": "linear", "percent": 50, "terminationWaitMinutes": 1}, 4, 660),
        ({"strategy": "rolling", "percent": 5, "bakeMinutes": 1}, 40, 1200),
        (rolling({"Type": "INSTANCE_COUNT", "Value": 3}), 7, 180),
    ],
)
def test_the_default_deadline_is_extended_by_the_waits_of_the_live_instances(
    guardrails: dict[str, Any], live: int, waits: int
) -> None:
    made = World({"AllTraffic": live}).plan(deploymentConfig=guardrails, alarms=["errors"])

    assert made["guardrails"]["waitSeconds"] == waits
    assert deadline_seconds(made) == 3600 + waits


def test_the_waits_are_those_of_the_variant_with_the_most_steps() -> None:
    world = World({"One": 2, "Other": 10})
    variants = [VARIANT | {"VariantName": name} for name in ("One", "Other")]

    made = world.plan(productionVariants=variants, deploymentConfig={"strategy": "linear", "percent": 10})

    assert made["guardrails"]["waitSeconds"] == 10 * 300


def test_the_default_deadline_leaves_room_for_the_requests_time_limit(world: World) -> None:
    made = world.plan(deploymentConfig={"strategy": "canary", "percent": 25, "maximumMinutes": 120})

    assert maximum_seconds(made) == 7200
    assert deadline_seconds(made) == 7800


def test_the_requests_deadline_bounds_the_planned_time_limit(world: World) -> None:
    made = world.plan(deploymentConfig={"strategy": "canary", "percent": 25}, deadlineSeconds=1500)

    assert deadline_seconds(made) == 1500
    assert (made["guardrails"]["waitSeconds"], maximum_seconds(made)) == (600, 1200)


def test_repeating_the_request_succeeds_with_any_instances_and_alarms() -> None:
    world = World()
    fields = {"deploymentConfig": CANARY, "alarms": ["errors"]}
    config = world.plan(**fields)["endpointConfigName"]
    world.serve({"AllTraffic": 1}, config=config)
    world.cloudwatch.states["errors"] = "ALARM"

    again = world.plan(**fields)

    assert (again["action"], steps.change(again), again["guardrails"]) == ("none", {}, None)


def test_an_execution_that_joins_an_update_has_the_same_deadline(world: World) -> None:
    fields = {"deploymentConfig": CANARY, "alarms": ["errors"]}
    config = world.plan(**fields)["endpointConfigName"]
    world.serve({"AllTraffic": 4}, status="Updating", PendingDeploymentSummary={"EndpointConfigName": config})
    world.cloudwatch.states["errors"] = "ALARM"

    joined = world.plan(**fields)

    assert (joined["action"], joined["guardrails"], deadline_seconds(joined)) == ("join", None, 4200)


def test_a_small_percentage_of_few_instances_is_a_warning(world: World) -> None:
    warnings = world.plan(deploymentConfig={"strategy": "canary", "percent": 10}, alarms=["errors"])["warnings"]

    assert warnings == [
        "/deploymentConfig/percent: 10 % of the 4 instances of variant AllTraffic can be rounded to 1 instance, 25 % of them."
    ]


def test_guardrails_without_alarms_are_a_warning(world: World) -> None:
    (warning,) = world.plan(deploymentConfig={"strategy": "canary", "percent": 25})["warnings"]

    assert warning.startswith("/alarms is missing")


def test_instances_for_which_sagemaker_ignores_guardrails_are_a_warning(world: World) -> None:
    inferentia = [VARIANT | {"InstanceType": "ml.inf1.xlarge"}]

    (warning,) = world.plan(productionVariants=inferentia, alarms=["errors"])["warnings"]

    assert warning == (
        "/productionVariants/0 runs on ml.inf1.xlarge, for which SageMaker silently ignores guardrails: it updates all at once, "
        "without baking time."
    )


@pytest.mark.parametrize(
    ("account", "mentioned"),
    [
        (
            "865070037744",
            [
                "/productionVariants/0 uses m, whose model package belongs to account 865070037744. If it comes from "
                "AWS Marketplace, SageMaker silently ignores guardrails: it updates all at once, without baking time."
            ],
        ),
        ("123456789012", []),
    ],
)
def test_a_model_that_can_come_from_the_marketplace_is_a_warning(
    world: World, account: str, mentioned: list[str]
) -> None:
    world.sagemaker.packages["m"] = f"arn:aws:sagemaker:eu-west-1:{account}:model-package/xgboost/1"

    assert world.plan(alarms=["errors"])["warnings"] == mentioned


def test_guardrails_do_not_change_the_name_of_the_config(world: World) -> None:
    names = {world.plan(**fields)["endpointConfigName"] for fields in ({}, {"alarms": ["errors"]})}

    assert len(names) == 1


def waits_of(short: dict[str, Any], live: int) -> int:
    """Seconds of waiting, computed without the planner; a percentage rounded down gives the most steps."""
    percentage = short.get("percent", {"linear": 20, "rolling": 25}.get(short["strategy"]))
    steps = {"canary": 2, "all-at-once": 1}.get(short["strategy"]) or -(-live // max(1, live * percentage // 100))
    return 60 * (steps * short.get("bakeMinutes", 5) + short.get("terminationWaitMinutes", 0))


def is_legal(short: dict[str, Any], live: int, deadline: int | None) -> bool:
    waits = waits_of(short, live)
    return (
        (short["strategy"] == "all-at-once" or live > 1)
        and waits <= 28200
        and 60 * short.get("maximumMinutes", 480) > waits
        and (deadline is None or deadline >= waits + 600)
    )


@settings(max_examples=200)
@given(short_forms(), st.integers(1, 100), st.none() | st.integers(600, 28800))
def test_every_legal_short_form_is_planned_with_waits_that_fit_and_every_other_is_refused(
    short: dict[str, Any], live: int, deadline: int | None
) -> None:
    world = World({"AllTraffic": live})
    fields = {"deploymentConfig": short} | ({"deadlineSeconds": deadline} if deadline else {})
    if not is_legal(short, live, deadline):
        assert world.faults(**fields)
        return

    made = world.plan(**fields)

    waits, maximum = made["guardrails"]["waitSeconds"], maximum_seconds(made)
    require_valid(SESSION.get_service_model("sagemaker"), "UpdateEndpoint", steps.change(made))
    assert sent(made)[POLICIES[short["strategy"]]]["MaximumExecutionTimeoutInSeconds"] == maximum
    assert waits == waits_of(short, live) < maximum <= 28800
    assert waits + 600 <= deadline_seconds(made) <= 28800
