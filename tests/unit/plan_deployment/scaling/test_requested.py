"""What valid scaling becomes: bodies that Application Auto Scaling and CloudWatch accept."""

from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from plan_deployment.request.rules import faults
from plan_deployment.scaling.requested import ResourceScaling, requested_scaling
from shared.scheduled_runs import in_force
from tests.unit.plan_deployment.request.reading import ALARM, MINIMAL, SERVERLESS, VARIANT, read
from tests.unit.plan_deployment.requests import accepted

Json = dict[str, Any]
SESSION = botocore.session.get_session()
ASYNC = MINIMAL | {"asyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out"}}}
SURGE = {
    "name": "surge",
    "step": {
        "AdjustmentType": "ChangeInCapacity",
        "Cooldown": 60,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}],
    },
    "alarm": ALARM,
}
TRACKED = {"name": "invocations", "targetTracking": {"TargetValue": 600}}
MORNING = {"name": "morning", "schedule": "cron(0 7 ? * MON-FRI *)", "timeZone": "Europe/Berlin"}
DAY, NIGHT = MORNING | {"minCapacity": 3, "maxCapacity": 10}, MORNING | {"minCapacity": 1, "maxCapacity": 10}
EVENING = NIGHT | {"name": "evening", "schedule": "cron(0 20 ? * MON-FRI *)"}


def bodies(document: Json, registered: tuple[Json, ...] = (), now: str | None = None) -> list[ResourceScaling]:
    asked = read(document)
    return requested_scaling("E", asked.config, asked.scaling, list(registered), "stack/e/", now=now)


def scaled(base: Json = MINIMAL, **members: Any) -> Json:
    return base | {"autoscaling": {"AllTraffic": {"maxCapacity": 10} | members}}


def assert_accepted(found: list[ResourceScaling]) -> None:
    """Assert that botocore finds no fault in a body."""
    for each in found:
        for service, operation, requests in (
            ("application-autoscaling", "RegisterScalableTarget", [each.target]),
            ("application-autoscaling", "PutScalingPolicy", each.policies),
            ("application-autoscaling", "PutScheduledAction", each.scheduled_actions),
            ("cloudwatch", "PutMetricAlarm", [alarm.body for alarm in each.alarms]),
        ):
            shape = SESSION.get_service_model(service).operation_model(operation).input_shape
            for request in requests:
                assert not ParamValidator().validate(request, shape).has_errors(), request
        names = [policy["PolicyName"] for policy in each.policies]
        assert len(names) == len(set(names))
        assert {alarm.policy_name for alarm in each.alarms} <= set(names)


def test_a_step_policy_gets_an_alarm_on_the_variant_in_the_live_spelling() -> None:
    (found,) = bodies(scaled(policies=[TRACKED, SURGE]))

    assert [policy["PolicyName"] for policy in found.policies] == ["slipway-invocations", "slipway-surge"]
    (alarm,) = found.alarms
    assert alarm.policy_name == "slipway-surge"
    assert alarm.body == SURGE["alarm"] | {  # type: ignore[operator]
        "AlarmName": "stack/e/AllTraffic/scaling-surge",
        "AlarmDescription": "Triggers the scaling policy slipway-surge of variant AllTraffic of endpoint E.",
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": "EndpointName", "Value": "E"}, {"Name": "VariantName", "Value": "AllTraffic"}],
    }


def test_the_wake_up_alarm_of_an_asynchronous_endpoint_names_the_endpoint_alone() -> None:
    (found,) = bodies(scaled(ASYNC, preset="to-zero"))

    assert (found.target["MinCapacity"], found.target["MaxCapacity"]) == (0, 10)
    assert found.alarms[0].body["MetricName"] == "HasBacklogWithoutCapacity"
    assert found.alarms[0].body["Dimensions"] == [{"Name": "EndpointName", "Value": "E"}]
    tracking = found.policies[0]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["CustomizedMetricSpecification"]["Dimensions"] == [{"Name": "EndpointName", "Value": "E"}]


def test_an_inference_component_is_scaled_by_its_copies() -> None:
    document = scaled(ASYNC, preset="to-zero")
    asked = read(document)
    assert asked.scaling is not None
    component = asked.scaling.__class__({}, asked.scaling.variants)

    (found,) = requested_scaling("E", asked.config, component, [], "stack/e/", components=["alltraffic"])

    assert found.target["ResourceId"] == "inference-component/alltraffic"
    assert found.target["ScalableDimension"] == "sagemaker:inference-component:DesiredCopyCount"
    assert found.alarms[0].body["Dimensions"] == [{"Name": "InferenceComponentName", "Value": "alltraffic"}]


def test_a_registered_policy_on_the_same_metric_keeps_its_name_and_no_other_gets_it() -> None:
    (first,) = bodies(scaled(policies=[TRACKED]))
    registered = first.policies[0] | {"PolicyName": "slipway-surge"}

    (found,) = bodies(scaled(policies=[TRACKED, SURGE]), (registered,))

    assert [policy["PolicyName"] for policy in found.policies] == ["slipway-surge", "slipway-invocations"]
    assert found.alarms[0].policy_name == "slipway-invocations"


@pytest.mark.parametrize(
    ("now", "minimum"),
    [
        ("2026-12-02T05:59:00Z", 1),  # Wednesday, 06:59 in Berlin
        ("2026-12-02T06:00:00Z", 3),
        ("2026-12-02T19:00:00Z", 1),
        ("2026-12-06T12:00:00Z", 1),  # Sunday
    ],
)
def test_a_deployment_between_scheduled_actions_registers_what_the_last_one_has_set(now: str, minimum: int) -> None:
    (found,) = bodies(scaled(scheduledActions=[DAY, EVENING]), now=now)

    assert found.target["MinCapacity"] == minimum


def test_a_time_that_has_passed_is_not_registered_again() -> None:
    once = DAY | {"schedule": "at(2026-12-01T07:00:00)"}

    (before,) = bodies(scaled(scheduledActions=[once]), now="2026-12-01T05:00:00Z")
    (after,) = bodies(scaled(scheduledActions=[once]), now="2026-12-01T06:00:01Z")

    assert [action["ScheduledActionName"] for action in before.scheduled_actions] == ["slipway-morning"]
    assert (before.target["MinCapacity"], after.target["MinCapacity"]) == (1, 3)
    assert after.scheduled_actions == []


@pytest.mark.parametrize(
    ("schedule", "now", "is_in_force"),
    [
        ("cron(0 7 L * ? *)", "2026-11-30T08:00:00Z", True),
        ("cron(0 7 ? * FRI#2 2027)", "2026-12-31T08:00:00Z", False),
        ("cron(0/30 8-18 1W JAN,JUL ? *)", "2026-07-01T08:00:00Z", True),
        ("rate(1 day)", "2026-07-01T08:00:00Z", False),
    ],
)
def test_the_last_run_of_a_schedule_is_known_unless_it_is_a_rate(schedule: str, now: str, is_in_force: bool) -> None:
    action = {"name": "a", "schedule": schedule, "minCapacity": 3, "maxCapacity": 10}

    assert (in_force([action], (1, 4), now) == (3, 10)) is is_in_force


def test_a_rate_counts_from_its_start_time() -> None:
    start = {"startTime": "2026-12-01T07:00:00Z"}
    day = {"name": "day", "schedule": "rate(12 hours)", "minCapacity": 3, "maxCapacity": 10} | start
    noon = {"name": "noon", "schedule": "cron(0 12 * * ? *)", "minCapacity": 5, "maxCapacity": 10}

    found = [in_force([day, noon], (1, 4), f"2026-12-02T{at}:00Z") for at in ("06:59", "11:59", "12:00", "18:59")]

    assert found == [(3, 10), (3, 10), (5, 10), (5, 10)]
    assert in_force([day], (1, 4), "2026-12-01T06:59:00Z") == (1, 4)


BASES = st.sampled_from([MINIMAL, ASYNC, MINIMAL | {"productionVariants": [SERVERLESS]}])


@st.composite
def presets(draw: st.DrawFn) -> Json:
    base = draw(BASES)
    optional = {
        "minCapacity": st.integers(0, 3),
        "preset": st.sampled_from(["steady", "bursty", "off-hours", "to-zero"]),
        "policies": st.lists(st.sampled_from([TRACKED, SURGE]), max_size=2),
        "expectedPeakRps": st.floats(0.1, 1000),
        "safetyFactor": st.floats(0.1, 1),
        "officeHours": st.just({"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin", "minCapacity": 2}),
        "scheduledActions": st.lists(st.sampled_from([DAY, EVENING]), max_size=2),
        "suspendedState": accepted({"$ref": "#/$defs/SuspendedState"}),
    }
    members = draw(st.fixed_dictionaries({"maxCapacity": st.integers(1, 20)}, optional=optional))
    return base | {"autoscaling": {draw(st.sampled_from(["*", "AllTraffic"])): members}}


@given(presets())
def test_every_scaling_is_accepted_by_the_service_models_or_refused_with_a_pointer(document: Json) -> None:
    found = faults(document, is_profile=False, now="2026-12-02T12:00:00Z")

    if found:
        assert all(fault.pointer.startswith(("/autoscaling/", "/productionVariants/")) for fault in found)
    else:
        assert_accepted(bodies(document, now="2026-12-02T12:00:00Z"))


@given(accepted({"$ref": "#/$defs/Autoscaling"}))
def test_whatever_the_schema_accepts_is_registered_or_refused_with_a_pointer(members: Json) -> None:
    document = MINIMAL | {"productionVariants": [VARIANT], "autoscaling": {"AllTraffic": members}}
    found = faults(document, is_profile=False, now="2026-12-02T12:00:00Z")

    if found:
        assert all(fault.pointer.startswith(("/autoscaling/", "/productionVariants/")) for fault in found)
    else:
        assert_accepted(bodies(document, now="2026-12-02T12:00:00Z"))
