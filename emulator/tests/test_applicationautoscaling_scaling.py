"""Alarms and bounds change capacities through SageMaker, and activities report it."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from local_aws import ACCOUNT_ID
from support.hosting import Hosting, instances_of, refused
from support.scaling import Scaled, steps, tracking

numbers = itertools.count()

COUNT = "desired instance count"
UP = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
# SageMaker developer guide, endpoint-auto-scaling; a public benchmark of 2026 has the same text
QUOTA = (
    "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 4 Instances, with current utilization of 3 "
    "Instances and a request delta of 3 Instances. Please use AWS Service Quotas to request an increase for this quota."
)


@pytest.fixture(autouse=True)
def _no_faults_left(hosting: Hosting) -> Iterator[None]:
    yield
    hosting.aws.delete("faults")


@pytest.fixture
def name() -> str:
    return f"acts-{next(numbers)}"


def count_of(hosting: Hosting, name: str) -> int:
    (variant,) = hosting.wait(name)["ProductionVariants"]
    return int(variant["CurrentInstanceCount"])


def test_target_tracking_scales_out_in_proportion_and_records_it(hosting: Hosting, name: str, scaled: Scaled) -> None:
    alarms = scaled.track("track", tracking(100.0))

    scaled.alarm(alarms["High"], 150, 250, 290)

    (activity,) = scaled.ended()
    assert count_of(hosting, name) == 3
    assert activity["Description"] == f"Setting {COUNT} to 3."
    assert activity["Cause"] == f"monitor alarm {alarms['High']} in state ALARM triggered policy track"
    assert activity["StatusCode"] == "Successful"
    assert activity["StatusMessage"] == (f"Successfully set {COUNT} to 3. Change successfully fulfilled by sagemaker.")
    assert activity["EndTime"] > activity["StartTime"]
    assert {name: activity[name] for name in scaled.target} == scaled.target


def test_a_change_is_made_by_the_service_linked_role(hosting: Hosting, name: str, scaled: Scaled) -> None:
    scaled.alarm(scaled.track("track", tracking(100.0))["High"], 150)
    scaled.ended()

    changes = [each for each in hosting.aws.get("calls") if each["operation"] == "UpdateEndpointWeightsAndCapacities"]
    (call,) = [each for each in changes if each["parameters"]["EndpointName"] == name]
    assert call["principal"] == (
        f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint/"
        "application-autoscaling"
    )
    assert call["verdict"] == "allow"


def test_the_endpoint_cannot_be_updated_while_it_is_scaled(hosting: Hosting, name: str, scaled: Scaled) -> None:
    with hosting.standing_still():
        hosting.register(name, minimum=2)
        (activity,) = scaled.activities()
        with refused(
            "ValidationException", f'Cannot update in-progress endpoint "{hosting.describe(name)["EndpointArn"]}".'
        ):
            hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")

    assert activity["StatusCode"] == "InProgress"
    assert (
        activity["StatusMessage"] == f"Successfully set {COUNT} to 2. Waiting for change to be fulfilled by sagemaker."
    )
    assert "EndTime" not in activity
    scaled.ended()
    assert count_of(hosting, name) == 2


def test_nothing_is_scaled_while_the_endpoint_is_updated(hosting: Hosting, name: str, scaled: Scaled) -> None:
    hosting.script(name, "update", "never_finishes")
    hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    alarm = scaled.step("out", steps(UP))

    for _ in range(2):
        scaled.alarm(alarm, 60)

    assert scaled.activities() == []
    (activity,) = scaled.activities(IncludeNotScaledActivities=True)
    assert activity["Description"] == "Attempting to scale due to alarm triggered"
    assert activity["Cause"] == f"monitor alarm {alarm} in state ALARM triggered policy out"
    assert activity["StatusCode"] == "Failed"
    assert activity["NotScaledReasons"] == [{"Code": "TargetServicePutResourceAsUnscalable"}]


def test_a_reached_quota_fails_the_activity_with_sagemakers_reason(hosting: Hosting, name: str, scaled: Scaled) -> None:
    error = {"code": "ResourceLimitExceeded", "message": QUOTA, "status": 400}
    fault = {"service": "sagemaker", "operation": "UpdateEndpointWeightsAndCapacities", "match": {"EndpointName": name}}
    hosting.aws.post("faults", [{**fault, "error": error}])

    scaled.alarm(scaled.track("track", tracking(100.0))["High"], 400)

    (activity,) = scaled.ended()
    assert (activity["StatusCode"], activity["Description"]) == ("Failed", f"Setting {COUNT} to 4.")
    assert activity["StatusMessage"] == f"Failed to set {COUNT} to 4. Reason: {QUOTA}"
    assert count_of(hosting, name) == 1


def test_a_failed_change_starts_no_cooldown(hosting: Hosting, name: str, scaled: Scaled) -> None:
    error = {"code": "ResourceLimitExceeded", "message": QUOTA, "status": 400}
    fault = {"service": "sagemaker", "operation": "UpdateEndpointWeightsAndCapacities", "match": {"EndpointName": name}}
    hosting.aws.post("faults", [{**fault, "error": error, "times": 1}])
    alarm = scaled.step("out", steps(UP))

    scaled.alarm(alarm, 60)
    scaled.ended()
    scaled.alarm(alarm, 60)

    assert [each["StatusCode"] for each in scaled.ended(2)] == ["Successful", "Failed"]


def test_an_alarm_at_the_maximum_is_recorded_with_it(hosting: Hosting, name: str, scaled: Scaled) -> None:
    scaled.hosting.register(name, maximum=1)

    scaled.alarm(scaled.track("track", tracking(100.0))["High"], 400)

    assert scaled.reasons() == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 1}]


def test_the_low_alarm_scales_in_and_not_below_the_minimum(hosting: Hosting, name: str, scaled: Scaled) -> None:
    hosting.scale(name, 4)
    hosting.register(name, minimum=2)

    scaled.alarm(scaled.track("track", tracking(100.0))["Low"], 10, 5)

    (activity,) = scaled.ended()
    assert activity["Description"] == f"Setting {COUNT} to 2."
    assert count_of(hosting, name) == 2


def test_a_suspended_policy_does_nothing_until_it_is_resumed(hosting: Hosting, name: str, scaled: Scaled) -> None:
    alarm = scaled.step("out", steps(UP))
    hosting.autoscaling.register_scalable_target(**scaled.target, SuspendedState={"DynamicScalingOutSuspended": True})
    scaled.alarm(alarm, 60)
    assert scaled.activities(IncludeNotScaledActivities=True) == []

    hosting.autoscaling.register_scalable_target(**scaled.target, SuspendedState={"DynamicScalingOutSuspended": False})
    scaled.alarm(alarm, 60)

    assert [each["StatusCode"] for each in scaled.ended()] == ["Successful"]


def test_an_alarm_that_names_no_existing_policy_does_nothing(hosting: Hosting, name: str, scaled: Scaled) -> None:
    alarm = scaled.step("gone", steps(UP))
    hosting.autoscaling.delete_scaling_policy(**scaled.target, PolicyName="gone")

    scaled.alarm(alarm, 60)

    assert scaled.activities(IncludeNotScaledActivities=True) == []


def test_an_alarm_without_a_datapoint_scales_nothing(hosting: Hosting, name: str, scaled: Scaled) -> None:
    scaled.alarm(scaled.step("out", steps(UP)), None, None)

    assert scaled.activities(IncludeNotScaledActivities=True) == []


def test_an_asynchronous_endpoint_goes_to_zero_and_is_woken(hosting: Hosting, name: str) -> None:
    config = {"OutputConfig": {"S3OutputPath": "s3://b/out"}}
    hosting.config(f"{name}-1", AsyncInferenceConfig=config)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    hosting.wait(name)
    scaled = Scaled(hosting, hosting.register(name, minimum=0))
    wake = scaled.step("wake", steps(UP), ComparisonOperator="GreaterThanOrEqualToThreshold", Threshold=1.0)
    backlog = {
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": "EndpointName", "Value": name}],
        "Statistic": "Average",
    }
    low = scaled.track("backlog", {"TargetValue": 5.0, "CustomizedMetricSpecification": backlog})["Low"]

    scaled.alarm(low, 0, 0)
    scaled.ended()
    assert count_of(hosting, name) == 0
    scaled.alarm(wake, 1)

    assert [each["Description"] for each in scaled.ended(2)] == [f"Setting {COUNT} to {n}." for n in (1, 0)]
    assert count_of(hosting, name) == 1


def test_provisioned_concurrency_is_scaled(hosting: Hosting, name: str) -> None:
    hosting.endpoint(name, hosting.serverless_variant(hosting.model(name), ProvisionedConcurrency=2))
    target = {**instances_of(name), "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}
    hosting.autoscaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=8)
    scaled = Scaled(hosting, target)

    scaled.alarm(scaled.track("track", tracking(0.7, "SageMakerVariantProvisionedConcurrencyUtilization"))["High"], 1.0)

    (activity,) = scaled.ended()
    assert activity["Description"] == "Setting desired provisioned concurrency to 3."
    (variant,) = hosting.wait(name)["ProductionVariants"]
    assert variant["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 3


def test_new_bounds_are_an_activity(hosting: Hosting, name: str, scaled: Scaled) -> None:
    hosting.register(name, minimum=2)

    (activity,) = scaled.ended()
    assert (activity["Description"], activity["Cause"]) == (f"Setting {COUNT} to 2.", "minimum capacity was set to 2")
    hosting.register(name, minimum=1, maximum=1)
    assert scaled.ended(2)[0]["Cause"] == "maximum capacity was set to 1"


def test_activities_have_pages_and_filters(hosting: Hosting, name: str, scaled: Scaled) -> None:
    for minimum in (2, 3):
        hosting.register(name, minimum=minimum)
        scaled.ended(minimum - 1)

    pages = hosting.autoscaling.get_paginator("describe_scaling_activities")
    found = list(pages.paginate(**scaled.target, PaginationConfig={"PageSize": 1}))
    assert [activity["Description"][-2] for page in found for activity in page["ScalingActivities"]] == ["3", "2"]
    of_another = instances_of("another")
    assert hosting.autoscaling.describe_scaling_activities(**of_another)["ScalingActivities"] == []
    with refused("ValidationException", "ResourceId must be specified when ScalableDimension is specified"):
        hosting.unchecked_autoscaling.describe_scaling_activities(
            ServiceNamespace="sagemaker", ScalableDimension=scaled.target["ScalableDimension"]
        )


def test_activities_outlive_their_target(hosting: Hosting, name: str, scaled: Scaled) -> None:
    hosting.register(name, minimum=2)
    scaled.ended()

    hosting.autoscaling.deregister_scalable_target(**scaled.target)

    assert len(scaled.activities()) == 1


def test_without_traffic_no_alarm_or_schedule_moves_the_clock(hosting: Hosting, name: str, scaled: Scaled) -> None:
    """An idle virtual clock jumps to the next sleeper: one for a schedule would race through the years."""
    scaled.track("track", tracking(100.0))
    scaled.step("out", steps(UP))
    hosting.autoscaling.put_scheduled_action(
        **scaled.target,
        ScheduledActionName="often",
        Schedule="rate(1 minute)",
        ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 4},
    )

    times = [datetime.fromisoformat(hosting.aws.get("clock")["now"]) for _ in range(50)]

    assert times[-1] - times[0] < timedelta(minutes=1)
    assert scaled.activities(IncludeNotScaledActivities=True) == []
