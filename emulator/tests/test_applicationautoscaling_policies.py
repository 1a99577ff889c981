"""Scaling policies on SageMaker variants: target tracking with its alarms, step scaling, and their refusals."""

import itertools
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION
from support.hosting import Hosting, instances_of, refused

numbers = itertools.count()

INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
UTILIZATION = "SageMakerVariantProvisionedConcurrencyUtilization"
CPU = {
    "MetricName": "CPUUtilization",
    "Namespace": "/aws/sagemaker/Endpoints",
    "Dimensions": [{"Name": "EndpointName", "Value": "tracked"}],
    "Statistic": "Average",
    "Unit": "Percent",
}


def tracking(metric: str = INVOCATIONS, value: float = 100.0, **changes: Any) -> dict[str, Any]:
    return {
        "TargetValue": value,
        "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
        **changes,
    }


def put(
    hosting: Hosting, target: dict[str, Any], configuration: dict[str, Any], name: str = "track", **changes: Any
) -> dict[str, Any]:
    policy_type = changes.pop("PolicyType", "TargetTrackingScaling")
    return dict(
        hosting.autoscaling.put_scaling_policy(
            **target,
            PolicyName=name,
            PolicyType=policy_type,
            **{f"{policy_type}PolicyConfiguration": configuration},
            **changes,
        )
    )


def put_steps(hosting: Hosting, target: dict[str, Any], *steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": list(steps), **changes}
    return put(hosting, target, configuration, "steps", PolicyType="StepScaling")


def policies(hosting: Hosting, target: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hosting.autoscaling.describe_scaling_policies(**target)["ScalingPolicies"]
    return found


def alarms(hosting: Hosting, policy: dict[str, Any]) -> list[dict[str, Any]]:
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    found: list[dict[str, Any]] = hosting.aws.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return found


@pytest.fixture
def target(hosting: Hosting) -> dict[str, Any]:
    """A target per test."""
    name = f"with-policies-{next(numbers)}"
    hosting.endpoint(name)
    return hosting.register(name)


def test_target_tracking_creates_an_alarm_for_each_direction(hosting: Hosting, target: dict[str, Any]) -> None:
    policy = put(hosting, target, tracking(value=200.0, ScaleOutCooldown=60, ScaleInCooldown=300))

    high, low = alarms(hosting, policy)
    prefix = f"TargetTracking-{target['ResourceId']}"
    assert high["AlarmName"].startswith(f"{prefix}-AlarmHigh-")
    assert low["AlarmName"].startswith(f"{prefix}-AlarmLow-")
    assert (high["MetricName"], high["Namespace"]) == ("InvocationsPerInstance", "AWS/SageMaker")
    assert (high["ComparisonOperator"], high["Threshold"]) == ("GreaterThanThreshold", 200.0)
    assert (low["ComparisonOperator"], low["Threshold"]) == ("LessThanThreshold", pytest.approx(180.0))
    assert high["AlarmActions"] == [policy["PolicyARN"]]
    endpoint_name = target["ResourceId"].split("/")[1]
    assert high["Dimensions"] == [
        {"Name": "EndpointName", "Value": endpoint_name},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]


@pytest.mark.parametrize(
    ("metric", "high", "low"),
    [
        ("SageMakerVariantInvocationsPerInstance", (60, 3), (60, 15)),
        ("SageMakerVariantConcurrentRequestsPerModelHighResolution", (10, 3), (10, 90)),
    ],
)
def test_scaling_in_takes_fifteen_minutes_at_any_resolution(
    hosting: Hosting, target: dict[str, Any], metric: str, high: tuple[int, int], low: tuple[int, int]
) -> None:
    policy = put(hosting, target, tracking(metric))

    assert [(alarm["Period"], alarm["EvaluationPeriods"]) for alarm in alarms(hosting, policy)] == [high, low]


def test_a_policy_that_never_scales_in_has_no_low_alarm(hosting: Hosting, target: dict[str, Any]) -> None:
    policy = put(hosting, target, tracking(DisableScaleIn=True))

    assert ["AlarmHigh" in alarm["AlarmName"] for alarm in policy["Alarms"]] == [True]


def test_a_policy_is_described_as_requested(hosting: Hosting, target: dict[str, Any]) -> None:
    configuration = tracking(ScaleOutCooldown=0, ScaleInCooldown=600)

    answer = put(hosting, target, configuration)

    (policy,) = policies(hosting, target)
    assert policy["TargetTrackingScalingPolicyConfiguration"] == configuration
    assert policy["Alarms"] == answer["Alarms"]
    assert policy["PolicyARN"] == answer["PolicyARN"]
    assert policy["PolicyARN"].startswith(f"arn:aws:autoscaling:{REGION}:{ACCOUNT_ID}:scalingPolicy:")
    assert policy["PolicyARN"].endswith(f":resource/sagemaker/{target['ResourceId']}:policyName/track")


def test_putting_a_policy_again_keeps_its_arn_and_replaces_its_alarms(hosting: Hosting, target: dict[str, Any]) -> None:
    first = put(hosting, target, tracking(value=100.0))

    second = put(hosting, target, tracking(value=50.0))

    assert second["PolicyARN"] == first["PolicyARN"]
    assert alarms(hosting, first) == []
    assert [alarm["Threshold"] for alarm in alarms(hosting, second)] == [50.0, pytest.approx(45.0)]
    assert len(policies(hosting, target)) == 1


def test_deleting_a_policy_deletes_its_alarms(hosting: Hosting, target: dict[str, Any]) -> None:
    policy = put(hosting, target, tracking())

    hosting.autoscaling.delete_scaling_policy(**target, PolicyName="track")

    assert policies(hosting, target) == []
    assert alarms(hosting, policy) == []
    with refused(
        "ObjectNotFoundException",
        f"No scaling policy found for service namespace: sagemaker, resource ID: {target['ResourceId']}, "
        "scalable dimension: sagemaker:variant:DesiredInstanceCount, policy name: track",
    ):
        hosting.autoscaling.delete_scaling_policy(**target, PolicyName="track")


def test_a_customized_metric_can_be_tracked_in_addition_to_a_predefined_one(
    hosting: Hosting, target: dict[str, Any]
) -> None:
    put(hosting, target, tracking())

    policy = put(hosting, target, {"TargetValue": 60.0, "CustomizedMetricSpecification": CPU}, "cpu")

    high, _ = alarms(hosting, policy)
    assert (high["MetricName"], high["Namespace"]) == ("CPUUtilization", "/aws/sagemaker/Endpoints")
    assert [policy["PolicyName"] for policy in policies(hosting, target)] == ["track", "cpu"]


def test_metric_math_can_be_tracked(hosting: Hosting, target: dict[str, Any]) -> None:
    metric = {"Namespace": "Own", "MetricName": "Load", "Dimensions": [{"Name": "a", "Value": "b"}]}
    queries = [
        {"Id": "load", "MetricStat": {"Metric": metric, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "half", "Expression": "load / 2", "Label": "half the load", "ReturnData": True},
    ]

    policy = put(hosting, target, {"TargetValue": 1.0, "CustomizedMetricSpecification": {"Metrics": queries}})

    high, _ = alarms(hosting, policy)
    assert [query["Id"] for query in high["Metrics"]] == ["load", "half"]
    assert high["Metrics"][1]["Expression"] == "load / 2"


def test_a_metric_can_only_be_tracked_once(hosting: Hosting, target: dict[str, Any]) -> None:
    put(hosting, target, tracking())

    with refused(
        "ValidationException", "Only one TargetTrackingScaling policy for a given metric specification is allowed."
    ):
        put(hosting, target, tracking(value=5.0), "again")


def test_a_policy_needs_a_registered_target(hosting: Hosting) -> None:
    hosting.endpoint("unregistered")

    with refused(
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: sagemaker, resource ID: "
        "endpoint/unregistered/variant/AllTraffic, scalable dimension: sagemaker:variant:DesiredInstanceCount",
    ):
        put(hosting, instances_of("unregistered"), tracking())


EXACTLY_ONE = (
    "Specify exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification in "
    "TargetTrackingScalingPolicyConfiguration."
)


LOAD = {"Metric": {"Namespace": "Own", "MetricName": "Load"}, "Stat": "Sum"}


def math(*queries: dict[str, Any]) -> dict[str, Any]:
    return {"TargetValue": 1.0, "CustomizedMetricSpecification": {"Metrics": list(queries)}}


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"TargetValue": 1.0}, EXACTLY_ONE),
        (math(), "Exactly one element of the metrics list should return data."),
        (
            math({"Id": "a", "MetricStat": LOAD}, {"Id": "b", "MetricStat": LOAD}),
            "Exactly one element of the metrics list should return data.",
        ),
        (
            math({"Id": "a", "MetricStat": LOAD, "Expression": "a"}),
            "Specify either Expression or MetricStat, but not both, in metric a.",
        ),
        (math({"Id": "A", "MetricStat": LOAD}), "Id A must be unique and begin with a lowercase letter."),
        (
            math({"Id": "a", "MetricStat": {"Metric": {}, "Stat": "Sum"}}),
            "MetricName and Namespace are required in metric a.",
        ),
        (
            math({"Id": "a", "MetricStat": LOAD, "Label": "x" * 51_200}),
            "The request must not exceed 51200 bytes.",
        ),
        (tracking(CustomizedMetricSpecification=CPU), EXACTLY_ONE),
        (tracking(value=0.0), "TargetValue is 0.0; it must be greater than 0."),
        (tracking(value=-5.0), "TargetValue is -5.0; it must be greater than 0."),
        (tracking(ScaleOutCooldown=-1), "ScaleOutCooldown is -1; it must be 0 or more seconds."),
        (tracking(ScaleInCooldown=-60), "ScaleInCooldown is -60; it must be 0 or more seconds."),
        (
            tracking(UTILIZATION),
            f"PredefinedMetricType {UTILIZATION} is not supported for scalable dimension "
            f"sagemaker:variant:DesiredInstanceCount. Supported: {INVOCATIONS}, "
            "SageMakerVariantConcurrentRequestsPerModelHighResolution.",
        ),
        (
            {
                "TargetValue": 1.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": INVOCATIONS, "ResourceLabel": "app/x"},
            },
            "ResourceLabel can only be specified with ALBRequestCountPerTarget.",
        ),
        (
            {"TargetValue": 1.0, "CustomizedMetricSpecification": {"MetricName": "m", "Namespace": "n"}},
            "MetricName, Namespace and Statistic are required in CustomizedMetricSpecification.",
        ),
        (
            {"TargetValue": 1.0, "CustomizedMetricSpecification": {}},
            "Specify either Metrics, or MetricName, Namespace and Statistic, in CustomizedMetricSpecification.",
        ),
    ],
)
def test_invalid_target_tracking_is_refused(hosting: Hosting, configuration: dict[str, Any], message: str) -> None:
    if not hosting.exists("untrackable"):
        hosting.endpoint("untrackable")
        hosting.register("untrackable")

    with refused("ValidationException", message):
        put(hosting, instances_of("untrackable"), configuration)

    assert policies(hosting, instances_of("untrackable")) == []


def test_serverless_concurrency_is_tracked_by_its_utilization(hosting: Hosting) -> None:
    variant = hosting.serverless_variant(hosting.model("utilized-model"), ProvisionedConcurrency=1)
    hosting.endpoint("utilized", variant)
    target = {**instances_of("utilized"), "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}
    hosting.autoscaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=5)

    policy = put(hosting, target, tracking(UTILIZATION, 0.7))

    assert alarms(hosting, policy)[0]["MetricName"] == "ServerlessProvisionedConcurrencyUtilization"
    with refused(
        "ValidationException",
        f"PredefinedMetricType {INVOCATIONS} is not supported for scalable dimension "
        f"sagemaker:variant:DesiredProvisionedConcurrency. Supported: {UTILIZATION}.",
    ):
        put(hosting, target, tracking(INVOCATIONS), "wrong")


def test_a_step_policy_creates_no_alarms(hosting: Hosting, target: dict[str, Any]) -> None:
    steps = [
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 2},
    ]

    answer = put_steps(hosting, target, *steps, Cooldown=60)

    assert answer["Alarms"] == []
    (policy,) = policies(hosting, target)
    assert policy["StepScalingPolicyConfiguration"]["StepAdjustments"] == steps


STEPS_REFUSED: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "no steps": ([], {}, "StepAdjustments is required in StepScalingPolicyConfiguration."),
    "no bounds": (
        [{"ScalingAdjustment": 1}],
        {},
        "The upper and lower bound can't be null in the same step adjustment.",
    ),
    "upside down": (
        [{"MetricIntervalLowerBound": 5.0, "MetricIntervalUpperBound": 5.0, "ScalingAdjustment": 1}],
        {},
        "MetricIntervalUpperBound must be greater than MetricIntervalLowerBound.",
    ),
    "gap": (
        [
            {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 5.0, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 6.0, "ScalingAdjustment": 2},
        ],
        {},
        "The ranges of step adjustments can't overlap or have a gap.",
    ),
    "open above": (
        [{"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 5.0, "ScalingAdjustment": 1}],
        {},
        "With a positive upper bound there must be a step adjustment with a null upper bound.",
    ),
    "open below": (
        [{"MetricIntervalLowerBound": -5.0, "MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -1}],
        {},
        "With a negative lower bound there must be a step adjustment with a null lower bound.",
    ),
    "too many": (
        [{"MetricIntervalLowerBound": float(step), "ScalingAdjustment": 1} for step in range(21)],
        {},
        "A policy cannot have more than 20 step adjustments.",
    ),
    "negative cooldown": (
        [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        {"Cooldown": -1},
        "Cooldown is -1; it must be 0 or more seconds.",
    ),
    "magnitude without percent": (
        [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        {"MinAdjustmentMagnitude": 1},
        "MinAdjustmentMagnitude is only valid with adjustment type PercentChangeInCapacity.",
    ),
    "negative capacity": (
        [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": -1}],
        {"AdjustmentType": "ExactCapacity"},
        "ScalingAdjustment must not be negative with adjustment type ExactCapacity.",
    ),
}


@pytest.mark.parametrize("case", STEPS_REFUSED)
def test_invalid_steps_are_refused(hosting: Hosting, case: str) -> None:
    steps, changes, message = STEPS_REFUSED[case]
    if not hosting.exists("stumbling"):
        hosting.endpoint("stumbling")
        hosting.register("stumbling")

    with refused("ValidationException", message):
        put_steps(hosting, instances_of("stumbling"), *steps, **changes)


def test_policy_types_that_do_not_fit_are_refused(hosting: Hosting, target: dict[str, Any]) -> None:
    with refused("ValidationException", "PolicyType is required when creating a scaling policy."):
        hosting.autoscaling.put_scaling_policy(**target, PolicyName="typeless")
    with refused("ValidationException", "PredictiveScaling is not supported for service namespace sagemaker."):
        hosting.autoscaling.put_scaling_policy(**target, PolicyName="prophet", PolicyType="PredictiveScaling")
    with refused(
        "ValidationException",
        "TargetTrackingScalingPolicyConfiguration is required for policy type TargetTrackingScaling.",
    ):
        hosting.autoscaling.put_scaling_policy(**target, PolicyName="empty", PolicyType="TargetTrackingScaling")
    put(hosting, target, tracking(), "fixed")
    with refused(
        "ValidationException", "The policy type of an existing policy cannot change from TargetTrackingScaling."
    ):
        hosting.autoscaling.put_scaling_policy(**target, PolicyName="fixed", PolicyType="StepScaling")


def test_a_page_has_ten_policies(hosting: Hosting, target: dict[str, Any]) -> None:
    for number in range(12):
        put(
            hosting,
            target,
            {"TargetValue": 1.0, "CustomizedMetricSpecification": {**CPU, "MetricName": f"metric-{number}"}},
            f"policy-{number:02}",
        )

    first = hosting.autoscaling.describe_scaling_policies(**target)
    second = hosting.autoscaling.describe_scaling_policies(**target, NextToken=first["NextToken"])

    assert [len(page["ScalingPolicies"]) for page in (first, second)] == [10, 2]
    with refused("InvalidNextTokenException", "The next token supplied was invalid."):
        hosting.autoscaling.describe_scaling_policies(**target, NextToken="x")
    with refused("ValidationException", "MaxResults must be between 1 and 10."):
        hosting.autoscaling.describe_scaling_policies(**target, MaxResults=11)
