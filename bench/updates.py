"""Requests under constant load while an endpoint of the local AWS is updated and rolled back."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench import hosting
from bench.hosting import Caller
from bench.table import Table
from local_aws import LocalAws

CONNECTIONS = 4
BATCH = 40  # requests between two looks at the endpoint
PAUSE_SECONDS = 0.002  # virtual time stands still while a request is answered
INSTANCES = 4
WAIT_SECONDS = 60
BUCKET = "bench-models"
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
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
    """Status of the endpoint and the configs that have traffic, by DescribeEndpoint."""

    status: str
    live: frozenset[str]


@dataclass
class Tally:
    """Answers during one update: all, failed, of a config that had no traffic, and of each config."""

    requests: int = 0
    failures: int = 0
    not_live: int = 0
    by_config: dict[str, int] = field(default_factory=lambda: {OLD: 0, NEW: 0})

    def add(self, status: int, body: bytes, live: frozenset[str]) -> None:
        self.requests += 1
        if status != 200:
            self.failures += 1
            return
        config = body.decode()
        self.by_config[config] += 1
        self.not_live += config not in live


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
            f"{CONNECTIONS} connections send requests to {INSTANCES} instances from UpdateEndpoint to the end of the "
            f"update, and look at DescribeEndpoint every {BATCH} requests. A config is live if it had traffic at the "
            "look before or after the request. A rollback is that of an alarm which trips when the new config has "
            "traffic; without guardrails it is that of a fleet that does not start. Both configs have real containers "
            "of a plain-Python model."
        ),
    )


def run(aws: LocalAws, name: str, deployment: dict[str, Any], *, rolls_back: bool) -> Tally:
    """Update a new endpoint under load; return the answers from the call to the end of the update."""
    hosting.make_endpoint(aws, name, OLD)
    sagemaker = aws.client("sagemaker")
    callers = [Caller(aws, name, b"1") for _ in range(CONNECTIONS)]
    options = {}
    if deployment:
        alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]}}
        options["DeploymentConfig"] = {**deployment, **alarms}
    elif rolls_back:
        aws.post("sagemaker/outcomes", [{"endpointName": name, "operation": "update", "outcome": "rolls_back"}])
    aws.client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="a new run")
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=NEW, **options)
    tally = _loaded(aws, name, callers, trip_alarm=rolls_back and bool(deployment))
    if _look(aws, name) != Look("InService", frozenset({OLD if rolls_back else NEW})):
        raise WrongOutcomeError(f"{name} is {_look(aws, name)}")
    sagemaker.delete_endpoint(EndpointName=name)
    return tally


def _loaded(aws: LocalAws, name: str, callers: list[Caller], *, trip_alarm: bool) -> Tally:
    """Send requests until the endpoint is not being updated any more."""
    tally = Tally()
    before = _look(aws, name)
    with ThreadPoolExecutor(len(callers)) as threads:
        while before.status == "Updating":
            answers = [answer for found in threads.map(_batch, callers) for answer in found]
            after = _look(aws, name)
            for status, body in answers:
                tally.add(status, body, before.live | after.live)
            if trip_alarm and NEW in after.live:
                trip_alarm = False
                alarms = aws.client("cloudwatch")
                alarms.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="the benchmark")
            time.sleep(PAUSE_SECONDS)
            before = after
    return tally


def _batch(caller: Caller) -> list[tuple[int, bytes]]:
    return [caller.invoke() for _ in range(BATCH // CONNECTIONS)]


def _look(aws: LocalAws, name: str) -> Look:
    endpoint = aws.client("sagemaker").describe_endpoint(EndpointName=name)
    live, pending = endpoint["EndpointConfigName"], endpoint.get("PendingDeploymentSummary")
    if pending is None:
        return Look(endpoint["EndpointStatus"], frozenset({live}))
    (variant,) = pending["ProductionVariants"]
    active, total = variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]
    configs = {live} if active == 0 else {NEW} if active == total else {live, NEW}
    return Look(endpoint["EndpointStatus"], frozenset(configs))


@contextmanager
def _prepared() -> Iterator[LocalAws]:
    """A local AWS with the configs `OLD` and `NEW` and the alarm."""
    with LocalAws() as aws:
        hosting.make_role(aws)
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=_archive())
        for version in (OLD, NEW):
            environment = {
                "MODEL_VERSION": version,
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            }
            container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz", "Environment": environment}
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


def _archive() -> bytes:
    archive, script = io.BytesIO(), SCRIPT.encode()
    with tarfile.open(fileobj=archive, mode="w:gz") as folder:
        member = tarfile.TarInfo("code/inference.py")
        member.size = len(script)
        folder.addfile(member, io.BytesIO(script))
    return archive.getvalue()


def _row(name: str, tally: Tally) -> list[str]:
    counts = (tally.requests, tally.failures, tally.not_live, tally.by_config[OLD], tally.by_config[NEW])
    return [name, *map(str, counts)]
