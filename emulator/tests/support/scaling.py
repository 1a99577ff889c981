"""Scalable targets for tests: policies, and alarms that call them."""

from __future__ import annotations

import json
from typing import Any

from local_aws import until
from support.hosting import Hosting

Json = dict[str, Any]

INVOCATIONS = "SageMakerVariantInvocationsPerInstance"


def tracking(value: float, metric: str = INVOCATIONS, **more: Any) -> Json:
    """The configuration of a target tracking policy."""
    return {"TargetValue": value, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}, **more}


def steps(*adjustments: Json, **more: Any) -> Json:
    """The configuration of a step policy."""
    return {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": list(adjustments), **more}


class Scaled:
    """A scalable target."""

    def __init__(self, hosting: Hosting, target: Json) -> None:
        self.hosting = hosting
        self.target = target
        self.cloudwatch = hosting.aws.client("cloudwatch")

    def track(self, name: str, configuration: Json) -> Json:
        """Put a target tracking policy; return the alarms of its directions, ``High`` and ``Low``."""
        put = self.hosting.autoscaling.put_scaling_policy(
            **self.target,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=configuration,
        )
        names = [alarm["AlarmName"] for alarm in put["Alarms"]]
        return {direction: each for each in names for direction in ("High", "Low") if f"-Alarm{direction}-" in each}

    def step(self, name: str, configuration: Json, **alarm: Any) -> str:
        """Put a step policy and its alarm; return the alarm's name."""
        put = self.hosting.autoscaling.put_scaling_policy(
            **self.target, PolicyName=name, PolicyType="StepScaling", StepScalingPolicyConfiguration=configuration
        )
        request = {
            "AlarmName": f"{name} of {self.target['ResourceId']}",
            "AlarmActions": [put["PolicyARN"]],
            "MetricName": "Load",
            "Namespace": "tests",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 50.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            **alarm,
        }
        self.cloudwatch.put_metric_alarm(**request)
        return str(request["AlarmName"])

    def alarm(self, name: str, *datapoints: float | None) -> None:
        """Let the alarm go to ``ALARM`` with these datapoints; its policy acts upon them."""
        for state in ("OK", "ALARM"):
            self.cloudwatch.set_alarm_state(
                AlarmName=name,
                StateValue=state,
                StateReason="test",
                StateReasonData=json.dumps({"recentDatapoints": datapoints}),
            )

    def activities(self, **more: Any) -> list[Json]:
        """The target's activities, the newest first."""
        found: list[Json] = self.hosting.autoscaling.describe_scaling_activities(**self.target, **more)[
            "ScalingActivities"
        ]
        return found

    def ended(self, count: int = 1) -> list[Json]:
        """Wait until the target has `count` activities and none is in progress; return them, the newest first."""
        return until(lambda: self._ended(count))

    def reasons(self) -> list[Json]:
        """The reasons of all decisions that changed nothing, the newest first."""
        found = self.activities(IncludeNotScaledActivities=True)
        return [reason for activity in found for reason in activity.get("NotScaledReasons", [])]

    def _ended(self, count: int) -> list[Json]:
        found = self.activities()
        open_ones = [each for each in found if each["StatusCode"] in ("Pending", "InProgress")]
        return found if len(found) >= count and not open_ones else []
