"""What counts as a difference between requested and registered scaling."""

from typing import Any

import pytest

from shared.alarms import are_equal
from shared.registered import Difference, differences, differences_of_alarm

Json = dict[str, Any]
TRACKING, STEP = "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"
BACKLOG = {"MetricName": "Backlog", "Dimensions": [{"Name": "B", "Value": "1"}, {"Name": "A", "Value": "2"}]}
QUERIES = [
    {"Id": "a", "MetricStat": {"Stat": "Sum", "Metric": {"MetricName": "m"}}, "ReturnData": False},
    {"Id": "b", "Expression": "a * 2"},
]
ACTION = {"ScheduledActionName": "morning", "Schedule": "rate(1 day)"}
STEPS = [
    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 5, "ScalingAdjustment": 1},
    {"MetricIntervalLowerBound": 5, "ScalingAdjustment": 2},
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({TRACKING: {"TargetValue": 5}}, {TRACKING: {"TargetValue": 5.0}}, id="a number"),
        pytest.param(
            {TRACKING: {"TargetValue": 5}},
            {TRACKING: {"TargetValue": 5, "ScaleInCooldown": 300, "ScaleOutCooldown": 300, "DisableScaleIn": False}},
            id="defaults of tracking",
        ),
        pytest.param(
            {STEP: {"StepAdjustments": STEPS}},
            {STEP: {"StepAdjustments": STEPS[::-1], "Cooldown": 300, "MetricAggregationType": "Average"}},
            id="defaults of steps, and their order",
        ),
        pytest.param(
            {TRACKING: {"CustomizedMetricSpecification": BACKLOG}},
            {TRACKING: {"CustomizedMetricSpecification": BACKLOG | {"Dimensions": BACKLOG["Dimensions"][::-1]}}},
            id="the order of dimensions",
        ),
        pytest.param(
            {TRACKING: {"CustomizedMetricSpecification": {"Metrics": QUERIES}}},
            {TRACKING: {"CustomizedMetricSpecification": {"Metrics": [QUERIES[1] | {"ReturnData": True}, QUERIES[0]]}}},
            id="metric math",
        ),
        pytest.param(ACTION, ACTION | {"Timezone": "UTC"}, id="the time zone"),
        pytest.param(
            ACTION | {"StartTime": "2026-12-01T01:00:00+01:00"},
            ACTION | {"StartTime": "2026-12-01T00:00:00.000Z"},
            id="a moment",
        ),
        pytest.param(
            {"SuspendedState": {"DynamicScalingInSuspended": False}},
            {"SuspendedState": {"DynamicScalingOutSuspended": True}, "CreationTime": "…"},
            id="what the request leaves to others",
        ),
    ],
)
def test_what_means_the_same_is_no_difference(asked: Json, found: Json) -> None:
    assert differences(asked, found) == []


@pytest.mark.parametrize(
    ("asked", "found", "place", "values"),
    [
        ({"MinCapacity": 0}, {"MinCapacity": 1}, "/MinCapacity", (0, 1)),
        ({TRACKING: {"ScaleInCooldown": 0}}, {TRACKING: {}}, f"/{TRACKING}/ScaleInCooldown", (0, 300)),
        ({STEP: {}}, {STEP: {"Cooldown": 60}}, f"/{STEP}/Cooldown", (300, 60)),
        ({TRACKING: {}}, {TRACKING: {"DisableScaleIn": True}}, f"/{TRACKING}/DisableScaleIn", (None, True)),
        ({"Schedule": "rate(1 day)"}, {"Schedule": "rate(2 days)"}, "/Schedule", ("rate(1 day)", "rate(2 days)")),
        (ACTION, ACTION | {"Timezone": "Asia/Tokyo"}, "/Timezone", ("UTC", "Asia/Tokyo")),
        (ACTION, ACTION | {"EndTime": "2026-12-01T00:00:00Z"}, "/EndTime", (None, "2026-12-01T00:00:00.000Z")),
        (
            {"SuspendedState": {"DynamicScalingInSuspended": False}},
            {"SuspendedState": {"DynamicScalingInSuspended": True}},
            "/SuspendedState/DynamicScalingInSuspended",
            (None, True),
        ),
    ],
)
def test_a_difference_has_its_place_and_both_values(asked: Json, found: Json, place: str, values: Any) -> None:
    (only,) = differences(asked, found)

    assert only.place == place
    assert (only.expected, only.found) == values


def test_alarms_are_compared_with_cloudwatchs_defaults() -> None:
    asked = {"AlarmName": "a", "EvaluationPeriods": 2, "Threshold": 1, "Tags": [{"Key": "k", "Value": "v"}]}
    echoed = {"ActionsEnabled": True, "TreatMissingData": "missing", "DatapointsToAlarm": 2, "Threshold": 1.0}

    assert list(differences_of_alarm(asked, {"AlarmName": "a", "EvaluationPeriods": 2} | echoed)) == []
    assert list(differences_of_alarm(asked, asked | {"Threshold": 2})) == [Difference("/Threshold", 1, 2)]


def test_alarms_are_equal_exactly_if_no_difference_is_found() -> None:
    query = {"Id": "m1", "Expression": "SUM(METRICS())"}
    asked = {"AlarmName": "a", "EvaluationPeriods": 1, "Metrics": [query]}
    returned, hidden = ({**asked, "Metrics": [query | {"ReturnData": is_returned}]} for is_returned in (True, False))

    assert are_equal(asked, returned)
    assert differences_of_alarm(asked, returned) == []
    assert not are_equal(asked, hidden)
    assert [each.place for each in differences_of_alarm(asked, hidden)] == ["/Metrics"]
