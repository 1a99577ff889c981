"""CloudWatch alarms for tests, in addition to the alarms that Slipway creates."""

from typing import Any


def make_alarm(cloudwatch: Any, name: str) -> str:
    """Create an alarm on any metric and return its name."""
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return name
