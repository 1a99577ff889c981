"""Guardrails against the endpoint as it is: what is sent, what is refused before anything changes, what is mentioned."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plan_deployment.logic import Services, Settings, plan
from shared.errors import InvalidRequest
from shared.moments import seconds_between
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import SESSION, FakeAutoScaling, FakeCloudWatch, FakeSageMaker, FakeSsm, require_valid
from tests.unit.plan_deployment.test_guardrails_request import blue_green, percent, rolling, short_forms

STARTED = "2026-11-21T05:12:59.152Z"
VARIANT = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
CANARY = {"strategy": "canary"}
LINEAR = {"strategy": "linear", "percent": 20}
POLICIES = dict.fromkeys(("canary", "linear", "all-at-once"), "BlueGreenUpdatePolicy") | {
    "rolling": "RollingUpdatePolicy"
}
ROUTING = "/deploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration"


class World:
    """An account with an endpoint of four live instances, and two alarms at rest."""

    def __init__(self, live: dict[str, int] | None = None) -> None:
        self.sagemaker = FakeSageMaker()
        self.sagemaker.models = {"m"}
        self.cloudwatch = FakeCloudWatch(errors="OK", latency="INSUFFICIENT_DATA")
        self.serve({"AllTraffic": 4} if live is None else live)

    def serve(self, live: dict[str, int], **members: Any) -> None:
        variants = [{"VariantName": name, "DesiredInstanceCount": count} for name, count in live.items()]
        self.sagemaker.add_endpoint("e", **({"ProductionVariants": variants} | members))

    def plan(self, **fields: Any) -> dict[str, Any]:
        services = Services(self.sagemaker, FakeAutoScaling(), FakeSsm, lambda: self.cloudwatch)
        request = {"endpointName": "e", "productionVariants": [VARIANT]} | fields
        execution = {"arn": EXECUTION_ARN, "name": "one", "startedAt": STARTED}
        return plan(request, execution, services, Settings("/slipway/profiles", ""))

    def faults(self, **fields: Any) -> dict[str, str]:
        with pytest.raises(InvalidRequest) as raised:
            self.plan(**fields)
        lines = str(raised.value).splitlines()[1:]
        return dict(re.fullmatch(r"- (\S+): (.*)", line).groups() for line in lines)  # type: ignore[union-attr]


@pytest.fixture
def world() -> World:
    return World()


def sent(made: dict[str, Any]) -> Any:
    return made["endpoint"]["request"].get("DeploymentConfig")


def deadline_seconds(made: dict[str, Any]) -> float:
    return seconds_between(STARTED, made["deadlineAt"])


def test_an_update_carries_its_guardrails_with_a_timeout_that_fits(world: World) -> None:
    made = world.plan(deploymentConfig={"strategy": "canary", "percent": 25}, alarms=["errors"])

    policy = blue_green(Type="CANARY", WaitIntervalInSeconds=300, CanarySize=percent(25))["BlueGreenUpdatePolicy"]
    assert sent(made) == {
        "BlueGreenUpdatePolicy": policy | {"MaximumExecutionTimeoutInSeconds": 3600},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
    assert made["deployment"] == {"strategy": "canary", "waitSeconds": 600, "maximumSeconds": 3600}
    assert made["warnings"] == []


def test_alarms_alone_make_an_update_all_at_once_with_a_baking_time(world: World) -> None:
    made = world.plan(alarms=["errors", "latency"])

    assert sent(made)["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == {
        "Type": "ALL_AT_ONCE",
        "WaitIntervalInSeconds": 300,
    }
    assert made["deployment"] == {"strategy": "all-at-once", "waitSeconds": 300, "maximumSeconds": 3300}


def test_without_deployment_config_and_alarms_none_is_sent_and_cloudwatch_is_not_asked(world: World) -> None:
    made = world.plan()

    assert (sent(made), made["deployment"], deadline_seconds(made)) == (None, None, 3600)
    assert world.cloudwatch.calls == []


def test_a_creation_sends_no_guardrails_and_says_when_they_take_effect(world: World) -> None:
    world.sagemaker.endpoints.clear()

    made = world.plan(
        deploymentConfig=LINEAR, alarms=["errors"], productionVariants=[VARIANT | {"InitialInstanceCount": 5}]
    )

    assert (made["action"], sent(made), made["deployment"], deadline_seconds(made)) == ("create", None, None, 3600)
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
def test_the_default_deadline_is_raised_by_the_waits_after_all_steps_of_the_live_fleet(
    guardrails: dict[str, Any], live: int, waits: int
) -> None:
    made = World({"AllTraffic": live}).plan(deploymentConfig=guardrails, alarms=["errors"])

    assert made["deployment"]["waitSeconds"] == waits
    assert deadline_seconds(made) == 3600 + waits


def test_the_variant_with_the_most_steps_makes_the_waits() -> None:
    world = World({"One": 2, "Other": 10})
    variants = [VARIANT | {"VariantName": name} for name in ("One", "Other")]

    made = world.plan(productionVariants=variants, deploymentConfig={"strategy": "linear", "percent": 10})

    assert made["deployment"]["waitSeconds"] == 10 * 300


def test_a_maximum_of_the_request_is_kept_and_the_default_deadline_leaves_room_for_it(world: World) -> None:
    made = world.plan(deploymentConfig={"strategy": "canary", "percent": 25, "maximumMinutes": 120})

    assert made["deployment"]["maximumSeconds"] == 7200
    assert deadline_seconds(made) == 7800


def test_a_deadline_of_the_request_is_kept_and_bounds_the_planned_maximum(world: World) -> None:
    made = world.plan(deploymentConfig={"strategy": "canary", "percent": 25}, deadlineSeconds=1500)

    assert deadline_seconds(made) == 1500
    assert made["deployment"] == {"strategy": "canary", "waitSeconds": 600, "maximumSeconds": 1200}


def test_a_deadline_shorter_than_the_waits_and_ten_minutes_is_refused_with_the_shortest_legal_one(world: World) -> None:
    found = world.faults(deploymentConfig=CANARY, deadlineSeconds=1199)

    assert found == {
        "/deadlineSeconds": "1199 s is too short for an update that waits 600 s (2 times 300 s, and 0 s before the old "
        "fleet goes) and works meanwhile. Give at least 1200, or leave it out."
    }
    assert deadline_seconds(world.plan(deploymentConfig=CANARY, deadlineSeconds=1200)) == 1200


def test_a_maximum_no_longer_than_the_waits_is_refused_with_the_shortest_legal_one(world: World) -> None:
    short = {"strategy": "linear", "percent": 25, "maximumMinutes": 20}
    own = blue_green(Type="LINEAR", WaitIntervalInSeconds=300, LinearStepSize=percent(25))
    own["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 1200

    told = (
        "1200 s is no longer than the update waits, 1200 s (4 times 300 s, and 0 s before the old fleet goes). "
        "Give at least 21 minutes (1260 s)."
    )
    assert world.faults(deploymentConfig=short) == {"/deploymentConfig/maximumMinutes": told}
    assert world.faults(deploymentConfig=own) == {
        "/deploymentConfig/BlueGreenUpdatePolicy/MaximumExecutionTimeoutInSeconds": told
    }
    assert world.plan(deploymentConfig=short | {"maximumMinutes": 21})["deployment"]["maximumSeconds"] == 1260


def test_waits_beyond_the_longest_deadline_are_refused_with_the_longest_legal_one() -> None:
    world = World({"AllTraffic": 10})
    linear = {"strategy": "linear", "percent": 10, "bakeMinutes": 60}

    assert world.faults(deploymentConfig=linear) == {
        "/deploymentConfig/bakeMinutes": "the update would wait 36000 s (10 times 3600 s, and 0 s before the old fleet "
        "goes), and 28200 s fit in the longest deadline. Take larger steps, or wait at most 2820 s after each."
    }
    made = world.plan(deploymentConfig=linear | {"bakeMinutes": 47})
    assert (made["deployment"]["maximumSeconds"], deadline_seconds(made)) == (28800, 28800)


SIZED: dict[str, tuple[dict[str, Any], str]] = {
    "canary": (CANARY, "/deploymentConfig/strategy"),
    "linear": (LINEAR, "/deploymentConfig/strategy"),
    "rolling": ({"strategy": "rolling"}, "/deploymentConfig/strategy"),
    "canary in full": (blue_green(Type="CANARY", CanarySize=percent(50)), f"{ROUTING}/Type"),
    "rolling in full": (rolling(percent(50)), "/deploymentConfig/RollingUpdatePolicy"),
}


@pytest.mark.parametrize("case", sorted(SIZED))
def test_one_live_instance_cannot_be_moved_in_parts(case: str) -> None:
    guardrails, pointer = SIZED[case]
    world = World({"AllTraffic": 1})

    found = world.faults(deploymentConfig=guardrails, productionVariants=[VARIANT | {"InitialInstanceCount": 4}])

    assert found == {
        pointer: f"variant AllTraffic has 1 instance, and a step of {case.split()[0]} is a whole instance and at most "
        "50 % of them. Deploy it all at once, or have 2 instances or more before the update."
    }


def test_where_there_is_no_endpoint_yet_the_initial_count_is_judged(world: World) -> None:
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
def test_variants_that_change_their_names_go_without_guardrails_only(world: World, after: list[str]) -> None:
    variants = [VARIANT | {"VariantName": name, "InitialInstanceCount": 4} for name in after]

    found = world.faults(alarms=["errors"], productionVariants=variants)

    assert found == {
        "/productionVariants": "guardrails want the same variants before and after; the endpoint has AllTraffic, the "
        f"request {', '.join(sorted(after))}. Keep the variants' names, or leave deploymentConfig and alarms out of "
        "this one update."
    }
    assert world.plan(productionVariants=variants)["action"] == "update"


def test_a_removed_variant_goes_without_guardrails_only() -> None:
    assert World({"AllTraffic": 4, "Gone": 4}).faults(deploymentConfig=CANARY).keys() == {"/productionVariants"}


@pytest.mark.parametrize(
    ("fields", "pointer"), [({"alarms": ["errors"]}, "/alarms"), ({"deploymentConfig": CANARY}, "/deploymentConfig")]
)
def test_a_serverless_endpoint_moves_to_instances_without_guardrails_only(fields: Any, pointer: str) -> None:
    world = World()
    world.serve({}, ProductionVariants=[{"VariantName": "AllTraffic", "CurrentServerlessConfig": {}}])
    two = [VARIANT | {"InitialInstanceCount": 2}]

    assert world.faults(productionVariants=two, **fields) == {
        pointer: "endpoint e is serverless yet, and takes no deployment guardrails. Leave deploymentConfig and alarms "
        "out of this one update."
    }


def test_alarms_that_do_not_exist_are_all_named_each_where_it_stands(world: World) -> None:
    own = blue_green(Type="ALL_AT_ONCE") | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "gone"}]}}

    found = world.faults(alarms=["errors", "Errors"], deploymentConfig=own)

    remedy = "Create it first, correct its name (case matters), or remove it."
    assert found == {
        "/alarms/1": f'there is no alarm "Errors" in this account and Region. {remedy}',
        "/deploymentConfig/AutoRollbackConfiguration/Alarms/0/AlarmName": (
            f'there is no alarm "gone" in this account and Region. {remedy}'
        ),
    }
    ((operation, parameters),) = world.cloudwatch.calls
    assert (operation, parameters["AlarmNames"]) == ("DescribeAlarms", ["errors", "Errors", "gone"])


@pytest.mark.parametrize("name", ["errors", "composite-errors"])
def test_an_alarm_that_is_off_already_is_refused_with_its_reason(world: World, name: str) -> None:
    world.cloudwatch.states[name] = "ALARM"

    assert world.faults(alarms=["latency", name]) == {
        "/alarms/1": f'alarm "{name}" is in ALARM already ({name} says so), so it cannot tell a bad update. '
        "Mend what it watches until it is OK, or remove it."
    }


def test_an_alarm_that_is_off_hinders_no_creation_but_must_exist(world: World) -> None:
    world.sagemaker.endpoints.clear()
    world.cloudwatch.states["errors"] = "ALARM"

    assert world.plan(alarms=["errors"])["action"] == "create"
    assert world.faults(alarms=["gone"]).keys() == {"/alarms/0"}


def test_all_faults_of_guardrails_are_told_at_once() -> None:
    found = World({"AllTraffic": 1}).faults(deploymentConfig=CANARY, alarms=["gone"], deadlineSeconds=600)

    assert found.keys() == {"/deploymentConfig/strategy", "/alarms/0", "/deadlineSeconds"}


def test_the_same_request_again_succeeds_whatever_fleet_and_alarms_have_become() -> None:
    world = World()
    fields = {"deploymentConfig": CANARY, "alarms": ["errors"]}
    config = world.plan(**fields)["endpointConfig"]["name"]
    world.serve({"AllTraffic": 1}, config=config)
    world.cloudwatch.states["errors"] = "ALARM"

    again = world.plan(**fields)

    assert (again["action"], again["endpoint"]["request"], again["deployment"]) == ("none", {}, None)


def test_who_joins_an_update_waits_for_it_as_long(world: World) -> None:
    fields = {"deploymentConfig": CANARY, "alarms": ["errors"]}
    config = world.plan(**fields)["endpointConfig"]["name"]
    world.serve({"AllTraffic": 4}, status="Updating", PendingDeploymentSummary={"EndpointConfigName": config})
    world.cloudwatch.states["errors"] = "ALARM"

    joined = world.plan(**fields)

    assert (joined["action"], joined["deployment"], deadline_seconds(joined)) == ("join", None, 4200)


def test_a_small_percentage_of_a_small_fleet_is_mentioned(world: World) -> None:
    warnings = world.plan(deploymentConfig={"strategy": "canary", "percent": 10}, alarms=["errors"])["warnings"]

    assert warnings == [
        "/deploymentConfig/percent: 10 % of the 4 instances of variant AllTraffic can come to 1 instance, 25 % of them."
    ]


def test_waits_that_no_alarm_watches_are_mentioned(world: World) -> None:
    (warning,) = world.plan(deploymentConfig={"strategy": "canary", "percent": 25})["warnings"]

    assert warning.startswith("/alarms names none")


def test_instances_for_which_sagemaker_ignores_guardrails_are_mentioned(world: World) -> None:
    inferentia = [VARIANT | {"InstanceType": "ml.inf1.xlarge"}]

    (warning,) = world.plan(productionVariants=inferentia, alarms=["errors"])["warnings"]

    assert warning == (
        "/productionVariants/0 runs on ml.inf1.xlarge, for which SageMaker silently ignores guardrails: all at once, "
        "without baking time."
    )


def test_the_guardrails_leave_the_name_of_the_config_alone(world: World) -> None:
    names = {world.plan(**fields)["endpointConfig"]["name"] for fields in ({}, {"alarms": ["errors"]})}

    assert len(names) == 1


def waits_of(short: dict[str, Any], live: int) -> int:
    """Seconds, told without the planner: a percentage that is rounded down makes the most steps."""
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


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
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

    waits, maximum = made["deployment"]["waitSeconds"], made["deployment"]["maximumSeconds"]
    require_valid(SESSION.get_service_model("sagemaker"), "UpdateEndpoint", made["endpoint"]["request"])
    assert sent(made)[POLICIES[short["strategy"]]]["MaximumExecutionTimeoutInSeconds"] == maximum
    assert waits == waits_of(short, live) < maximum <= 28800
    assert waits + 600 <= deadline_seconds(made) <= 28800
