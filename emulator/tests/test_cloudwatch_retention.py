"""Datapoints are kept as long as CloudWatch has them, so that a long play needs no more memory than 15 days."""

from datetime import UTC, datetime
from typing import Any

import pytest
from moto.cloudwatch.models import cloudwatch_backends

from local_aws import ACCOUNT_ID, REGION
from local_aws.cloudwatch import series
from local_aws.cloudwatch.series import FINEST, MINUTE, Bucket, Metric

HOUR, DAY = 3600, 24 * 3600
START = int(datetime(2031, 1, 1, tzinfo=UTC).timestamp())


def one() -> Bucket:
    return Bucket.of_statistics(1, 1.0, 1.0, 1.0)


class Clock:
    """Publishes a metric at times of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.metric: Metric = series.metric(ACCOUNT_ID, REGION, "tests/retention", name, {})
        self._now = float(START)
        monkeypatch.setattr(series.clock, "now", lambda: self._now)

    def publish(self, at: float) -> None:
        self._now = at
        series.record(self.metric, at, one())

    def has(self, at: int, seconds: int) -> bool:
        found = series.find(self.metric)
        return found is not None and found.between(at, at + seconds) is not None


def test_a_datapoint_of_ten_seconds_is_gone_after_three_hours_and_its_minute_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch, "fine")
    recent = START + 2 * DAY - 2 * HOUR

    for at in (START, recent, START + 2 * DAY):
        clock.publish(at)

    assert (clock.has(START, FINEST), clock.has(recent, FINEST)) == (False, True)
    assert (clock.has(START, MINUTE), clock.has(recent, MINUTE)) == (True, True)


def test_a_datapoint_of_a_minute_is_gone_after_fifteen_days(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, "minutes")
    later = START + 10 * DAY

    for at in (START, later, START + 16 * DAY):
        clock.publish(at)
    series.flush()

    assert (clock.has(START, MINUTE), clock.has(later, MINUTE)) == (False, True)
    kept: list[Any] = cloudwatch_backends[ACCOUNT_ID][REGION].metric_data
    times = [each.timestamp for each in kept if each.namespace == "tests/retention" and each.name == "minutes"]
    assert times == [datetime.fromtimestamp(at, UTC).replace(tzinfo=None) for at in (later, START + 16 * DAY)]


def test_a_metric_without_datapoints_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    silent, other = Clock(monkeypatch, "silent"), Clock(monkeypatch, "other")
    silent.publish(START)

    other.publish(START + 20 * DAY)

    assert series.find(silent.metric) is None


def test_memory_does_not_grow_with_the_length_of_a_play(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, "long")

    for minute in range(0, 60 * DAY, 10 * MINUTE):
        clock.publish(START + minute)
    series.flush()

    kept = cloudwatch_backends[ACCOUNT_ID][REGION].metric_data
    assert len([each for each in kept if each.name == "long"]) <= 16 * DAY // (10 * MINUTE) + 1
