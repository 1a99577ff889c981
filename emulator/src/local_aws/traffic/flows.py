"""The requests of a resource in an interval: served, waiting, failed, and how busy its units are."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean

from local_aws.traffic.description import Unit
from local_aws.traffic.serving import Serving

TIMEOUT_SECONDS = 60.0  # SageMaker developer guide, your-algorithms-inference-code
_MOST_QUEUEING = 20.0  # times the latency of an idle unit, below its capacity


@dataclass
class Minute:
    """What happened since the last full minute.

    Attributes
    ----------
    requests, real_requests : float
        All requests, and those of real clients among them.
    per_unit : float
        Each request divided by the units in service (SageMaker developer guide, monitoring-cloudwatch).
    capacity : float
        Requests that the units could have served.
    failed : float
        Requests that no unit served, or above the maximum concurrency.
    provisioned : float
        Requests of a serverless variant on provisioned concurrency.
    concurrency : list of float
        Concurrent requests per unit, one value for each interval with a unit.
    latencies : list of tuple
        Latency in seconds, and the number of described requests with it.
    """

    requests: float = 0.0
    real_requests: float = 0.0
    per_unit: float = 0.0
    capacity: float = 0.0
    failed: float = 0.0
    provisioned: float = 0.0
    concurrency: list[float] = field(default_factory=list)
    latencies: list[tuple[float, float]] = field(default_factory=list)


class Flow:
    """The requests of one resource.

    Attributes
    ----------
    backlog : float
        Requests of an asynchronous endpoint that wait or are being processed (ApproximateBacklogSize in the SageMaker
        developer guide, async-inference-monitor).
    minute : Minute
        What happened since the last full minute.
    """

    def __init__(self) -> None:
        self._waiting = self._processed = 0.0
        self.minute = Minute()
        self.last_concurrency: float | None = None

    def add(self, serving: Serving, seconds: float, rate: float, real: list[float]) -> None:
        """Add an interval with `rate` described requests per second, and real ones with these latencies in seconds."""
        minute, unit = self.minute, serving.unit
        described = rate * seconds
        arrived = described + len(real)
        capacity = serving.running * unit.requests_per_second * seconds
        minute.requests += arrived
        minute.real_requests += len(real)
        minute.capacity += capacity
        minute.per_unit += arrived / serving.running if serving.running else 0.0
        if serving.is_asynchronous:
            served = min(self._waiting + described, capacity)
            self._waiting += described - served
            self._processed = served / seconds * unit.latency_seconds  # Little's law
        elif serving.kind == "concurrency":
            self._throttle(serving, seconds, arrived, capacity)
        elif not serving.running:
            minute.failed += described
        is_serverless = serving.kind == "concurrency"  # each request has an environment of its own
        busy = unit.latency_seconds if is_serverless else _latency(unit, arrived, capacity)
        self.last_concurrency = None
        if serving.running:
            self.last_concurrency = (described * busy + sum(real)) / seconds / serving.running
            minute.concurrency.append(self.last_concurrency)
        if described and (serving.running or is_serverless) and not serving.is_asynchronous:
            minute.latencies.append((busy, described))

    @property
    def backlog(self) -> float:
        return self._waiting + self._processed

    def _throttle(self, serving: Serving, seconds: float, arrived: float, provisioned: float) -> None:
        most = serving.most_units * serving.unit.requests_per_second * seconds
        self.minute.failed += max(0.0, arrived - most)
        self.minute.provisioned += min(arrived, provisioned)

    def start_minute(self) -> Minute:
        """Return the minute that has ended, and begin the next one."""
        ended, self.minute = self.minute, Minute()
        return ended


def load_per_unit(minute: Minute, serving: Serving) -> float | None:
    """Requests per unit in the minute; None without a unit."""
    return round(minute.per_unit, 3) if serving.running else None


def utilization(minute: Minute) -> float | None:
    """Requests in relation to what the units could have served; None without a unit."""
    return round(minute.requests / minute.capacity, 4) if minute.capacity else None


def concurrency(minute: Minute) -> float | None:
    """Concurrent requests per unit, the mean of the minute; None without a unit."""
    return round(fmean(minute.concurrency), 3) if minute.concurrency else None


def _latency(unit: Unit, arrived: float, capacity: float) -> float:
    """Approximate: the wait of a queue with one server, and the time-out beyond the capacity."""
    load = arrived / capacity if capacity else 1.0
    factor = min(1 / (1 - load), _MOST_QUEUEING) if load < 1 else _MOST_QUEUEING * load
    return min(unit.latency_seconds * factor, TIMEOUT_SECONDS)
