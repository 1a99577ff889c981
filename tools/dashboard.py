"""Body of the CloudWatch dashboard in template.yaml, with example values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tools.stack import ROOT

SEARCH = re.compile(
    r"""SEARCH\('\{(?P<schema>[^}]+)\} MetricName="(?P<name>\w+)"[^']*', '(?P<stat>\w+)', (?P<period>\d+)\)( / 1000)?"""
)
VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:slipway-"
VALUES = {
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "slipway",
    "Stage": "prod",
    "FunctionsLogGroup": "/aws/lambda/slipway",
    "StateMachinesLogGroup": "/aws/vendedlogs/states/slipway",
    "ApprovalsDeadLetterQueue.QueueName": "slipway-ApprovalsDeadLetterQueue",
    "UnsettledExecutionsQueue.QueueName": "slipway-UnsettledExecutionsQueue",
    "FailedDeploymentsAlarm.Arn": f"{ALARM}failed-deployments",
    "ApprovalsDeadLetterAlarm.Arn": f"{ALARM}approvals-dead-letters",
    "UnsettledExecutionsAlarm.Arn": f"{ALARM}unsettled-executions",
}


def body() -> dict[str, Any]:
    """The dashboard's body."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    parsed: dict[str, Any] = json.loads(substituted(template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]))
    return parsed


def substituted(value: Any, known: Mapping[str, str] = VALUES) -> str:
    """Text of a string or Fn::Sub; ``${!name}`` is the literal ``${name}``.

    Raises
    ------
    KeyError
        If a variable has no value.
    """
    if isinstance(value, str):
        return value
    (parts,) = value.values()
    text, own = parts if isinstance(parts, list) else (parts, {})
    names = {**known, **{name: substituted(each, known) for name, each in own.items()}}
    return VARIABLE.sub(lambda found: f"${{{found[2]}}}" if found[1] else names[found[2]], text)


@dataclass(frozen=True)
class Metric:
    """A metric of a graph, or all metrics that a search finds.

    Attributes
    ----------
    dimensions : tuple of str
        Names of the dimensions, in order.
    label : str
        Label of the line; for a search it can contain ``${PROP('Dim.NAME')}``, and is empty if CloudWatch chooses it.
    """

    namespace: str
    dimensions: tuple[str, ...]
    name: str
    label: str
    color: str | None
    is_search: bool


def metrics_of(graph: Mapping[str, Any]) -> Iterator[Metric]:
    """Metrics of a graph, in order; ``.`` repeats what the metric before has at its place.

    Raises
    ------
    ValueError
        If an expression is not a search.
    """
    before: list[str] = []
    for entry in graph["properties"]["metrics"]:
        shown = entry[-1] if isinstance(entry[-1], dict) else {}
        if "expression" in shown:
            found = SEARCH.fullmatch(shown["expression"])
            if not found:
                raise ValueError(f"not a search: {shown['expression']}")
            namespace, *dimensions = found["schema"].split(",")
            names = [namespace.strip('"'), found["name"]]
        else:
            names = [before[at] if each == "." else each for at, each in enumerate(entry) if isinstance(each, str)]
            before, dimensions = names, names[2::2]
        label, color = shown.get("label", ""), shown.get("color")
        yield Metric(names[0], tuple(dimensions), names[1], label, color, "expression" in shown)
