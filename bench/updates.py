"""Requests under constant load while an endpoint of the local AWS is updated and rolled back."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from bench import hosting
from bench.hosting import Caller
from bench.table import Table
from local_aws import LocalAws

CONNECTIONS = 4
INSTANCES = 4
WAIT_SECONDS = 1
STAGE_SECONDS = 0.4
TRIP_SECONDS = 0.6  # after the stage that activates a part, and before its bake ends
ALARM = "bench-errors"
OLD, NEW = "old", "new"
SCRIPT = """
import os

def model_fn(folder):
    return os.environ["MODEL_VERSION"]

def transform_fn(version, body, content_type, accept):
    return version, "text/plain"
"""


def _blue_green(routing_type: str, **sizes: Any) -> dict[str, Any]:
    routing = {"Type": routing_type, "WaitIntervalInSeconds": WAIT_SECONDS, **sizes}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


_ONE = {"Type": "INSTANCE_COUNT", "Value": 1}
_HALF = {"Type": "CAPACITY_PERCENT", "Value": 50}
STRATEGIES: dict[str, dict[str, Any]] = {
    "without guardrails": {},
    "all at once": _blue_green("ALL_AT_ONCE"),
    "canary": _blue_green("CANARY", CanarySize=_ONE),
    "linear": _blue_green("LINEAR", LinearStepSize=_ONE),
    "rolling": {"RollingUpdatePolicy": {"MaximumBatchSize": _HALF, "WaitIntervalInSeconds": WAIT_SECONDS}},
}


class WrongOutcomeError(RuntimeError):
    """An update did not end as the benchmark expects."""


@dataclass(frozen=True)
class Look:
    """DescribeEndpoint between two moments: the status, and the configs that have traffic."""

    began: float
    ended: float
    status: str
    live: frozenset[str]


@dataclass(frozen=True)
class Sent:
    """A request between two moments, and its answer."""

    began: float
    ended: float
    status: int
    body: bytes


@dataclass
class Tally:
    """Answers during one update: all, failed, of a config that had no traffic, and of each config."""

    requests: int = 0
    failures: int = 0
    not_live: int = 0
    by_config: dict[str, int] = field(default_factory=lambda: {OLD: 0, NEW: 0})

    def add(self, request: Sent, looks: list[Look]) -> None:
        """Count a request. A config was live if one of the looks around the request says so."""
        self.requests += 1
        if request.status != 200:
            self.failures += 1
            return
        config = request.body.decode()
        self.by_config[config] += 1
        first = max(bisect_right(looks, request.began, key=lambda look: look.ended) - 1, 0)
        last = bisect_left(looks, request.ended, key=lambda look: look.began)
        self.not_live += not any(config in look.live for look in looks[first : last + 1])


def table() -> Table:
    """Update an endpoint with each strategy, once to its end and once with a rollback.

    Raises
    ------
    WrongOutcomeError
        If an update is not successful, or not rolled back, as it should.
    """
    rows = []
    with _prepared() as aws:
        for number, (strategy, deployment) in enumerate(STRATEGIES.items()):
            for rolls_back in (False, True):
                tally = run(aws, f"updated-{number}-{rolls_back}", deployment, rolls_back=rolls_back)
                rows.append(_row(strategy + (", rolled back" if rolls_back else ""), tally))
    return Table(
        title="Requests during an update on the local AWS",
        columns=["", "requests", "failed", "by a config not live", "by the old config", "by the new config"],
        rows=rows,
        reading=(
            f"{CONNECTIONS} connections send requests without a pause to {INSTANCES} instances from UpdateEndpoint to "
            f"the end of the update, on the real clock with stages of {STAGE_SECONDS:g} s. Meanwhile DescribeEndpoint "
            "shows which configs have traffic: a config is live if the last look before a request, a look during it "
            "or the first one after it says so. A rollback is that of an alarm which trips while the new config has "
            "traffic; without guardrails it is that of a fleet that does not start. Both configs have real containers "
            "of a plain-Python model."
        ),
    )


def run(aws: LocalAws, name: str, deployment: dict[str, Any], *, rolls_back: bool) -> Tally:
    """Update a new endpoint under load; return the answers from the call to the end of the update."""
    hosting.make_endpoint(aws, name, OLD)
    options = {}
    if deployment:
        alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]}}
        options["DeploymentConfig"] = {**deployment, **alarms}
    elif rolls_back:
        outcome = {"operation": "update", "outcome": "rolls_back", "afterSeconds": STAGE_SECONDS}
        aws.post("sagemaker/outcomes", [{"endpointName": name, **outcome}])
    _set_alarm(aws, "OK")
    aws.client("sagemaker").update_endpoint(EndpointName=name, EndpointConfigName=NEW, **options)
    tally = _loaded(aws, name, trip_alarm=rolls_back and bool(deployment))
    ended = _look(aws, name)
    if ended.status != "InService" or ended.live != frozenset({OLD if rolls_back else NEW}):
        raise WrongOutcomeError(f"{name} is {ended}")
    aws.client("sagemaker").delete_endpoint(EndpointName=name)
    return tally


def _loaded(aws: LocalAws, name: str, *, trip_alarm: bool) -> Tally:
    """Send requests until the endpoint is not being updated any more."""
    looks = [_look(aws, name)]
    done = Event()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        senders = [threads.submit(_send, Caller(aws, name, b"1"), done) for _ in range(CONNECTIONS)]
        try:
            while looks[-1].status == "Updating":
                looks.append(_look(aws, name))
                if trip_alarm and _traffic_seconds(looks, NEW) > TRIP_SECONDS:
                    trip_alarm = False
                    _set_alarm(aws, "ALARM")
        finally:
            done.set()
        tally = Tally()
        for sender in senders:
            for request in sender.result():
                tally.add(request, looks)
    return tally


def _traffic_seconds(looks: list[Look], config: str) -> float:
    """Seconds from the first look that shows the config with traffic to the last look."""
    first = next((look for look in looks if config in look.live), looks[-1])
    return looks[-1].began - first.began


def _send(caller: Caller, done: Event) -> list[Sent]:
    sent = []
    while not done.is_set():
        began = time.perf_counter()
        status, body = caller.invoke()
        sent.append(Sent(began, time.perf_counter(), status, body))
    return sent


def _set_alarm(aws: LocalAws, state: str) -> None:
    aws.client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="the benchmark")


def _look(aws: LocalAws, name: str) -> Look:
    began = time.perf_counter()
    endpoint = aws.client("sagemaker").describe_endpoint(EndpointName=name)
    live, pending = endpoint["EndpointConfigName"], endpoint.get("PendingDeploymentSummary")
    configs = {live}
    if pending:
        (variant,) = pending["ProductionVariants"]
        active, total = variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]
        configs = {live} if active == 0 else {NEW} if active == total else {live, NEW}
    return Look(began, time.perf_counter(), endpoint["EndpointStatus"], frozenset(configs))


@contextmanager
def _prepared() -> Iterator[LocalAws]:
    """A local AWS with the configs `OLD` and `NEW` and the alarm."""
    with LocalAws(clock="real") as aws:
        stages = ("instance", "activation", "termination")
        aws.post("sagemaker/durations", dict.fromkeys(stages, STAGE_SECONDS))
        hosting.make_role(aws)
        for version in (OLD, NEW):
            container = hosting.plain_python(aws, SCRIPT, MODEL_VERSION=version)
            hosting.make_config(aws, version, INSTANCES, **container)
        aws.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
        yield aws


def _row(name: str, tally: Tally) -> list[str]:
    counts = (tally.requests, tally.failures, tally.not_live, tally.by_config[OLD], tally.by_config[NEW])
    return [name, *map(str, counts)]
