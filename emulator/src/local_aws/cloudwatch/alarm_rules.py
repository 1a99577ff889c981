"""Rules of PutMetricAlarm that moto does not check (CloudWatch API reference, PutMetricAlarm)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Statistic", "ExtendedStatistic", "Period", "Unit")
PERCENTILE = re.compile(r"p(\d{1,2}(\.\d{1,10})?|100)")
# Other statistics of a trimmed or bounded share, such as tm99 and PR(:300).
OTHER_STATISTIC = re.compile(r"IQM|(tm|wm|tc|ts)\d{1,2}(\.\d{1,10})?|(TM|WM|TC|TS|PR)\(.+\)")
METRIC_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
WORD = re.compile(r"(?<![\w.'\"])[a-z][a-zA-Z0-9_]*")


def problems(request: Json) -> Iterator[str]:
    """Problems of a request, one sentence each; empty if CloudWatch accepts it."""
    most = request.get("EvaluationPeriods", 1)
    if request.get("DatapointsToAlarm", 1) > most:
        yield "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    if request.get("Metrics"):
        yield from _of_expression(request)
    else:
        yield from _of_one_metric(request)


def _of_one_metric(request: Json) -> Iterator[str]:
    statistics = [name for name in ("Statistic", "ExtendedStatistic") if request.get(name)]
    if len(statistics) != 1:
        yield "Exactly one of Statistic and ExtendedStatistic must be specified"
    yield from (f"{name} must be specified" for name in ("MetricName", "Namespace", "Period") if not request.get(name))
    extended = request.get("ExtendedStatistic")
    if extended and not (PERCENTILE.fullmatch(extended) or OTHER_STATISTIC.fullmatch(extended)):
        yield f"The value {extended} for parameter ExtendedStatistic is not supported"


def _of_expression(request: Json) -> Iterator[str]:
    metrics = request["Metrics"]
    beside = [name for name in OF_ONE_METRIC if request.get(name)]
    if beside:
        yield f"Metrics cannot be specified together with {', '.join(beside)}"
    ids = [metric["Id"] for metric in metrics]
    yield from (f"Invalid metrics list: id {each}" for each in ids if not METRIC_ID.fullmatch(each))
    if len(set(ids)) < len(ids):
        yield "Invalid metrics list: every id must be unique"
    # By the reference, ReturnData defaults to true, and an alarm watches one time series.
    if sum(str(metric.get("ReturnData", True)).lower() == "true" for metric in metrics) != 1:
        yield "Exactly one element of the metrics list should return data"
    for metric in metrics:
        unknown = [word for word in WORD.findall(metric.get("Expression") or "") if word not in ids]
        yield from (f"Invalid metrics list: {metric['Id']} refers to {word}" for word in unknown)
