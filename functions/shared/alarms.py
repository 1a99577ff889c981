"""CloudWatch's metric alarms: found by the beginning of their names, in the requests that would put them so again."""

from typing import Any

from botocore.exceptions import ClientError

from shared.aws import Client, Json, code_of, what_aws_said
from shared.errors import ServiceUnavailable

# What PutMetricAlarm takes of what DescribeAlarms tells; tags are told elsewhere, and a change leaves them alone.
MEMBERS = (
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "Namespace",
    "MetricName",
    "Dimensions",
    "Statistic",
    "ExtendedStatistic",
    "Unit",
    "Period",
    "Metrics",
    "ThresholdMetricId",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
)
MOST_AT_ONCE = 100
NOT_FOUND = "ResourceNotFound"
DEFAULTS = {"ActionsEnabled": True}


def beginning_with(cloudwatch: Client, prefix: str) -> dict[str, Json]:
    """The metric alarms whose names begin so, by their name, as requests of PutMetricAlarm."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
    return {alarm["AlarmName"]: _request(alarm) for page in pages for alarm in page["MetricAlarms"]}


def delete(cloudwatch: Client, names: list[str]) -> None:
    """Delete the alarms; what is not there is done, if CloudWatch does not list it either.

    Of several CloudWatch deletes none if one of them is not there (API reference, DeleteAlarms): then one by one.

    Raises
    ------
    ServiceUnavailable
        When CloudWatch says that an alarm is not there, and lists it.
    """
    for start in range(0, len(names), MOST_AT_ONCE):
        some = names[start : start + MOST_AT_ONCE]
        try:
            cloudwatch.delete_alarms(AlarmNames=some)
        except ClientError as error:
            if code_of(error) != NOT_FOUND:
                raise
            for name in some if len(some) > 1 else []:
                delete(cloudwatch, [name])
            if len(some) == 1 and beginning_with(cloudwatch, some[0]).keys() & some:
                raise ServiceUnavailable(f"{what_aws_said(error)}: alarm {some[0]}, which is listed.") from error


def are_equal(one: Json, other: Json) -> bool:
    """Whether two requests of PutMetricAlarm make the same alarm; tags are no part of it."""
    return _definition(one) == _definition(other)


def _request(found: Json) -> Json:
    return {name: found[name] for name in MEMBERS if found.get(name) not in (None, [])}


def _definition(request: Json) -> Json:
    return DEFAULTS | {name: _in_order(value) for name, value in request.items() if name in MEMBERS}


def _in_order(value: Any) -> Any:
    """The same with each list in one order: CloudWatch promises none for dimensions and metrics."""
    if isinstance(value, dict):
        return {name: _in_order(member) for name, member in value.items()}
    return sorted(map(_in_order, value), key=repr) if isinstance(value, list) else value
