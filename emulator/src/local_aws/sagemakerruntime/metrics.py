"""Metrics of invocations, per variant and minute: kept in memory, and put into CloudWatch when metrics are read.

SageMaker developer guide, monitoring-cloudwatch, "SageMaker Endpoint Invocation Metrics".
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from local_aws.core.clock import clock
from local_aws.sagemakerruntime.targets import Target

NAMESPACE = "AWS/SageMaker"
_MICROSECONDS = 1e6
_UNITS = {"ModelLatency": "Microseconds", "OverheadLatency": "Microseconds"}
_Key = tuple[str, str, str, str, int]

_lock = threading.Lock()
_minutes: dict[_Key, dict[str, _Statistics]] = {}


@dataclass
class _Statistics:
    """CloudWatch's statistic set of a metric."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least, self.most = min(self.least, value), max(self.most, value)


def count(target: Target, status: int, model_seconds: float, overhead_seconds: float) -> None:
    """Count an invocation.

    Parameters
    ----------
    status : int
        HTTP status of the container; 0 if it did not answer.
    model_seconds, overhead_seconds : float
        Time until the container answered, and time before it was asked.
    """
    values = {
        "Invocations": 1.0,
        "ModelLatency": model_seconds * _MICROSECONDS,
        "OverheadLatency": overhead_seconds * _MICROSECONDS,
        "Invocation4XXErrors": float(400 <= status < 500),
        "Invocation5XXErrors": float(status >= 500),
        "InvocationModelErrors": float(not 200 <= status < 300),
    }
    instances = target.variant.instance_count.get("Current")
    if instances:
        values["InvocationsPerInstance"] = 1 / instances
    call = target.call
    minute = int(clock.now() // 60)
    key = (call.account_id, call.region, target.endpoint.endpoint_name, target.variant.name, minute)
    with _lock:
        statistics = _minutes.setdefault(key, {})
        for name, value in values.items():
            statistics.setdefault(name, _Statistics()).add(value)


def flush() -> None:
    """Put what was counted since the last time into CloudWatch."""
    with _lock:
        counted = dict(_minutes)
        _minutes.clear()
    for (account_id, region, endpoint_name, variant_name, minute), statistics in counted.items():
        dimensions = [
            {"Name": "EndpointName", "Value": endpoint_name},
            {"Name": "VariantName", "Value": variant_name},
        ]
        time = datetime.fromtimestamp(minute * 60, UTC).replace(tzinfo=None)  # moto compares naive times
        data = [_datum(name, each, dimensions, time) for name, each in statistics.items()]
        cloudwatch_backends[account_id][region].put_metric_data(NAMESPACE, data)


def _datum(name: str, values: _Statistics, dimensions: list[dict[str, str]], time: datetime) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": dimensions,
        "Timestamp": time,
        "Unit": _UNITS.get(name, "None"),
        "StatisticValues": {
            "SampleCount": values.count,
            "Sum": values.total,
            "Minimum": values.least,
            "Maximum": values.most,
        },
    }
