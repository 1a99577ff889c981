"""Plays traffic: steps through its time, computes metrics, evaluates alarms, and calls what runs every minute.

It ends at a stated time, because an idle virtual clock would jump from one evaluation to the next for ever.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from local_aws import cloudwatch
from local_aws.core.clock import Event, clock
from local_aws.core.operations import lock
from local_aws.sagemaker import durations
from local_aws.traffic import serving
from local_aws.traffic.description import MINUTE, Description
from local_aws.traffic.flows import Flow
from local_aws.traffic.published import Publisher
from local_aws.traffic.result import Key, Result
from local_aws.traffic.serving import Serving

FINEST_SECONDS = 10

StepListener = Callable[[float], object]


class Play:
    """Traffic that plays.

    Attributes
    ----------
    described : Description
        What plays.
    """

    def __init__(self, account_id: str, region: str, described: Description, listeners: list[StepListener]) -> None:
        self.described = described
        self._account_id, self._region = account_id, region
        self._listeners = listeners
        self._result = Result(account_id, region, described)
        self._publisher = Publisher(account_id, region, described.endpoint_name)
        delays = described.assumptions
        self._evaluator = cloudwatch.Evaluator(
            account_id, region, delays.metric_delay_seconds, delays.high_resolution_delay_seconds
        )
        self._flows: dict[Key, Flow] = defaultdict(Flow)
        self._real: dict[str, list[float]] = defaultdict(list)
        self._real_lock = threading.Lock()
        self._stopped = Event()

    def run(self) -> None:
        """Play until the end, or until it is stopped. The thread is busy."""
        with durations.replaced(self._durations()):
            clock.step_to(self.described.start, self._stopped)
            for minute in range(self.described.start, self.described.end, MINUTE):
                if self._stopped.is_set():
                    return
                self._play(minute)

    def stop(self) -> None:
        """End, without the minute that has begun."""
        self._stopped.set()

    def result(self) -> dict[str, Any]:
        """What was played until now."""
        return self._result.as_json()

    def count(self, variant_name: str, latency_seconds: float) -> None:
        """Count an invocation by a real client."""
        with self._real_lock:
            self._real[variant_name].append(latency_seconds)

    def on_change(self, change: cloudwatch.Change) -> None:
        """Record the change of an alarm."""
        if (change.account_id, change.region) == (self._account_id, self._region):
            self._result.change(change)

    def _durations(self) -> dict[str, float]:
        launch, release = self.described.launch_seconds, self.described.release_seconds
        given = {"instance": launch, "serverless": launch, "scaleOut": launch, "scaleIn": release}
        return {kind: seconds for kind, seconds in given.items() if seconds is not None}

    def _play(self, minute: int) -> None:
        begun: dict[Key, tuple[Serving, dict[str, Any]]] = {}
        moments, is_fine = self._evaluator.moments(minute), self._evaluator.is_fine
        for moment, following in pairwise([*moments, minute + MINUTE]):
            self._evaluator.evaluate(moment)
            if moment == minute or (is_fine and moment % FINEST_SECONDS == 0):
                for listener in self._listeners:
                    listener(float(moment))
            now = self._serving()
            if moment == minute:
                begun = {(each.kind, each.name): (each, self._result.begin(each)) for each in now}
            clock.step_to(following, self._stopped)
            if self._stopped.is_set():
                return
            self._add(now, moment, following, publish=is_fine)
        self._end(minute, begun, publish=not is_fine)

    def _serving(self) -> list[Serving]:
        with lock:
            endpoint = serving.endpoint_of(self._account_id, self._region, self.described.endpoint_name)
            return serving.resources(endpoint, self.described)

    def _add(self, now: list[Serving], start: int, end: int, *, publish: bool) -> None:
        """Add the requests from `start` to `end` to the flows of what serves."""
        rate = self.described.requests_per_second((start + end) / 2)
        with self._real_lock:
            real, self._real = self._real, defaultdict(list)
        for each in now:
            flow = self._flows[each.kind, each.name]
            flow.add(each, end - start, rate * each.share, real.get(each.name, []))
            if publish and flow.last_concurrency is not None:
                ten = start - start % FINEST_SECONDS
                self._publisher.publish_concurrency(ten, each, [flow.last_concurrency])

    def _end(self, minute: int, begun: dict[Key, tuple[Serving, dict[str, Any]]], *, publish: bool) -> None:
        """Publish the minute that began at `minute`, and add it to the result."""
        rows = {}
        for key, (each, values) in begun.items():
            flow = self._flows[key]
            ended = flow.start_minute()
            self._publisher.publish_minute(minute, each, ended)
            if publish:
                self._publisher.publish_concurrency(minute, each, ended.concurrency)
            rows[key] = (each, values, ended, flow.backlog)
        self._result.add(rows, self.described.requests_per_second(minute + MINUTE / 2))
        queues = [(each, flow_backlog) for each, _, _, flow_backlog in rows.values() if each.is_asynchronous]
        if queues:
            backlog = sum(waiting for _, waiting in queues) + queued(self.described.endpoint_name)
            self._publisher.publish_backlog(minute, backlog, sum(each.running for each, _ in queues))


_queued: dict[str, int] = defaultdict(int)
_queued_lock = threading.Lock()


def queue(endpoint_name: str, change: int) -> None:
    """Change the number of real asynchronous requests of an endpoint that wait or are being processed."""
    with _queued_lock:
        _queued[endpoint_name] += change


def queued(endpoint_name: str) -> int:
    """The real asynchronous requests of an endpoint that wait or are being processed."""
    with _queued_lock:
        return _queued[endpoint_name]
