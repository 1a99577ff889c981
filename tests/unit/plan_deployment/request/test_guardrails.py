"""The guardrails of a request, as SageMaker's DeploymentConfig."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan_deployment.request.guardrails import MEMBERS, RequestedGuardrails
from plan_deployment.request.request import parse
from plan_deployment.request.schema import SCHEMA
from plan_deployment.request.strategies import STRATEGIES
from shared.errors import InvalidRequest
from tests.unit.fakes import SESSION, require_valid

VARIANT = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 4}
REQUEST = {"endpointName": "e", "productionVariants": [VARIANT]}
ROUTING = "/deploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration"
ROLLING = "/deploymentConfig/RollingUpdatePolicy"
ALARMS = [f"alarm-{number}" for number in range(10)]


def read(**fields: Any) -> RequestedGuardrails | None:
    return parse(REQUEST | fields, subject="The request", refusal=InvalidRequest).guardrails


def config(**fields: Any) -> dict[str, Any]:
    wanted = read(**fields)
    assert wanted is not None
    return wanted.config


def faults(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as raised:
        read(**fields)
    return dict(re.fullmatch(r"- (\S+): (.*)", line).groups() for line in str(raised.value).splitlines()[1:])  # type: ignore[union-attr]


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def blue_green(**routing: Any) -> dict[str, Any]:
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"WaitIntervalInSeconds": 60} | routing}}


def rolling(size: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 60} | members}


EXPANSIONS = [
    (
        {"strategy": "canary"},
        blue_green(Type="CANARY", WaitIntervalInSeconds=300, CanarySize=percent(10)),
    ),
    (
        {"strategy": "canary", "percent": 33, "bakeMinutes": 2},
        blue_green(Type="CANARY", WaitIntervalInSeconds=120, CanarySize=percent(33)),
    ),
    (
        {"strategy": "linear"},
        blue_green(Type="LINEAR", WaitIntervalInSeconds=300, LinearStepSize=percent(20)),
    ),
    ({"strategy": "rolling"}, rolling(percent(25), WaitIntervalInSeconds=300)),
    (
        {"strategy": "rolling", "percent": 5, "maximumMinutes": 480},
        rolling(percent(5), WaitIntervalInSeconds=300, MaximumExecutionTimeoutInSeconds=28800),
    ),
    ({"strategy": "all-at-once", "bakeMinutes": 0}, blue_green(Type="ALL_AT_ONCE", WaitIntervalInSeconds=0)),
    (
        {"strategy": "all-at-once", "terminationWaitMinutes": 10, "maximumMinutes": 60},
        {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300},
                "TerminationWaitInSeconds": 600,
                "MaximumExecutionTimeoutInSeconds": 3600,
            }
        },
    ),
]


@pytest.mark.parametrize(("short", "own"), EXPANSIONS)
def test_the_short_form_becomes_a_deployment_config_of_sagemaker(short: dict[str, Any], own: dict[str, Any]) -> None:
    assert config(deploymentConfig=short) == own


@pytest.mark.parametrize("own", [own for _, own in EXPANSIONS])
def test_a_deployment_config_of_sagemaker_is_passed_through_unchanged(own: dict[str, Any]) -> None:
    assert config(deploymentConfig=own) == own


def test_alarms_alone_mean_all_at_once_with_five_minutes_of_baking() -> None:
    assert config(alarms=["errors"]) == blue_green(Type="ALL_AT_ONCE", WaitIntervalInSeconds=300) | {
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}
    }


def test_alarms_inside_deployment_config_alone_also_mean_all_at_once() -> None:
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}

    assert config(deploymentConfig=rollback) == config(alarms=["errors"])


def test_without_either_field_there_are_no_guardrails() -> None:
    assert read() is None


def test_alarms_of_both_places_are_watched_once() -> None:
    own = rolling(percent(25)) | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "b"}, {"AlarmName": "c"}]}}

    rollback = config(alarms=["a", "b"], deploymentConfig=own)["AutoRollbackConfiguration"]

    assert rollback == {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}, {"AlarmName": "c"}]}


def test_every_default_and_limit_of_a_percentage_is_in_the_schemas_description() -> None:
    text = MEMBERS["percent"]["description"]

    for strategy in STRATEGIES:
        size = strategy.size
        if size:
            limits = f"{strategy.name} {size.least_percent} to {size.most_percent} (default {size.default_percent})"
            assert limits in text
    assert MEMBERS["strategy"]["enum"] == [strategy.name for strategy in STRATEGIES]


def test_an_alarm_name_is_valid_for_sagemaker() -> None:
    limits = SESSION.get_service_model("sagemaker").shape_for("AlarmName").metadata

    assert SCHEMA["$defs"]["AlarmName"]["maxLength"] == limits["max"]
    assert faults(alarms=["errors", "  "]).keys() == {"/alarms/1"}


CANARY_AS_COUNT = {"Type": "INSTANCE_COUNT", "Value": 1}
FAULTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "two forms": (
        {"percent": 10, **rolling(percent(25))},
        {"/deploymentConfig": "mixes the short form (percent) with SageMaker's (RollingUpdatePolicy). Keep one"},
    ),
    "alarms of SageMaker's form in the short form": (
        {"strategy": "canary", "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}},
        {"/deploymentConfig": "alarms are named in /alarms with either."},
    ),
    "nothing": ({}, {"/deploymentConfig": "neither says how the traffic is shifted nor which alarms are watched"}),
    "no alarm either": ({"AutoRollbackConfiguration": {}}, {"/deploymentConfig": "neither says how"}),
    "no strategy": (
        {"percent": 10},
        {"/deploymentConfig/strategy": "is missing. Give one of canary, linear, rolling, all-at-once."},
    ),
    "unknown strategy": (
        {"strategy": "canaries"},
        {"/deploymentConfig/strategy": 'Did you mean "canary"?'},
    ),
    "two policies": (
        blue_green(Type="ALL_AT_ONCE") | rolling(percent(25)),
        {"/deploymentConfig": "has BlueGreenUpdatePolicy and RollingUpdatePolicy. Keep one of them."},
    ),
    "percent of everything": (
        {"strategy": "all-at-once", "percent": 10},
        {"/deploymentConfig/percent": "has no effect with the strategy all-at-once"},
    ),
    "old fleet of rolling": (
        {"strategy": "rolling", "terminationWaitMinutes": 5},
        {"/deploymentConfig/terminationWaitMinutes": "has no effect with the strategy rolling"},
    ),
    "canary above a half": (
        {"strategy": "canary", "percent": 51},
        {"/deploymentConfig/percent": "51 % is outside what SageMaker allows for canary. Give 1 to 50."},
    ),
    "rolling below a twentieth": (
        {"strategy": "rolling", "percent": 4},
        {"/deploymentConfig/percent": "4 % is outside what SageMaker allows for rolling. Give 5 to 50."},
    ),
    "canary above a half in full": (
        blue_green(Type="CANARY", CanarySize=percent(51)),
        {f"{ROUTING}/CanarySize/Value": "51 % is outside what SageMaker allows for canary. Give 1 to 50."},
    ),
    "linear below a tenth in full": (
        blue_green(Type="LINEAR", LinearStepSize=percent(9)),
        {f"{ROUTING}/LinearStepSize/Value": "9 % is outside what SageMaker allows for linear. Give 10 to 50."},
    ),
    "rolling above a half in full": (
        rolling(percent(60)),
        {f"{ROLLING}/MaximumBatchSize/Value": "60 % is outside what SageMaker allows for rolling. Give 5 to 50."},
    ),
    "rolling back more than everything": (
        rolling(percent(50), RollbackMaximumBatchSize=percent(101)),
        {f"{ROLLING}/RollbackMaximumBatchSize/Value": "101 % is more than all instances. Give 1 to 100."},
    ),
    "canary without size": (
        blue_green(Type="CANARY"),
        {f"{ROUTING}/CanarySize": "is missing, and the Type CANARY needs it"},
    ),
    "canary with steps": (
        blue_green(Type="CANARY", CanarySize=CANARY_AS_COUNT, LinearStepSize=CANARY_AS_COUNT),
        {f"{ROUTING}/LinearStepSize": "has no effect with the Type CANARY. Remove it, or give the Type LINEAR."},
    ),
    "no waiting time": (
        {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE"}}},
        {f"{ROUTING}/WaitIntervalInSeconds": "is missing"},
    ),
    "waiting time above an hour": (
        {"strategy": "canary", "bakeMinutes": 61},
        {"/deploymentConfig/bakeMinutes": "expected at most 60, got 61"},
    ),
    "nameless alarm": (
        blue_green(Type="ALL_AT_ONCE") | {"AutoRollbackConfiguration": {"Alarms": [{}]}},
        {"/deploymentConfig/AutoRollbackConfiguration/Alarms/0/AlarmName": "is missing"},
    ),
}


@pytest.mark.parametrize("case", sorted(FAULTS))
def test_guardrails_that_no_endpoint_can_have_are_refused(case: str) -> None:
    given_config, expected = FAULTS[case]

    found = faults(deploymentConfig=given_config)

    assert found.keys() == expected.keys()
    for pointer, part in expected.items():
        assert part in found[pointer]


def test_an_eleventh_alarm_is_refused_in_either_place() -> None:
    own = blue_green(Type="ALL_AT_ONCE") | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "one more"}]}}

    assert read(alarms=ALARMS) is not None
    assert faults(alarms=[*ALARMS, "one more"]).keys() == {"/alarms"}
    assert faults(alarms=ALARMS, deploymentConfig=own) == {
        "/alarms": "11 alarms, with those of /deploymentConfig/AutoRollbackConfiguration, are more than SageMaker "
        "can watch. Keep 10 at most; a composite alarm stands for several."
    }


def test_rolling_allows_no_shadow_variant() -> None:
    shadow = VARIANT | {"VariantName": "Shadow"}

    found = faults(shadowProductionVariants=[shadow], deploymentConfig=rolling(percent(25)))

    assert found == {
        ROLLING: "a rolling update takes one variant, shadows included, and there are 2. Choose canary, linear or "
        "all-at-once, or keep one variant."
    }


@st.composite
def short_forms(draw: st.DrawFn) -> dict[str, Any]:
    """Every valid short form."""
    strategy = draw(st.sampled_from(STRATEGIES))
    members: dict[str, Any] = {"bakeMinutes": st.integers(0, 60), "maximumMinutes": st.integers(10, 480)}
    if strategy.size:
        members["percent"] = st.integers(strategy.size.least_percent, strategy.size.most_percent)
    if strategy.name != "rolling":
        members["terminationWaitMinutes"] = st.integers(0, 60)
    return {"strategy": strategy.name, **draw(st.fixed_dictionaries({}, optional=members))}


@given(short_forms(), st.lists(st.sampled_from(ALARMS), max_size=10))
def test_every_short_form_becomes_a_valid_deployment_config(short: dict[str, Any], alarms: list[str]) -> None:
    made = config(deploymentConfig=short, **({"alarms": alarms} if alarms else {}))

    body = {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": made}
    require_valid(SESSION.get_service_model("sagemaker"), "UpdateEndpoint", body)
