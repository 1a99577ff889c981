"""Activities are kept for six weeks, and alarms of components have their dimension."""

from datetime import timedelta
from types import SimpleNamespace

from local_aws.applicationautoscaling import activities, alarms
from local_aws.applicationautoscaling.identity import Target
from local_aws.core.clock import clock

TARGET = Target("inference-component/llm", "sagemaker:inference-component:DesiredCopyCount")


def test_activities_are_kept_for_six_weeks() -> None:
    backend = SimpleNamespace()
    old, young = (activities.begin(backend, TARGET, "Setting desired copy count to 1.", "test") for _ in range(2))
    old.start_time = clock.utc() - timedelta(weeks=6, seconds=1)
    young.start_time = clock.utc() - timedelta(weeks=6, seconds=-60)

    assert [each["ActivityId"] for each in activities.described(backend)] == [young.activity_id]


def test_the_same_reason_again_is_recorded_once() -> None:
    backend = SimpleNamespace()
    for code in ("AlreadyAtMaxCapacity", "AlreadyAtMaxCapacity", "AlreadyAtDesiredCapacity", "AlreadyAtMaxCapacity"):
        activities.record_not_scaled(
            backend, TARGET, "monitor alarm a in state ALARM triggered policy p", {"Code": code}
        )

    found = activities.described(backend, include_not_scaled=True)

    assert [(each["NotScaledReasons"][0]["Code"], each["StatusCode"]) for each in found] == [
        ("AlreadyAtMaxCapacity", "Failed"),
        ("AlreadyAtDesiredCapacity", "Successful"),
        ("AlreadyAtMaxCapacity", "Failed"),
    ]
    assert activities.described(backend) == []


def test_alarms_of_a_component_watch_its_copies() -> None:
    """User guide, monitoring-cloudwatch: the metrics of components have only the dimension InferenceComponentName."""
    backend = SimpleNamespace(account_id="123456789012", region_name="eu-west-1")
    made = {
        metric: alarms.put(
            backend,
            TARGET.resource_id,
            "arn:policy",
            {"TargetValue": 5.0, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}},
        )
        for metric in (
            "SageMakerInferenceComponentInvocationsPerCopy",
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
        )
    }

    found = [(each.metric_name, each.period, each.evaluation_periods) for pair in made.values() for each in pair]
    assert found == [
        ("InvocationsPerCopy", 60, 3),
        ("InvocationsPerCopy", 60, 15),
        ("ConcurrentRequestsPerCopy", 10, 3),
        ("ConcurrentRequestsPerCopy", 10, 90),
    ]
    (high, _) = made["SageMakerInferenceComponentInvocationsPerCopy"]
    assert [(each.name, each.value) for each in high.dimensions] == [("InferenceComponentName", "llm")]
