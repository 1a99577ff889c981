"""CloudWatch dashboards: invalid names and bodies are refused, and dashboards have tags."""

import json
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, LocalAws
from local_aws.cloudwatch import dashboard_rules
from support.callers import allow, error_of, make_role

Json = dict[str, Any]

METRIC: Json = {"metrics": [["AWS/SQS", "NumberOfMessagesSent", "QueueName", "q"]], "region": "eu-west-1"}
SEARCH: Json = {"expression": "SEARCH('{AWS/SQS,QueueName} MetricName=\"NumberOfMessagesSent\"', 'Sum', 300)"}
ARN = f"arn:aws:cloudwatch::{ACCOUNT_ID}:dashboard/"


def widget(kind: str = "metric", /, **properties: Any) -> Json:
    return {"type": kind, "properties": properties}


def problems(*widgets: Any) -> list[dashboard_rules.Problem]:
    return list(dashboard_rules.problems({"widgets": list(widgets)}))


VALID = [
    widget(**METRIC),
    widget(metrics=[[SEARCH], [*METRIC["metrics"][0], {"stat": "p99", "period": 60}]], region="eu-west-1"),
    widget(annotations={"alarms": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"]}),
    widget("text", markdown="# Queues"),
    widget("log", query="SOURCE 'group' | limit 20", region="eu-west-1", view="table"),
    widget("alarm", alarms=["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"]),
]


@pytest.mark.parametrize("valid", VALID, ids=lambda each: each["type"])
def test_a_valid_widget_has_no_problem(valid: Json) -> None:
    assert problems({**valid, "x": 23, "y": 0, "width": 1, "height": 1000}) == []


INVALID: list[tuple[Any, list[dashboard_rules.Problem]]] = [
    ("text", [("", "Should be object")]),
    (widget("graph"), [("/type", dashboard_rules.ALLOWED)]),
    ({"type": "text"}, [("", "Should have required property 'properties'")]),
    (
        {**widget("text", markdown=""), "x": 24, "y": -1, "width": "6"},
        [("/x", "Should be <= 23"), ("/y", "Should be >= 0"), ("/width", "Should be integer")],
    ),
    (
        widget(title="empty"),
        [
            ("/properties", "Should have required property 'metrics'"),
            ("/properties", dashboard_rules.NO_SOURCE),
            ("/properties", "Should have required property 'annotations'"),
        ],
    ),
    (widget(metrics=METRIC["metrics"]), [("/properties", dashboard_rules.NO_SOURCE)]),
    (
        widget(**METRIC | {"metrics": [SEARCH]}),
        [("/properties/metrics/0", "Should be array"), ("/properties/metrics/0", dashboard_rules.METRICS)],
    ),
    (
        widget(**METRIC | {"metrics": [["AWS/SQS", 5]]}),
        [("/properties/metrics/0", dashboard_rules.NO_STRING)],
    ),
    (widget(**METRIC | {"metrics": "m1"}), [("/properties/metrics", "Should be array")]),
    (
        widget(**METRIC | {"metrics": [[], [{"label": "none"}]]}),
        [("/properties/metrics/0", dashboard_rules.METRICS), ("/properties/metrics/1", dashboard_rules.METRICS)],
    ),
    (widget(**METRIC, view="lines"), [("/properties/view", dashboard_rules.ALLOWED)]),
    (widget(**METRIC, period=45), [("/properties/period", "Should be 1, 5, 10, 30 or a multiple of 60")]),
    (widget("text", text="# Queues"), [("/properties", "Should have required property 'markdown'")]),
    (
        widget("log", query=["fields @message"], view="gauge"),
        [
            ("/properties/query", "Should be string"),
            ("/properties", "Should have required property 'region'"),
            ("/properties/view", dashboard_rules.ALLOWED),
        ],
    ),
    (widget("alarm", alarms=[]), [("/properties/alarms", "Should NOT have less than 1 items")]),
    (widget("alarm", alarms=["a"] * 101), [("/properties/alarms", "Should NOT have more than 100 items")]),
    (widget("alarm"), [("/properties", "Should have required property 'alarms'")]),
]


@pytest.mark.parametrize(("invalid", "expected"), INVALID, ids=range(len(INVALID)))
def test_each_problem_of_a_widget_has_its_path(invalid: Any, expected: list[dashboard_rules.Problem]) -> None:
    assert problems(VALID[0], invalid) == [(f"/widgets/1{path}", message) for path, message in expected]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ("", "Should have required property 'widgets'")),
        ({"widgets": {}}, ("/widgets", "Should be array")),
        ({"widgets": [VALID[0]] * 501}, ("/widgets", "Should NOT have more than 500 items")),
        ({"widgets": [], "periodOverride": "never"}, ("/periodOverride", dashboard_rules.ALLOWED)),
        ({"widgets": [], "end": "2026-11-30T00:00:00Z"}, ("", "Should have required property 'start'")),
    ],
)
def test_problems_of_the_body_itself(body: Json, expected: dashboard_rules.Problem) -> None:
    assert list(dashboard_rules.problems(body)) == [expected]


@pytest.mark.parametrize("body", ["{", "[]"])
def test_a_body_that_is_no_json_object_is_refused(local_aws: LocalAws, body: str) -> None:
    code, message, status = error_of(
        local_aws.client("cloudwatch").put_dashboard, DashboardName="refused", DashboardBody=body
    )

    assert (code, status) == ("InvalidParameterInput", 400)
    assert message == "The field DashboardBody must be a valid JSON object"


def test_an_invalid_body_is_refused_with_all_its_problems(local_aws: LocalAws) -> None:
    cloudwatch = local_aws.client("cloudwatch")
    body = json.dumps({"widgets": [widget(title="empty"), widget("alarm", alarms=[])]})

    code, message, status = error_of(cloudwatch.put_dashboard, DashboardName="refused", DashboardBody=body)

    assert (code, status) == ("InvalidParameterInput", 400)
    summary, _, listed = message.partition("\n")
    assert summary == "The dashboard body is invalid, there are 4 validation errors:"
    assert json.loads(listed)[3] == {
        "dataPath": "/widgets/1/properties/alarms",
        "message": "Should NOT have less than 1 items",
    }
    assert cloudwatch.list_dashboards(DashboardNamePrefix="refused")["DashboardEntries"] == []


def test_a_name_with_a_space_is_refused(local_aws: LocalAws) -> None:
    code, message, _ = error_of(
        local_aws.client("cloudwatch").put_dashboard, DashboardName="my queues", DashboardBody='{"widgets": []}'
    )

    assert code == "InvalidParameterValue"
    assert message.startswith("The value my queues for field DashboardName contains invalid characters.")


def test_tags_are_set_at_creation_and_by_tag_resource_and_end_with_the_dashboard(local_aws: LocalAws) -> None:
    cloudwatch = local_aws.client("cloudwatch")
    named = {"DashboardName": "tagged", "DashboardBody": '{"widgets": []}'}

    def tags() -> Json:
        found = cloudwatch.list_tags_for_resource(ResourceARN=f"{ARN}tagged")["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}

    cloudwatch.put_dashboard(**named, Tags=[{"Key": "team", "Value": "a"}])
    cloudwatch.put_dashboard(**named, Tags=[{"Key": "team", "Value": "b"}])
    assert tags() == {"team": "a"}
    cloudwatch.tag_resource(ResourceARN=f"{ARN}tagged", Tags=[{"Key": "team", "Value": "c"}])
    assert tags() == {"team": "c"}
    cloudwatch.delete_dashboards(DashboardNames=["tagged"])
    cloudwatch.put_dashboard(**named)
    assert tags() == {}


def test_tags_at_creation_need_the_right_to_tag(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("cloudwatch:PutDashboard"))

    code, message, _ = error_of(
        caller.client("cloudwatch").put_dashboard,
        DashboardName="tagged-at-once",
        DashboardBody='{"widgets": []}',
        Tags=[{"Key": "team", "Value": "a"}],
    )

    assert code == "AccessDenied"
    assert f"cloudwatch:TagResource on resource: {ARN}tagged-at-once " in message
