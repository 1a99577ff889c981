"""Merged scaling fields, presets and office hours, and what is refused about them."""

from typing import Any

import pytest

from plan_deployment.request.request import parse
from shared.errors import InvalidRequest
from tests.unit.plan_deployment.request.reading import (
    ALARM,
    MINIMAL,
    POLICY,
    SERVERLESS,
    VARIANT,
    faults,
    read,
    scaled,
)

A, B = VARIANT | {"VariantName": "A"}, VARIANT | {"VariantName": "B"}
ASYNC = MINIMAL | {"asyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out"}}}
AT = "/autoscaling/AllTraffic"
TRACKED = {"name": "invocations", "targetTracking": {"TargetValue": 600}}
STEPS = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}]
STEP = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": STEPS}
SURGE = {"name": "surge", "step": STEP, "alarm": ALARM}
MORNING = {"name": "morning", "schedule": "cron(0 7 ? * MON-FRI *)", "minCapacity": 2, "maxCapacity": 4}
OFFICE = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin", "minCapacity": 2}


def request(base: dict[str, Any] = MINIMAL, **members: Any) -> dict[str, Any]:
    return base | {"autoscaling": {"AllTraffic": {"maxCapacity": 4} | members}}


def with_steps(*steps: dict[str, Any], **members: Any) -> dict[str, Any]:
    return request(policies=[SURGE | {"step": STEP | {"StepAdjustments": list(steps)} | members}])


def with_alarm(**members: Any) -> dict[str, Any]:
    return request(policies=[SURGE | {"alarm": ALARM | members}])


def with_action(**members: Any) -> dict[str, Any]:
    return request(scheduledActions=[MORNING | members])


def step(adjustment: int, lower: float | None = None, upper: float | None = None) -> dict[str, Any]:
    bounds = {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper}
    return {"ScalingAdjustment": adjustment} | {name: value for name, value in bounds.items() if value is not None}


def test_the_more_specific_entry_wins_member_by_member_and_the_plan_says_so() -> None:
    found = read(
        MINIMAL
        | {
            "productionVariants": [A, B],
            "autoscalingMaxCapacity": 3,
            "autoscaling": {"*": {"minCapacity": 1, "maxCapacity": 4}, "B": {"maxCapacity": 6}},
        }
    )

    assert found.scaling is not None
    bounds = {name: (each.min_capacity, each.max_capacity) for name, each in found.scaling.variants.items()}
    assert bounds == {"A": (1, 4), "B": (1, 6)}
    assert [warning for warning in found.warnings if "more specific" in warning] == [
        "Variant A takes maxCapacity from /autoscaling/*/maxCapacity, which is more specific than "
        "/autoscalingMaxCapacity.",
        "Variant B takes maxCapacity from /autoscaling/B/maxCapacity, which is more specific than "
        "/autoscaling/*/maxCapacity.",
    ]


def test_only_named_variants_are_scaled_if_nothing_is_for_all() -> None:
    found = read(MINIMAL | {"productionVariants": [A, B], "autoscaling": {"B": {"maxCapacity": 4}}})

    assert found.scaling is not None
    assert list(found.scaling.variants) == ["B"]


def test_a_preset_replaces_the_policies_of_a_less_specific_entry() -> None:
    policies = {"*": {"maxCapacity": 4, "policies": [TRACKED]}, "AllTraffic": {"preset": "bursty"}}

    asked = scaled(MINIMAL | {"autoscaling": policies})

    assert [policy["name"] for policy in asked.policies] == ["invocations", "concurrent-requests", "surge"]


@pytest.mark.parametrize(
    ("base", "preset", "policies"),
    [
        (MINIMAL, "steady", ["invocations"]),
        (MINIMAL, "bursty", ["invocations", "concurrent-requests", "surge"]),
        (MINIMAL | {"productionVariants": [SERVERLESS]}, "bursty", ["utilization", "surge"]),
        (ASYNC, "steady", ["backlog"]),
        (ASYNC, "bursty", ["backlog", "surge"]),
        (ASYNC, "to-zero", ["backlog", "wake-up"]),
    ],
)
def test_a_preset_becomes_the_policies_that_fit_the_kind(
    base: dict[str, Any], preset: str, policies: list[str]
) -> None:
    assert [policy["name"] for policy in scaled(request(base, preset=preset)).policies] == policies


@pytest.mark.parametrize(("base", "preset"), [(MINIMAL, "steady"), (MINIMAL, "bursty"), (ASYNC, "to-zero")])
def test_a_preset_has_the_cooldowns_that_are_the_default_of_aws(base: dict[str, Any], preset: str) -> None:
    policies = scaled(request(base, preset=preset)).policies

    trackings = [policy["targetTracking"] for policy in policies if "targetTracking" in policy]
    assert {(each["ScaleOutCooldown"], each["ScaleInCooldown"]) for each in trackings} == {(300, 300)}


def test_a_load_test_sets_target_and_surge_of_a_preset() -> None:
    asked = scaled(request(preset="bursty", expectedPeakRps=20))

    assert asked.policies[0]["targetTracking"]["TargetValue"] == 600
    assert asked.policies[2]["alarm"]["Threshold"] == 960


def test_office_hours_become_scheduled_actions_with_both_capacities() -> None:
    actions = scaled(request(preset="off-hours", officeHours=OFFICE)).scheduled_actions

    zone = {"timeZone": "Europe/Berlin", "maxCapacity": 4}
    assert actions == [
        {"name": "office-hours-weekdays-begin", "schedule": "cron(0 7 ? * MON-FRI *)", "minCapacity": 2} | zone,
        {"name": "office-hours-weekdays-end", "schedule": "cron(0 20 ? * MON-FRI *)", "minCapacity": 1} | zone,
    ]


def test_off_hours_without_a_minimum_switch_an_asynchronous_endpoint_off() -> None:
    asked = scaled(request(ASYNC, preset="off-hours", minCapacity=0, officeHours=OFFICE))

    assert (asked.min_capacity, asked.max_capacity) == (0, 0)
    assert [(each["minCapacity"], each["maxCapacity"]) for each in asked.scheduled_actions] == [(2, 4), (0, 0)]


REFUSED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "an unknown variant": (
        MINIMAL | {"autoscaling": {"AllTrafic": {"maxCapacity": 4}}},
        {"/autoscaling/AllTrafic": 'is not a production variant of the request. Did you mean "AllTraffic"?'},
    ),
    "no maximum": (
        MINIMAL | {"autoscaling": {"AllTraffic": {"minCapacity": 1}}},
        {f"{AT}/maxCapacity": "is missing"},
    ),
    "minimum above maximum": (request(minCapacity=5), {f"{AT}/minCapacity": f"5 is more than {AT}/maxCapacity, 4"}),
    "a count above the maximum": (
        request(MINIMAL | {"productionVariants": [VARIANT | {"InitialInstanceCount": 5}]}),
        {"/productionVariants/0/InitialInstanceCount": "5 is outside 1 to 4"},
    ),
    "zero instances": (request(minCapacity=0), {f"{AT}/minCapacity": "only an asynchronous endpoint can scale to 0"}),
    "zero provisioned concurrency": (
        request(MINIMAL | {"productionVariants": [SERVERLESS]}, minCapacity=0),
        {f"{AT}/minCapacity": "provisioned concurrency cannot scale to 0"},
    ),
    "to zero on instances": (
        request(preset="to-zero"),
        {f"{AT}/preset": "a variant on instances cannot scale to zero"},
    ),
    "steady at zero": (
        request(ASYNC, preset="steady", minCapacity=0),
        {f"{AT}/minCapacity": "the preset steady keeps at least one"},
    ),
    "to zero with a minimum": (
        request(ASYNC, preset="to-zero", minCapacity=1),
        {f"{AT}/minCapacity": "1 contradicts the preset to-zero"},
    ),
    "off-hours without hours": (request(preset="off-hours"), {f"{AT}/officeHours": "is missing"}),
    "empty step": (
        request(policies=[{"name": "surge", "step": {}}]),
        {
            f"{AT}/policies/0/step/AdjustmentType": "is missing",
            f"{AT}/policies/0/step/StepAdjustments": "has no step",
            f"{AT}/policies/0/alarm": "is missing; without an alarm nothing triggers the steps",
        },
    ),
    "preset and policies": (
        request(preset="steady", policies=[TRACKED]),
        {f"{AT}/preset": "stands for policies, and policies are given as well"},
    ),
    "two policies on one metric": (
        request(policies=[TRACKED, TRACKED | {"name": "again"}]),
        {f"{AT}/policies/1/targetTracking": f"tracks the same metric as {AT}/policies/0"},
    ),
    "two policies of one name": (
        request(policies=[TRACKED, SURGE | {"name": "invocations"}]),
        {f"{AT}/policies/1/name": f'"invocations" is already the name of {AT}/policies/0'},
    ),
    "more than 50 policies": (
        request(policies=[SURGE | {"name": f"p{number}"} for number in range(51)]),
        {f"{AT}/policies": "has 51 policies; Application Auto Scaling allows 50"},
    ),
    "an empty policy": (request(policies=[{"name": "p"}]), {f"{AT}/policies/0": "has neither"}),
    "a metric of another kind": (
        request(policies=[{"name": "p", "targetTracking": {"TargetValue": 5, "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"}}}]),
        {f"{AT}/policies/0/targetTracking/PredefinedMetricSpecification/PredefinedMetricType":
         "a variant on instances does not publish"},
    ),
    "a predefined metric on async": (
        request(ASYNC, policies=[TRACKED]),
        {f"{AT}/policies/0/targetTracking/PredefinedMetricSpecification/PredefinedMetricType":
         "an asynchronous endpoint does not publish"},
    ),
    "two scaled variants of an asynchronous endpoint": (
        ASYNC | {"productionVariants": [A, B], "autoscaling": {
            "A": {"preset": "steady", "maxCapacity": 2}, "B": {"preset": "steady", "maxCapacity": 2}}},
        {"/autoscaling/B": "the metrics of an asynchronous endpoint do not say which variant they belong to"},
    ),
    "a peak beside targets": (
        request(expectedPeakRps=5, policies=[TRACKED]),
        {f"{AT}/expectedPeakRps": f"gives the same as {AT}/policies/0/targetTracking/TargetValue"},
    ),
    "steps without an alarm": (
        request(policies=[{"name": "s", "step": STEP}]), {f"{AT}/policies/0/alarm": "is missing"}
    ),
    "an alarm without steps": (
        request(policies=[TRACKED | {"alarm": ALARM}]), {f"{AT}/policies/0/alarm": "only a step policy has an alarm"}
    ),
    "a gap between steps": (
        with_steps(step(1, 0, 10), step(2, 20)),
        {f"{AT}/policies/0/step/StepAdjustments/1": "leaves a gap after /0, which ends at 10"},
    ),
    "overlapping steps": (
        with_steps(step(1, 0, 10), step(2, 5)),
        {f"{AT}/policies/0/step/StepAdjustments/1": "overlaps with /0, which ends at 10"},
    ),
    "a step without bounds": (
        with_steps(step(1)), {f"{AT}/policies/0/step/StepAdjustments/0": "has no bound"}
    ),
    "no step above": (
        with_steps(step(1, 0, 10)),
        {f"{AT}/policies/0/step/StepAdjustments/0/MetricIntervalUpperBound": "ends at 10, and no step is above it"},
    ),
    "no steps": (with_steps(), {f"{AT}/policies/0/step/StepAdjustments": "has no step"}),
    "21 steps": (
        with_steps(*(step(1, number, number + 1 if number < 20 else None) for number in range(21))),
        {f"{AT}/policies/0/step/StepAdjustments": "has 21 steps; Application Auto Scaling allows 20"},
    ),
    "a minimum change without percentages": (
        with_steps(step(1, 0), MinAdjustmentMagnitude=2),
        {f"{AT}/policies/0/step/MinAdjustmentMagnitude": "is only for PercentChangeInCapacity"},
    ),
    "a comparison that no step fits": (
        with_alarm(ComparisonOperator="LessThanThreshold"),
        {f"{AT}/policies/0/alarm/ComparisonOperator": "LessThanThreshold triggers below the threshold"},
    ),
    "a period between minutes": (
        with_alarm(Period=45), {f"{AT}/policies/0/alarm/Period": "45 is not a period of CloudWatch"}
    ),
    "more datapoints than periods": (
        with_alarm(DatapointsToAlarm=2), {f"{AT}/policies/0/alarm/DatapointsToAlarm": "2 is more than EvaluationPeriods"}
    ),
    "one capacity of two": (
        request(scheduledActions=[{name: MORNING[name] for name in ("name", "schedule", "minCapacity")}]),
        {f"{AT}/scheduledActions/0/maxCapacity": "is missing; if minCapacity alone crosses the other bound"},
    ),
    "numeric weekdays": (
        with_action(schedule="cron(0 7 ? * 2-6 *)"),
        {f"{AT}/scheduledActions/0/schedule": '"2-6" names days by number'},
    ),
    "an hour that does not exist": (
        with_action(schedule="cron(0 24 ? * MON-FRI *)"),
        {f"{AT}/scheduledActions/0/schedule": '"24" is not a value of the field hours. Give 0 to 23.'},
    ),
    "two days in a cron": (
        with_action(schedule="cron(0 7 1 * MON *)"),
        {f"{AT}/scheduledActions/0/schedule": "has a day of the month and a day of the week"},
    ),
    "an unknown time zone": (
        with_action(timeZone="Europe/Berlinn"),
        {f"{AT}/scheduledActions/0/timeZone": 'Did you mean "Europe/Berlin"?'},
    ),
    "zero instances at night": (
        with_action(minCapacity=0), {f"{AT}/scheduledActions/0/minCapacity": "a variant on instances cannot scale to 0"}
    ),
    "the name of an action of the office hours": (
        MINIMAL | {"autoscaling": {
            "*": {"maxCapacity": 4, "scheduledActions": [MORNING, MORNING | {"name": "office-hours-weekdays-end"}]},
            "AllTraffic": {"officeHours": OFFICE}}},
        {"/autoscaling/*/scheduledActions/1/name":
         f'"office-hours-weekdays-end" is the name of a scheduled action that {AT}/officeHours becomes'},
    ),
    "more than 200 actions with those of the office hours": (
        request(officeHours=OFFICE, scheduledActions=[MORNING | {"name": f"a{number}"} for number in range(199)]),
        {f"{AT}/scheduledActions": "has 199 actions, and officeHours becomes 2 more; Application Auto Scaling allows 200"},
    ),
    "a minimum of the office hours without effect": (
        request(
            MINIMAL | {"productionVariants": [VARIANT | {"InitialInstanceCount": 2}]},
            minCapacity=2,
            officeHours=OFFICE,
        ),
        {f"{AT}/officeHours/minCapacity": "2 is not more than the 2 that minCapacity keeps at all hours"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_cannot_scale_is_refused_at_its_pointer(case: str) -> None:
    document, expected = REFUSED[case]

    found = faults(document)

    assert found.keys() == expected.keys()
    for pointer, part in expected.items():
        assert part in found[pointer]


def test_a_time_in_the_past_is_refused_for_a_new_request_alone() -> None:
    document = with_action(schedule="at(2026-01-01T07:00:00)", timeZone="Europe/Berlin")

    with pytest.raises(InvalidRequest, match=r"at.2026-01-01T07:00:00. is in the past in Europe/Berlin"):
        parse(document, subject="The request", refusal=InvalidRequest, now="2026-01-01T06:00:01Z")

    parse(document, subject="The request", refusal=InvalidRequest, now="2026-01-01T05:59:59Z")
    parse(document, subject="The request", refusal=InvalidRequest)


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (request(policies=[TRACKED | {"targetTracking": {"TargetValue": 5, "ScaleInCooldown": 60}}]), "is 60 s: metrics"),
        (request(ASYNC, preset="to-zero"), "during jobs longer than 15 minutes"),
        (request(ASYNC, preset="off-hours", minCapacity=0, officeHours=OFFICE), "outside of the office hours nothing runs"),
    ],
)  # fmt: skip
def test_valid_scaling_that_may_surprise_is_a_warning(document: dict[str, Any], part: str) -> None:
    assert any(part in warning for warning in read(document).warnings)


def test_a_processor_target_below_one_core_is_a_warning() -> None:
    dimensions = [{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "AllTraffic"}]
    metric = {"MetricName": "CPUUtilization", "Namespace": "/aws/sagemaker/Endpoints", "Statistic": "Average"}
    policy = {"TargetValue": 50, "CustomizedMetricSpecification": metric | {"Dimensions": dimensions}}

    warnings = read(MINIMAL | {"autoscalingMaxCapacity": 3, POLICY[1:]: policy}).warnings

    assert any("CPUUtilization counts every core" in warning for warning in warnings)
