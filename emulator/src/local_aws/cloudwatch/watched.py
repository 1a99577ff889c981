"""What a metric alarm watches: a statistic of a metric, or an expression of such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.cloudwatch import expressions, series, statistics
from local_aws.cloudwatch.expressions import UnsupportedError
from local_aws.cloudwatch.series import FINEST, MINUTE

Value = Callable[[int, int], float | None]
_USUAL_PERIOD = 60


@dataclass(frozen=True)
class Watched:
    """A metric alarm, ready to be evaluated.

    Attributes
    ----------
    value : callable
        The datapoint from a start until before an end, in seconds since the epoch; None if it is missing.
    unsupported : str or None
        Why it cannot be evaluated here.
    """

    alarm: Any
    period: int
    periods: int
    to_alarm: int
    value: Value
    unsupported: str | None = None


def of(backend: Any, alarm: Any) -> Watched:
    """What the alarm watches."""
    period = _period(alarm)
    periods = int(alarm.evaluation_periods)
    to_alarm = int(alarm.datapoints_to_alarm or periods)
    try:
        value = _value(backend, alarm, period)
    except UnsupportedError as error:
        return Watched(alarm, MINUTE, periods, to_alarm, lambda *_: None, str(error))
    return Watched(alarm, period, periods, to_alarm, value)


def _period(alarm: Any) -> int:
    stats = [each.metric_stat.period for each in alarm.metric_data_queries if each.metric_stat]
    given = [alarm.period, *stats, *(each.period for each in alarm.metric_data_queries)]
    return next((int(each) for each in given if each), _USUAL_PERIOD)


def _value(backend: Any, alarm: Any, period: int) -> Value:
    if period < FINEST or period % FINEST:
        raise UnsupportedError(f"a period of {period} s")
    if alarm.threshold_metric_id or alarm.threshold is None:
        raise UnsupportedError("anomaly detection")
    if alarm.metric_data_queries:
        return _of_queries(backend, alarm.metric_data_queries)
    statistic = alarm.statistic or alarm.extended_statistic
    return _of_metric(backend, alarm.namespace, alarm.metric_name, alarm.dimensions, statistic, alarm.unit)


def _of_metric(backend: Any, namespace: str, name: str, dimensions: Any, statistic: str, unit: str | None) -> Value:
    compute = statistics.named(statistic)
    if unit:
        raise UnsupportedError(f"the unit {unit}")
    if compute is None:
        raise UnsupportedError(f"the statistic {statistic}")
    named = {each["Name"]: each["Value"] for each in dimensions} if _are_requests(dimensions) else _pairs(dimensions)
    watched = series.metric(backend.account_id, backend.region_name, namespace, name, named)

    def value(start: int, end: int) -> float | None:
        found = series.find(watched)
        samples = found.between(start, end) if found else None
        return compute(samples) if samples else None

    return value


def _are_requests(dimensions: Any) -> bool:
    return bool(dimensions) and isinstance(dimensions[0], dict)


def _pairs(dimensions: Any) -> dict[str, str]:
    return {each.name: each.value for each in dimensions}


def _of_queries(backend: Any, queries: list[Any]) -> Value:
    """The value of the one query that returns data, by those it refers to."""
    values: dict[str, Value] = {}
    for query in queries:
        if query.metric_stat:
            stat = query.metric_stat
            metric = stat.metric
            values[query.id] = _of_metric(
                backend, metric.namespace, metric.metric_name, metric.dimensions, stat.stat, stat.unit
            )
    pending = {query.id: query.expression for query in queries if not query.metric_stat}
    expressions.resolve(pending, values)
    (result,) = (
        query.id for query in queries if str(query.return_data if query.return_data is not None else True) in _TRUE
    )
    return values[result]


_TRUE = ("True", "true")
