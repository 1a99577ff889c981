"""Datapoints of metrics for the evaluation of alarms, and those that moto has not got yet.

moto has one list of all datapoints, which takes too long to search every minute of a played week. So everything that is
put is also kept here, by metric, in minutes and in tens of seconds. What AWS's services publish is put into moto when
metrics are read.

Datapoints are kept as long as CloudWatch has them: those of less than a minute for three hours, those of a minute for
15 days (API reference, GetMetricStatistics). CloudWatch has longer periods of older ones; here they are gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends

from local_aws.core.clock import clock

MINUTE = 60
FINEST = 10
KEPT_SECONDS = {FINEST: 3 * 3600, MINUTE: 15 * 24 * 3600}
_DROPPED_EVERY_SECONDS = 24 * 3600


class Metric(NamedTuple):
    """A metric of an account and Region. The dimensions are pairs of name and value, in the order of their names."""

    account_id: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass
class Bucket:
    """What was published for a metric in a period.

    Attributes
    ----------
    values : dict or None
        How often each value was published; None if only a statistic set of different values is known.
    """

    count: float = 0.0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    values: dict[float, float] | None = field(default_factory=dict)

    def add(self, value: float, count: float = 1.0) -> None:
        """Add `count` samples of `value`."""
        self.count += count
        self.total += value * count
        self.least, self.most = min(self.least, value), max(self.most, value)
        if self.values is not None:
            self.values[value] = self.values.get(value, 0.0) + count

    def merge(self, other: Bucket) -> None:
        """Add the samples of `other`."""
        self.count += other.count
        self.total += other.total
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)
        if self.values is None or other.values is None:
            self.values = None
        else:
            for value, count in other.values.items():
                self.values[value] = self.values.get(value, 0.0) + count

    @classmethod
    def of_statistics(cls, count: float, total: float, least: float, most: float) -> Bucket:
        """The samples of a statistic set."""
        return cls(count, total, least, most, {least: count} if least == most else None)


class Series:
    """The datapoints of a metric, by the number of their minute and of their ten seconds since the epoch."""

    def __init__(self) -> None:
        self._minutes: dict[int, Bucket] = {}
        self._tens: dict[int, Bucket] = {}

    def add(self, at: float, samples: Bucket) -> None:
        """Add samples of the time `at`."""
        for buckets, seconds in ((self._minutes, MINUTE), (self._tens, FINEST)):
            buckets.setdefault(int(at // seconds), Bucket()).merge(samples)

    def drop(self, now: float) -> bool:
        """Drop the datapoints that are too old; return whether there are others."""
        self._minutes = _recent(self._minutes, MINUTE, now)
        self._tens = _recent(self._tens, FINEST, now)
        return bool(self._minutes)

    def between(self, start: int, end: int) -> Bucket | None:
        """The samples from `start` until before `end`; None if there are none. Both are multiples of ten seconds."""
        whole = start % MINUTE == 0 and end % MINUTE == 0
        buckets, seconds = (self._minutes, MINUTE) if whole else (self._tens, FINEST)
        first, last = start // seconds, end // seconds
        if last - first == 1:
            return buckets.get(first)
        found = [bucket for number in range(first, last) if (bucket := buckets.get(number)) is not None]
        if not found:
            return None
        merged = Bucket()
        for bucket in found:
            merged.merge(bucket)
        return merged


def _recent(buckets: dict[int, Bucket], seconds: int, now: float) -> dict[int, Bucket]:
    oldest = (now - KEPT_SECONDS[seconds]) // seconds
    return {number: bucket for number, bucket in buckets.items() if number >= oldest}


@dataclass(frozen=True)
class _Unread:
    bucket: Bucket
    unit: str


_lock = threading.Lock()
_series: dict[Metric, Series] = {}
_unread: dict[tuple[Metric, float], _Unread] = {}
_dropped_at = 0.0
_original_put: Callable[..., Any] = CloudWatchBackend.put_metric_data


def install() -> None:
    """Keep what is put with PutMetricData, too."""

    def put_metric_data(backend: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        _original_put(backend, namespace, metric_data)
        for metric, at, samples in _of_request(backend, namespace, metric_data):
            with _lock:
                _add(metric, at, samples)

    CloudWatchBackend.put_metric_data = put_metric_data


def metric(account_id: str, region: str, namespace: str, name: str, dimensions: dict[str, str]) -> Metric:
    """The metric with these dimensions, in any order."""
    return Metric(account_id, region, namespace, name, tuple(sorted(dimensions.items())))


def find(wanted: Metric) -> Series | None:
    """The datapoints of a metric, or None if it has none."""
    return _series.get(wanted)


def record(published: Metric, at: float, samples: Bucket, unit: str = "None") -> None:
    """Publish samples of an AWS service at the time `at`, in seconds since the epoch."""
    with _lock:
        _add(published, at, samples)
        _unread.setdefault((published, at), _Unread(Bucket(), unit)).bucket.merge(samples)


def _add(published: Metric, at: float, samples: Bucket) -> None:
    """Add samples, and drop old ones once a day. The caller holds the lock."""
    global _dropped_at
    now = clock.now()
    if now - _dropped_at >= _DROPPED_EVERY_SECONDS:
        _dropped_at = now
        _drop(now)
    _series.setdefault(published, Series()).add(at, samples)


def _drop(now: float) -> None:
    for empty in [metric for metric, series in _series.items() if not series.drop(now)]:
        del _series[empty]
    oldest = now - KEPT_SECONDS[MINUTE]
    for unread in [key for key in _unread if key[1] < oldest]:
        del _unread[unread]
    as_moto_has_it = datetime.fromtimestamp(oldest, UTC).replace(tzinfo=None)
    for of_account in cloudwatch_backends.values():
        for backend in of_account.values():
            backend.metric_data = [each for each in backend.metric_data if _naive(each.timestamp) >= as_moto_has_it]


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def flush() -> None:
    """Put what was recorded since the last time into moto."""
    with _lock:
        recorded = dict(_unread)
        _unread.clear()
    for (published, at), unread in recorded.items():
        backend = cloudwatch_backends[published.account_id][published.region]
        _original_put(backend, published.namespace, [_datum(published, at, unread)])


def _datum(published: Metric, at: float, unread: _Unread) -> dict[str, Any]:
    bucket = unread.bucket
    return {
        "MetricName": published.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in published.dimensions],
        "Timestamp": datetime.fromtimestamp(at, UTC).replace(tzinfo=None),  # moto compares naive times
        "Unit": unread.unit,
        "StatisticValues": {
            "SampleCount": bucket.count,
            "Sum": bucket.total,
            "Minimum": bucket.least,
            "Maximum": bucket.most,
        },
    }


def _of_request(
    backend: Any, namespace: str, metric_data: list[dict[str, Any]]
) -> Iterator[tuple[Metric, float, Bucket]]:
    """The samples of a PutMetricData request that moto has accepted."""
    from moto.core.utils import utcnow  # the virtual clock's, which the server sets

    for datum in metric_data:
        dimensions = {each["Name"]: each["Value"] for each in datum.get("Dimensions") or ()}
        when: datetime = datum.get("Timestamp") or utcnow()
        named = metric(backend.account_id, backend.region_name, namespace, datum["MetricName"], dimensions)
        yield named, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp(), _samples(datum)


def _samples(datum: dict[str, Any]) -> Bucket:
    statistics = datum.get("StatisticValues")
    if statistics:
        names = ("SampleCount", "Sum", "Minimum", "Maximum")
        return Bucket.of_statistics(*(float(statistics[name]) for name in names))
    values = datum.get("Values") or [datum.get("Value", 0)]
    counts = datum.get("Counts") or [1] * len(values)
    bucket = Bucket()
    for value, count in zip(values, counts, strict=True):
        bucket.add(float(value), float(count))
    return bucket
