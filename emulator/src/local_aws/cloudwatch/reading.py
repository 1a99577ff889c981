"""Reading of metrics: moto's, but each metric is listed once, found by its dimensions in any order, and fast."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, Dimension, MetricDatumBase


def install() -> None:
    """Replace moto's readers, and its order of dimensions, which compares a value with a name."""
    Dimension.__lt__ = lambda one, other: (one.name, one.value) < (other.name, other.value)
    CloudWatchBackend.get_filtered_metrics = _listed
    CloudWatchBackend.get_metric_statistics = _statistics(CloudWatchBackend.get_metric_statistics)
    CloudWatchBackend.get_metric_data = _data(CloudWatchBackend.get_metric_data)


def _listed(backend: Any, metric_name: str, namespace: str, dimensions: list[dict[str, str]]) -> list[MetricDatumBase]:
    """One datapoint of each metric. moto repeats metrics with two dimensions and compares each with each."""
    unique = {_key(datum): datum for datum in backend.get_all_metrics()}
    return [datum for datum in unique.values() if datum.filter(namespace, metric_name, dimensions)]


def _key(datum: MetricDatumBase) -> tuple[Any, ...]:
    return datum.namespace, datum.name, *sorted((str(each.name), str(each.value)) for each in datum.dimensions)


def _statistics(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_metric_statistics(backend: Any, namespace: str, metric_name: str, *rest: Any, **named: Any) -> Any:
        return original(_narrowed(backend, {(namespace, metric_name)}), namespace, metric_name, *rest, **named)

    return get_metric_statistics


def _data(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_metric_data(backend: Any, queries: list[dict[str, Any]], *rest: Any, **named: Any) -> Any:
        metrics = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]
        needs_all = any(query.get("Expression", "").startswith("SELECT") for query in queries)
        wanted = {(metric["Namespace"], metric["MetricName"]) for metric in metrics}
        return original(backend if needs_all else _narrowed(backend, wanted), queries, *rest, **named)

    return get_metric_data


def _narrowed(backend: Any, wanted: set[tuple[str, str]]) -> Any:
    """What moto's readers need of a backend, with the datapoints of these metrics."""
    found = [datum for datum in backend.get_all_metrics() if (datum.namespace, datum.name) in wanted]
    return SimpleNamespace(get_all_metrics=lambda: found)
