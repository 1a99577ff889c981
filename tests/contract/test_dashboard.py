"""The dashboard is valid, and shows metrics, log fields and alarms that exist."""

import ast
import itertools
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest

from tests.support import project
from tools import dashboard, dashboard_picture

Widget = dict[str, Any]
BODY = dashboard.body()
WIDGETS: list[Widget] = BODY["widgets"]
GRAPHS = [each for each in WIDGETS if each["type"] == "metric"]
COLUMNS = 24
VARIANT = ("EndpointName", "VariantName")
OWN = ("service", "stage")
# SageMaker developer guide: monitoring-cloudwatch, serverless-endpoints-monitoring, async-inference-monitor.
OF_AWS = {
    ("AWS/SageMaker", VARIANT): {
        "ConcurrentRequestsPerModel",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "Invocations",
        "InvocationsPerInstance",
        "ModelLatency",
        "OverheadLatency",
        "ServerlessProvisionedConcurrencyUtilization",
    },
    ("AWS/SageMaker", ("EndpointName",)): {"ApproximateBacklogSizePerInstance"},
    ("/aws/sagemaker/Endpoints", VARIANT): {
        "CPUUtilization",
        "DiskUtilization",
        "GPUUtilization",
        "MemoryUtilization",
    },
    ("AWS/SQS", ("QueueName",)): {"ApproximateNumberOfMessagesVisible"},
}


def calls(method: str) -> Iterator[ast.Call]:
    """Calls of a method, or of a function of this name, in the functions' code."""
    for path in (project.ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) == method:
                yield node


def emitted() -> set[str]:
    """Names of the metrics that the functions emit."""
    source = "\n".join(path.read_text() for path in (project.ROOT / "functions").rglob("app.py"))
    return set(re.findall(r'"((?:Deployments|Removals|Seconds)[A-Z]\w+)"', source))


ALL = [(each.namespace, each.dimensions, each.name) for graph in GRAPHS for each in dashboard.metrics_of(graph)]


def title(widget: Widget) -> str:
    return str(widget["properties"].get("title", widget["type"]))


@pytest.mark.parametrize("widget", WIDGETS, ids=title)
def test_a_widget_is_inside_the_grid(widget: Widget) -> None:
    assert 0 <= widget["x"] < widget["x"] + widget["width"] <= COLUMNS


def test_no_widgets_overlap_and_no_row_has_a_gap() -> None:
    cells = [
        (x, y)
        for each in WIDGETS
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]
    rows = max(y for _, y in cells) + 1

    assert sorted(cells) == sorted(itertools.product(range(COLUMNS), range(rows)))


@pytest.mark.parametrize("widget", [each for each in WIDGETS if each["type"] in ("log", "metric")], ids=title)
def test_a_widget_shows_the_region_of_the_stack(widget: Widget) -> None:
    assert widget["properties"]["region"] == dashboard.VALUES["AWS::Region"]


def test_metrics_of_the_stack_are_emitted_with_these_dimensions() -> None:
    own = {(dimensions, name) for namespace, dimensions, name in ALL if namespace == "Slipway"}

    assert {name for _, name in own} == emitted()
    assert {dimensions for dimensions, _ in own} == {OWN, (*OWN, "Error")}
    assert {name for dimensions, name in own if "Error" in dimensions} == {"DeploymentsFailed"}


def test_metrics_of_aws_are_documented() -> None:
    shown: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for namespace, dimensions, name in ALL:
        if namespace != "Slipway":
            shown.setdefault((namespace, dimensions), set()).add(name)

    assert shown == OF_AWS


def test_operations_lists_every_metric_of_the_stack() -> None:
    text = Path(project.ROOT / "docs" / "operations.md").read_text()

    assert [name for name in sorted(emitted()) if f"`{name}`" not in text] == []


def test_every_alarm_of_the_stack_is_shown() -> None:
    (widget,) = (each for each in WIDGETS if each["type"] == "alarm")
    resources = project.template()["Resources"].values()
    names = [each["Properties"]["AlarmName"] for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]

    assert sorted(arn.rpartition(":")[2] for arn in widget["properties"]["alarms"]) == sorted(
        map(dashboard.substituted, names)
    )


@pytest.mark.parametrize(
    ("name", "message", "fields"),
    [
        ("Executions in progress", "planned", {"endpoint", "action"}),
        ("Last deployments and removals", "notified", {"endpoint", "error", "changed"}),
    ],
)
def test_queries_of_logs_use_messages_and_fields_that_the_functions_log(
    name: str, message: str, fields: set[str]
) -> None:
    (widget,) = (each for each in WIDGETS if title(each) == name)
    of_message = {
        keyword.arg
        for call in calls("info")
        if isinstance(call.args[0], ast.Constant) and call.args[0].value == message
        for keyword in call.keywords
    }

    query = widget["properties"]["query"]
    assert f"message = '{message}'" in query
    assert fields <= of_message
    assert {word for word in fields if not re.search(rf"\b{word}\b", query)} == set()


def test_the_log_groups_of_the_queries_are_those_of_the_stack() -> None:
    resources = project.template()["Resources"]
    groups = {
        dashboard.substituted(each["Properties"]["LogGroupName"])
        for each in resources.values()
        if each["Type"] == "AWS::Logs::LogGroup"
    }
    queried = {
        group
        for each in WIDGETS
        if each["type"] == "log"
        for group in re.findall(r"SOURCE '([^']+)'", each["properties"]["query"])
    }

    assert queried == groups


def test_the_name_is_the_stacks_and_the_regions_own() -> None:
    """Dashboards are global: those of two Regions share one set of names (API reference, PutDashboard)."""
    name = project.template()["Resources"]["Dashboard"]["Properties"]["DashboardName"]

    assert name == {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}


def test_the_dashboard_is_created_only_on_request() -> None:
    assert project.template()["Parameters"]["CreateDashboard"]["Default"] == "false"
    assert project.template()["Resources"]["Dashboard"]["Condition"] == "CreatesDashboard"


def test_the_picture_in_the_documents_is_up_to_date() -> None:
    assert dashboard_picture.FILE.read_text() == dashboard_picture.svg(), "Run `make docs` and commit its changes."


@pytest.mark.parametrize("graph", GRAPHS, ids=title)
def test_the_picture_shows_every_graph_with_its_metrics(graph: Widget) -> None:
    picture = "\n".join(dashboard_picture.drawn(graph))

    assert f">{escape(title(graph))}<" in picture
    assert [
        each for each in dashboard.metrics_of(graph) if not each.is_search and f">{each.label}<" not in picture
    ] == []
