"""Metric alarms are evaluated while traffic plays, and only then: states, actions, history, events, composite alarms."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION
from support.hosting import Hosting
from support.playing import constant, play, play_after
from support.queues import make_queue, next_message
from support.rollouts import Rollouts, blue_green, count

Json = dict[str, Any]


def put(hosting: Hosting, endpoint: str, name: str, metric: str = "Invocations", **changes: Any) -> str:
    """Put an alarm on a metric of the endpoint's variant; return its name."""
    request: Json = {
        "AlarmName": name,
        "Namespace": "AWS/SageMaker",
        "MetricName": metric,
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "AllTraffic"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 100.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **changes,
    }
    hosting.aws.client("cloudwatch").put_metric_alarm(
        **{member: value for member, value in request.items() if value is not None}
    )
    return name


def described(hosting: Hosting, name: str) -> Json:
    (alarm,) = hosting.aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(alarm)


def changes(result: Json, name: str) -> list[tuple[float, str, str]]:
    """Seconds from the start, and the states before and after, of each change of an alarm."""
    start = datetime.fromisoformat(result["from"])
    return [
        ((datetime.fromisoformat(each["at"]) - start).total_seconds(), each["from"], each["to"])
        for each in result["alarms"]
        if each["alarmName"] == name
    ]


def test_an_alarm_changes_when_its_datapoints_are_seen(hosting: Hosting) -> None:
    hosting.endpoint("alarming")
    put(hosting, "alarming", "alarming")

    result = play(hosting, "alarming", {"csv": burst(hosting, seconds=300)}, constant(1), hours=0.5)

    # Three minutes of 5 requests per second, seen 90 s after their end; then the first one of 1 per second.
    assert changes(result, "alarming") == [(270, "INSUFFICIENT_DATA", "ALARM"), (450, "ALARM", "OK")]


def burst(hosting: Hosting, seconds: int) -> str:
    """Rows of 4 requests per second from now on, for that many seconds after the next full minute."""
    now = datetime.fromisoformat(hosting.aws.get("clock")["now"]).timestamp()
    start = -(-now // 60) * 60
    rows = ((start, 4), (start + seconds, 0))
    times = [f"{datetime.fromtimestamp(at, UTC).isoformat()},{rate}" for at, rate in rows]
    return "\n".join(["time,requestsPerSecond", *times])


@pytest.mark.parametrize(("delay", "seen_after"), [(0, 180), (90, 270), (120, 300)])
def test_the_metric_delay_is_an_assumption(hosting: Hosting, delay: int, seen_after: int) -> None:
    name = hosting.endpoint(f"delayed-{delay}")
    put(hosting, name, name)

    result = play(hosting, name, constant(5), assumptions={"metricDelaySeconds": delay})

    assert changes(result, name) == [(seen_after, "INSUFFICIENT_DATA", "ALARM")]


def test_high_resolution_alarms_see_concurrent_requests_every_ten_seconds(hosting: Hosting) -> None:
    hosting.endpoint("concurrent")
    metric = "ConcurrentRequestsPerModel"
    put(hosting, "concurrent", "concurrent", metric, Statistic="Average", Period=10, Threshold=1.0)

    result = play(hosting, "concurrent", constant(19))

    assert changes(result, "concurrent") == [(50, "INSUFFICIENT_DATA", "ALARM")]


def test_an_alarm_over_five_minutes_is_evaluated_every_minute(hosting: Hosting) -> None:
    hosting.endpoint("long-period")
    put(hosting, "long-period", "long-period", Period=300, EvaluationPeriods=1, Threshold=1400.0)

    result = play(hosting, "long-period", constant(5))

    assert changes(result, "long-period") == [(150, "INSUFFICIENT_DATA", "OK"), (390, "OK", "ALARM")]


def test_nothing_is_evaluated_while_nothing_plays(hosting: Hosting) -> None:
    hosting.endpoint("idle")
    hosting.answer("idle")
    put(hosting, "idle", "idle", EvaluationPeriods=1, Threshold=0.0, TreatMissingData="breaching")
    before = datetime.fromisoformat(hosting.aws.get("clock")["now"])

    for _ in range(20):
        hosting.invoke("idle")
    after = datetime.fromisoformat(hosting.aws.get("clock")["now"])

    assert described(hosting, "idle")["StateValue"] == "INSUFFICIENT_DATA"
    assert (after - before).total_seconds() < 60


def test_time_does_not_race_after_a_play(hosting: Hosting) -> None:
    hosting.endpoint("played-out")
    hosting.register("played-out", 1, 1)
    put(hosting, "played-out", "played-out")
    result = play(hosting, "played-out", constant(5))

    for _ in range(20):
        now = datetime.fromisoformat(hosting.aws.get("clock")["now"])

    assert (now - datetime.fromisoformat(result["to"])).total_seconds() < 60


def test_metric_math_fills_and_divides(hosting: Hosting) -> None:
    hosting.endpoint("math")
    dimensions = [{"Name": "EndpointName", "Value": "math"}, {"Name": "VariantName", "Value": "AllTraffic"}]
    stats = {
        name: {
            "Metric": {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": dimensions},
            "Period": 60,
            "Stat": "Sum",
        }
        for name, metric in (("errors", "InvocationsNotPublished"), ("calls", "Invocations"))
    }
    hosting.aws.client("cloudwatch").put_metric_alarm(
        AlarmName="math",
        EvaluationPeriods=2,
        Threshold=0.5,
        ComparisonOperator="LessThanThreshold",
        Metrics=[
            {"Id": "rate", "Expression": "100 * FILL(errors, 0) / calls", "ReturnData": True},
            *({"Id": name, "MetricStat": stat, "ReturnData": False} for name, stat in stats.items()),
        ],
    )

    result = play(hosting, "math", constant(5))

    assert changes(result, "math") == [(210, "INSUFFICIENT_DATA", "ALARM")]


def test_an_alarm_that_is_not_modelled_has_insufficient_data_and_the_reason(hosting: Hosting) -> None:
    hosting.endpoint("unmodelled")
    put(hosting, "unmodelled", "unmodelled", Unit="Count")
    hosting.aws.client("cloudwatch").set_alarm_state(AlarmName="unmodelled", StateValue="OK", StateReason="a test")

    play(hosting, "unmodelled", constant(5), hours=0.1)

    alarm = described(hosting, "unmodelled")
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm["StateReason"] == "The local AWS does not evaluate this alarm: the unit Count"


def test_a_percentile_of_the_latency_is_evaluated(hosting: Hosting) -> None:
    hosting.endpoint("slow")
    put(hosting, "slow", "slow", "ModelLatency", Statistic=None, ExtendedStatistic="p99", Threshold=500_000.0)

    result = play(hosting, "slow", constant(19))

    assert changes(result, "slow") == [(270, "INSUFFICIENT_DATA", "ALARM")]


def test_metrics_that_are_put_are_evaluated_too(hosting: Hosting) -> None:
    hosting.endpoint("own-metric")
    cloudwatch = hosting.aws.client("cloudwatch")
    put(
        hosting, "own-metric", "own-metric", "Depth", Namespace="Orders", Dimensions=[], EvaluationPeriods=1,
        Threshold=5.0,
    )  # fmt: skip
    cloudwatch.put_metric_data(Namespace="Orders", MetricData=[{"MetricName": "Depth", "Value": 9.0}])

    result = play(hosting, "own-metric", constant(0))

    assert [after for _, _, after in changes(result, "own-metric")] == ["ALARM", "INSUFFICIENT_DATA"]


def test_a_change_is_published_to_the_topic_of_its_state(hosting: Hosting) -> None:
    hosting.endpoint("subscribed")
    url, queue_arn = make_queue(hosting.aws, "subscribed", "sns.amazonaws.com")
    sns = hosting.aws.client("sns")
    topic = sns.create_topic(Name="subscribed")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    put(hosting, "subscribed", "subscribed", AlarmActions=[topic], AlarmDescription="too many")

    play(hosting, "subscribed", constant(5))

    notification = json.loads(next_message(hosting.aws, url)["Body"])
    message = json.loads(notification["Message"])
    assert notification["Subject"] == 'ALARM: "subscribed" in EU (Ireland)'
    assert (message["AlarmName"], message["OldStateValue"], message["NewStateValue"]) == (
        "subscribed",
        "INSUFFICIENT_DATA",
        "ALARM",
    )
    assert message["NewStateReason"] == described(hosting, "subscribed")["StateReason"]
    assert message["Trigger"]["MetricName"] == "Invocations"
    assert (message["AlarmDescription"], message["AlarmActions"]) == ("too many", [topic])


def test_disabled_actions_do_not_run(hosting: Hosting) -> None:
    hosting.endpoint("muted")
    topic = hosting.aws.client("sns").create_topic(Name="muted")["TopicArn"]
    put(hosting, "muted", "muted", AlarmActions=[topic], ActionsEnabled=False)

    result = play(hosting, "muted", constant(5))

    assert changes(result, "muted")[-1][-1] == "ALARM"
    assert [each for each in hosting.aws.get("sns/messages") if each["topicArn"] == topic] == []


def test_the_history_has_the_creation_each_change_and_each_action(hosting: Hosting) -> None:
    hosting.endpoint("recorded")
    topic = hosting.aws.client("sns").create_topic(Name="recorded")["TopicArn"]
    put(hosting, "recorded", "recorded", AlarmActions=[topic])
    play(hosting, "recorded", constant(5))

    items = hosting.aws.client("cloudwatch").describe_alarm_history(AlarmName="recorded", ScanBy="TimestampAscending")[
        "AlarmHistoryItems"
    ]

    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
        ("ConfigurationUpdate", 'Alarm "recorded" created'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("Action", f"Successfully executed action {topic}"),
    ]


def test_pages_of_the_history_are_the_newest_first(hosting: Hosting) -> None:
    put(hosting, "paged", "paged")
    cloudwatch = hosting.aws.client("cloudwatch")
    for state in ("OK", "ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName="paged", StateValue=state, StateReason="a test")

    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName="paged", HistoryItemType="StateUpdate", PaginationConfig={"PageSize": 2}
    )

    summaries = [[item["HistorySummary"] for item in page["AlarmHistoryItems"]] for page in pages]
    assert summaries == [
        ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"],
        ["Alarm updated from INSUFFICIENT_DATA to OK"],
    ]


def test_a_change_is_an_event(hosting: Hosting) -> None:
    url, queue_arn = make_queue(hosting.aws, "alarm-events", "events.amazonaws.com")
    events = hosting.aws.client("events")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": ["an-event"]}}
    events.put_rule(Name="alarm-events", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="alarm-events", Targets=[{"Id": "queue", "Arn": queue_arn}])
    put(hosting, "an-event", "an-event")

    hosting.aws.client("cloudwatch").set_alarm_state(AlarmName="an-event", StateValue="ALARM", StateReason="a test")

    event = json.loads(next_message(hosting.aws, url)["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:an-event"]
    detail = event["detail"]
    assert (detail["state"]["value"], detail["state"]["reason"]) == ("ALARM", "a test")
    assert detail["previousState"] == {"value": "INSUFFICIENT_DATA"}
    assert detail["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == "Invocations"


def composite(hosting: Hosting, name: str) -> Json:
    (alarm,) = hosting.aws.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    return dict(alarm)


def test_a_composite_alarm_follows_the_alarms_of_its_rule(hosting: Hosting) -> None:
    cloudwatch = hosting.aws.client("cloudwatch")
    for name in ("one", "two"):
        put(hosting, "none", f"child-{name}")
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("child-one") AND NOT OK("child-two")')
    assert composite(hosting, "both")["StateValue"] == "OK"

    cloudwatch.set_alarm_state(AlarmName="child-one", StateValue="ALARM", StateReason="a test")
    tripped = composite(hosting, "both")
    cloudwatch.set_alarm_state(AlarmName="child-two", StateValue="OK", StateReason="a test")

    assert tripped["StateValue"] == "ALARM"
    assert tripped["StateReason"].startswith(
        f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:child-one transitioned to ALARM at "
    )
    assert composite(hosting, "both")["StateValue"] == "OK"


def test_a_composite_alarm_publishes_and_is_not_described_as_a_metric_alarm(hosting: Hosting) -> None:
    cloudwatch = hosting.aws.client("cloudwatch")
    topic = hosting.aws.client("sns").create_topic(Name="composed")["TopicArn"]
    put(hosting, "none", "composed-child")
    cloudwatch.put_composite_alarm(AlarmName="composed", AlarmRule="ALARM(composed-child)", AlarmActions=[topic])

    cloudwatch.set_alarm_state(AlarmName="composed-child", StateValue="ALARM", StateReason="a test")

    hosting.sagemaker.list_endpoints()  # a call in virtual time, after which the message is published
    (message,) = (each for each in hosting.aws.get("sns/messages") if each["topicArn"] == topic)
    assert json.loads(message["message"])["AlarmRule"] == "ALARM(composed-child)"
    by_default = cloudwatch.describe_alarms(AlarmNames=["composed"])
    assert (by_default["MetricAlarms"], by_default["CompositeAlarms"]) == ([], [])


COMPOSITE_REFUSED = {
    "itself": ({"AlarmRule": "ALARM(self)"}, "Composite alarm self cannot refer to itself."),
    "a missing alarm": ({"AlarmRule": "ALARM(missing)"}, "AlarmRule refers to an alarm that does not exist: missing"),
    "no rule": ({"AlarmRule": "missing"}, "AlarmRule is invalid at missing: missing"),
}


@pytest.mark.parametrize(("asked", "said"), COMPOSITE_REFUSED.values(), ids=COMPOSITE_REFUSED.keys())
def test_an_invalid_composite_alarm_is_refused(hosting: Hosting, asked: Json, said: str) -> None:
    cloudwatch = hosting.aws.client("cloudwatch")

    with pytest.raises(cloudwatch.exceptions.ClientError) as refusal:
        cloudwatch.put_composite_alarm(AlarmName="self", **asked)

    error = refusal.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationError", said)


def test_suppressors_are_not_modelled(hosting: Hosting) -> None:
    cloudwatch = hosting.aws.client("cloudwatch")

    with pytest.raises(cloudwatch.exceptions.ClientError) as refusal:
        cloudwatch.put_composite_alarm(AlarmName="suppressed", AlarmRule="TRUE", ActionsSuppressor="other")

    assert "PutCompositeAlarm with ActionsSuppressor" in str(refusal.value)


def test_an_alarm_of_a_composite_alarm_cannot_be_deleted_without_it(hosting: Hosting) -> None:
    cloudwatch = hosting.aws.client("cloudwatch")
    put(hosting, "none", "used-child")
    cloudwatch.put_composite_alarm(AlarmName="user", AlarmRule="ALARM(used-child)")

    with pytest.raises(cloudwatch.exceptions.ClientError, match="used-child cannot be deleted because it is used by"):
        cloudwatch.delete_alarms(AlarmNames=["used-child"])
    cloudwatch.delete_alarms(AlarmNames=["used-child", "user"])

    assert cloudwatch.describe_alarms(AlarmNamePrefix="used-")["MetricAlarms"] == []


def test_a_metric_alarm_rolls_a_canary_back_during_traffic(hosting: Hosting) -> None:
    rollouts = Rollouts(hosting)
    rollouts.endpoint("canary-in-traffic", instances=4)
    alarm = put(hosting, "canary-in-traffic", "canary-in-traffic", "InvocationsPerInstance", Threshold=299.0)
    # Five instances have traffic: 16 requests per second are 192 per instance and minute, 26 are 312.
    deployment = blue_green("CANARY", wait=3600, alarms=(alarm,), CanarySize=count(1))

    result = play_after(
        hosting,
        lambda: rollouts.begin("canary-in-traffic", deployment),
        "canary-in-traffic",
        constant(16),
        {"spike": spike(hosting)},
        hours=1,
    )

    assert [after for _, _, after in changes(result, alarm)][:2] == ["OK", "ALARM"]
    endpoint = hosting.wait("canary-in-traffic")
    assert endpoint["EndpointConfigName"] == "canary-in-traffic-1"
    assert f'went into ALARM during the deployment: "{alarm}".' in endpoint["FailureReason"]


def spike(hosting: Hosting) -> Json:
    """Twenty minutes after now: ten requests per second more, for ten minutes."""
    now = datetime.fromisoformat(hosting.aws.get("clock")["now"])
    at = datetime.fromtimestamp(now.timestamp() + 1200, now.tzinfo)
    return {"at": at.replace(microsecond=0).isoformat(), "minutes": 10, "requestsPerSecond": 10}
