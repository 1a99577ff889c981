"""CloudWatch alarms: states and tags as on AWS, unlike moto, and with IAM enforced."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from local_aws.cloudwatch import alarm_rules
from support.callers import allow, error_of, make_role

Json = dict[str, Any]


def request(name: str, **changes: Any) -> Json:
    return {
        "AlarmName": name,
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "Dimensions": [{"Name": "EndpointName", "Value": "churn"}, {"Name": "VariantName", "Value": "AllTraffic"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 250_000.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **changes,
    }


def described(aws: LocalAws, name: str) -> Json:
    (alarm,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(alarm)


def tags(aws: LocalAws, name: str) -> Json:
    found = aws.client("cloudwatch").list_tags_for_resource(ResourceARN=arn(name))["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def arn(name: str) -> str:
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:{name}"


def test_a_new_alarm_has_insufficient_data(local_aws: LocalAws) -> None:
    local_aws.client("cloudwatch").put_metric_alarm(**request("new"))

    alarm = described(local_aws, "new")

    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert {member: alarm[member] for member in request("new")} == request("new")


def test_changing_an_alarm_preserves_its_state_and_its_tags(local_aws: LocalAws) -> None:
    cloudwatch = local_aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(**request("changed", Tags=[{"Key": "team", "Value": "a"}]))
    cloudwatch.set_alarm_state(AlarmName="changed", StateValue="ALARM", StateReason="too slow")

    cloudwatch.put_metric_alarm(**request("changed", Threshold=1.0, Tags=[{"Key": "team", "Value": "b"}]))

    alarm = described(local_aws, "changed")
    assert (alarm["StateValue"], alarm["StateReason"], alarm["Threshold"]) == ("ALARM", "too slow", 1.0)
    assert tags(local_aws, "changed") == {"team": "a"}


def test_deleting_an_alarm_deletes_its_tags(local_aws: LocalAws) -> None:
    cloudwatch = local_aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(**request("gone", Tags=[{"Key": "team", "Value": "a"}]))
    cloudwatch.delete_alarms(AlarmNames=["gone"])
    assert cloudwatch.describe_alarms(AlarmNames=["gone"])["MetricAlarms"] == []

    cloudwatch.put_metric_alarm(**request("gone"))

    assert tags(local_aws, "gone") == {}


def stat(metric_id: str, metric: str) -> Json:
    told = {"Namespace": "AWS/SageMaker", "MetricName": metric}
    return {"Id": metric_id, "MetricStat": {"Metric": told, "Period": 60, "Stat": "Sum"}, "ReturnData": False}


RATE = {"Id": "rate", "Expression": "100 * errors / calls", "Label": "%", "ReturnData": True}
ERRORS, CALLS_MADE = stat("errors", "Invocation5XXErrors"), stat("calls", "Invocations")


def of_expression(name: str, *metrics: Json, **changes: Any) -> Json:
    whole = request(name, Metrics=list(metrics), **changes)
    return {member: value for member, value in whole.items() if member not in alarm_rules.OF_ONE_METRIC or changes}


def test_an_alarm_on_an_expression_is_described_as_requested(local_aws: LocalAws) -> None:
    wanted = of_expression("rate", RATE, ERRORS, CALLS_MADE)

    local_aws.client("cloudwatch").put_metric_alarm(**wanted)

    told = described(local_aws, "rate")
    for metric in told["Metrics"][1:]:
        assert metric["MetricStat"]["Metric"].pop("Dimensions") == []
    assert {member: told[member] for member in wanted} == wanted


REFUSED = {
    "two statistics": (request("no", ExtendedStatistic="p99"), "Exactly one of Statistic and ExtendedStatistic"),
    "no statistic": (request("no", Statistic=""), "Exactly one of Statistic and ExtendedStatistic"),
    "no percentile": (request("no", Statistic="", ExtendedStatistic="p9x"), "p9x for parameter ExtendedStatistic"),
    "more datapoints than periods": (request("no", DatapointsToAlarm=3), "DatapointsToAlarm"),
    "an unknown id": (of_expression("no", RATE, ERRORS), "rate refers to calls"),
    "one id twice": (of_expression("no", RATE, ERRORS, ERRORS, CALLS_MADE), "every id must be unique"),
    "an id that is none": (of_expression("no", RATE | {"Id": "Rate"}, ERRORS, CALLS_MADE), "id Rate"),
    "nothing to look at": (of_expression("no", RATE | {"ReturnData": False}, ERRORS, CALLS_MADE), "return data"),
    "a metric beside": (of_expression("no", RATE, ERRORS, CALLS_MADE, Period=60), "cannot be specified together"),
}


@pytest.mark.parametrize(("wanted", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_an_invalid_alarm_is_refused(local_aws: LocalAws, wanted: Json, said: str) -> None:
    sent = {member: value for member, value in wanted.items() if value != ""}

    code, message, _ = error_of(local_aws.client("cloudwatch").put_metric_alarm, **sent)

    assert code == "ValidationError"
    assert said in message


def test_the_state_of_a_missing_alarm_cannot_be_set(local_aws: LocalAws) -> None:
    code, _, _ = error_of(
        local_aws.client("cloudwatch").set_alarm_state, AlarmName="none", StateValue="ALARM", StateReason="r"
    )

    assert code == "ResourceNotFound"


CALLS: list[tuple[str, str, Json]] = [
    ("put_metric_alarm", "PutMetricAlarm", request("guarded")),
    ("describe_alarms", "DescribeAlarms", {"AlarmNames": ["guarded"]}),
    ("set_alarm_state", "SetAlarmState", {"AlarmName": "guarded", "StateValue": "ALARM", "StateReason": "r"}),
    ("tag_resource", "TagResource", {"ResourceARN": arn("guarded"), "Tags": [{"Key": "a", "Value": "b"}]}),
    ("list_tags_for_resource", "ListTagsForResource", {"ResourceARN": arn("guarded")}),
    ("untag_resource", "UntagResource", {"ResourceARN": arn("guarded"), "TagKeys": ["a"]}),
    ("delete_alarms", "DeleteAlarms", {"AlarmNames": ["guarded"]}),
]


@pytest.mark.parametrize(("method", "operation", "parameters"), CALLS, ids=[call[1] for call in CALLS])
def test_alarms_are_authorised_one_by_one(local_aws: LocalAws, method: str, operation: str, parameters: Json) -> None:
    local_aws.client("cloudwatch").put_metric_alarm(**request("guarded"))
    local_aws.client("cloudwatch").tag_resource(ResourceARN=arn("guarded"), Tags=[{"Key": "kept", "Value": ""}])
    action = f"cloudwatch:{operation}"
    right, wrong = (make_role(local_aws, allow(action, arn(name))) for name in ("guarded", "another"))

    code, message, status = error_of(getattr(wrong.client("cloudwatch"), method), **parameters)
    assert (code, status) == ("AccessDenied", 403)
    assert f"is not authorized to perform: {action} on resource: {arn('guarded')} " in message

    getattr(right.client("cloudwatch"), method)(**parameters)
    assert right.checks() == [(action, arn("guarded"), "allow")]


def test_tags_at_creation_need_the_right_to_tag(local_aws: LocalAws) -> None:
    tagged = request("tagged-at-once", Tags=[{"Key": "team", "Value": "a"}])
    caller = make_role(local_aws, allow("cloudwatch:PutMetricAlarm"))

    code, message, _ = error_of(caller.client("cloudwatch").put_metric_alarm, **tagged)

    assert code == "AccessDenied"
    assert f"cloudwatch:TagResource on resource: {arn('tagged-at-once')} " in message


RETURNING_COMPOSITE_ALARMS: list[Json] = [
    {"AlarmNames": ["either"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
    {"AlarmTypes": ["CompositeAlarm"]},
    {"ParentsOfAlarmName": "either"},
    {"ChildrenOfAlarmName": "either"},
]


@pytest.mark.parametrize("parameters", RETURNING_COMPOSITE_ALARMS, ids=str)
def test_composite_alarms_are_described_only_with_a_permission_on_every_resource(
    local_aws: LocalAws, parameters: Json
) -> None:
    narrow = make_role(local_aws, allow("cloudwatch:DescribeAlarms", arn("*")))
    wide = make_role(local_aws, allow("cloudwatch:DescribeAlarms"))

    code, message, _ = error_of(narrow.client("cloudwatch").describe_alarms, **parameters)
    wide.client("cloudwatch").describe_alarms(**parameters)

    assert code == "AccessDenied"
    assert "is not authorized to perform: cloudwatch:DescribeAlarms on resource: * " in message


@pytest.mark.parametrize("more", [{}, {"AlarmTypes": ["MetricAlarm"]}], ids=["by default", "named"])
def test_metric_alarms_are_described_with_a_permission_on_their_arns(local_aws: LocalAws, more: Json) -> None:
    caller = make_role(local_aws, allow("cloudwatch:DescribeAlarms", arn("mine")))

    caller.client("cloudwatch").describe_alarms(AlarmNames=["mine"], **more)

    assert caller.checks() == [("cloudwatch:DescribeAlarms", arn("mine"), "allow")]


def test_a_metric_is_found_by_its_dimensions_in_any_order(local_aws: LocalAws) -> None:
    dimensions = [{"Name": name, "Value": value} for name, value in (("End", "x"), ("Type", "a.b"), ("Vary", "Me"))]
    cloudwatch = local_aws.client("cloudwatch")
    cloudwatch.put_metric_data(
        Namespace="tests/order", MetricData=[{"MetricName": "m", "Dimensions": dimensions, "Value": 7.0}]
    )
    now = datetime.fromisoformat(local_aws.get("clock")["now"])

    for order in itertools.permutations(dimensions):
        stat = {
            "Metric": {"Namespace": "tests/order", "MetricName": "m", "Dimensions": list(order)},
            "Period": 60,
            "Stat": "Sum",
        }
        read = cloudwatch.get_metric_data(
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            MetricDataQueries=[{"Id": "m", "MetricStat": stat}],
        )
        assert read["MetricDataResults"][0]["Values"] == [7.0]
