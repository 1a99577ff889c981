"""Messages of alarms to SNS topics (CloudWatch user guide, US_SetupSNS; the members are those of real messages)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session

_MOST_IN_SUBJECT = 100  # SNS API reference, Publish


@dataclass(frozen=True)
class Message:
    """A subject and the JSON text of a message."""

    subject: str
    text: str


def message(backend: Any, alarm: Any, before: str) -> Message:
    """The message about the change of an alarm from the state `before`."""
    place = _region_name(backend.region_name)
    content = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": backend.account_id,
        "AlarmConfigurationUpdatedTimestamp": _iso(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _iso(alarm.state_updated_timestamp),
        "Region": place,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        **({"AlarmRule": alarm.rule} if alarm.rule is not None else {"Trigger": _trigger(alarm)}),
    }
    return Message(f'{alarm.state_value}: "{alarm.name}" in {place}'[:_MOST_IN_SUBJECT], json.dumps(content))


def _trigger(alarm: Any) -> dict[str, Any]:
    statistic = {"StatisticType": "Statistic", "Statistic": (alarm.statistic or "").upper()}
    extended = {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.extended_statistic}
    of_metric = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        **(statistic if alarm.statistic else extended),
        "Unit": alarm.unit,
        "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
    }
    return {
        **({} if alarm.metric_data_queries else of_metric),
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }


@cache
def _region_name(region: str) -> str:
    """``EU (Ireland)``."""
    for partition in botocore.session.get_session().get_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"]).replace("Europe", "EU")
    return region


def _iso(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=UTC):%Y-%m-%dT%H:%M:%S}.000+0000"
