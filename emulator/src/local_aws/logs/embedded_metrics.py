"""The CloudWatch embedded metric format: metrics that a program logs as JSON.

CloudWatch user guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends


def extract(account_id: str, region: str, message: str, timestamp_ms: int) -> None:
    """Put the metrics in `message`, if any, into CloudWatch at the time of the log event.

    The document's own time is the function's wall clock, which differs from the account's time.
    """
    if '"_aws"' not in message:
        return
    try:
        document = json.loads(message)
    except json.JSONDecodeError:
        return  # an ordinary line for CloudWatch, too
    for directive in _directives(document):
        time = datetime.fromtimestamp(timestamp_ms / 1000, UTC).replace(tzinfo=None)  # moto compares naive times
        data = _data(document, directive, time)
        if data:
            cloudwatch_backends[account_id][region].put_metric_data(directive["Namespace"], data)


def _directives(document: Any) -> list[dict[str, Any]]:
    metadata = document.get("_aws") if isinstance(document, dict) else None
    directives = metadata.get("CloudWatchMetrics") if isinstance(metadata, dict) else None
    return directives if isinstance(directives, list) else []


def _data(document: dict[str, Any], directive: dict[str, Any], time: datetime) -> list[dict[str, Any]]:
    """A datum for each metric and each set of dimensions whose members the document has."""
    return [
        {
            "MetricName": metric["Name"],
            "Dimensions": [{"Name": name, "Value": str(document[name])} for name in dimensions],
            "Timestamp": time,
            "Unit": metric.get("Unit", "None"),
            "Values": _values(document[metric["Name"]]),
        }
        for metric in directive.get("Metrics", [])
        for dimensions in directive.get("Dimensions") or [[]]
        if metric["Name"] in document and all(name in document for name in dimensions)
    ]


def _values(value: Any) -> list[float]:
    return list(value) if isinstance(value, list) else [value]
