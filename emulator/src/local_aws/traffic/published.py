"""CloudWatch metrics of traffic, with the names and dimensions of SageMaker's.

SageMaker developer guide, monitoring-cloudwatch, async-inference-monitor, serverless-endpoints-monitoring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from local_aws.cloudwatch import series
from local_aws.cloudwatch.series import Bucket
from local_aws.sagemaker.instances import vcpus
from local_aws.traffic.flows import Minute
from local_aws.traffic.serving import Serving

REQUESTS, HOSTS = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
_MICROSECONDS = 1e6
_ERRORS = ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")

Sample = tuple[str, str, Bucket]  # namespace, metric, samples


class Publisher:
    """Publishes the metrics of an endpoint of an account and Region."""

    def __init__(self, account_id: str, region: str, endpoint_name: str) -> None:
        self._account_id, self._region, self._endpoint_name = account_id, region, endpoint_name

    def publish_minute(self, at: int, serving: Serving, minute: Minute) -> None:
        """Publish what happened in the minute that began at `at`."""
        if serving.is_asynchronous:
            return
        if serving.kind == "component":
            self._record(_of_component(serving, minute), self._dimensions(serving), at)
            return
        self._record(_of_variant(serving, minute), self._dimensions(serving), at)
        for dimensions, part in self._by_type(serving):
            of_type = replace(serving, instance_type=dimensions["InstanceType"], pools={})
            self._record(_of_variant(of_type, _part(minute, part)), dimensions, at)

    def publish_concurrency(self, at: int, serving: Serving, values: list[float]) -> None:
        """Publish concurrent requests per unit from `at` on. Nothing is published without a unit."""
        names = {"variant": "ConcurrentRequestsPerModel", "component": "ConcurrentRequestsPerCopy"}
        if serving.kind in names and not serving.is_asynchronous and values:
            every = [self._dimensions(serving), *(dimensions for dimensions, _ in self._by_type(serving))]
            for dimensions in every:
                self._record([(REQUESTS, names[serving.kind], _bucket(*values))], dimensions, at)

    def publish_backlog(self, at: int, backlog: float, instances: int) -> None:
        """Publish the queue of an asynchronous endpoint, which has the endpoint as its only dimension."""
        samples = {"ApproximateBacklogSize": backlog, "HasBacklogWithoutCapacity": float(backlog > 0 and not instances)}
        if instances:
            samples["ApproximateBacklogSizePerInstance"] = backlog / instances
        published = [(REQUESTS, name, _bucket(value)) for name, value in samples.items()]
        self._record(published, {"EndpointName": self._endpoint_name}, at)

    def _dimensions(self, serving: Serving) -> dict[str, str]:
        if serving.kind == "component":
            return {"InferenceComponentName": serving.name}
        return {"EndpointName": self._endpoint_name, "VariantName": serving.name}

    def _by_type(self, serving: Serving) -> Iterator[tuple[dict[str, str], float]]:
        """The dimensions of each instance pool with instances, and its part of the requests.

        Developer guide, realtime-endpoints-heterogeneous; RANDOM routing, the default, asks every instance equally.
        """
        total = sum(serving.pools.values())
        for instance_type, count in serving.pools.items():
            if count:
                yield {**self._dimensions(serving), "InstanceType": instance_type}, count / total

    def _record(self, samples: Iterable[Sample], dimensions: dict[str, str], at: int) -> None:
        for namespace, name, bucket in samples:
            metric = series.metric(self._account_id, self._region, namespace, name, dimensions)
            series.record(metric, at, bucket, "Microseconds" if name == "ModelLatency" else "None")


def _part(minute: Minute, part: float) -> Minute:
    """The minute of an instance pool with this part of the requests. The load of an instance is the same in each."""
    return replace(
        minute,
        requests=minute.requests * part,
        real_requests=minute.real_requests * part,
        capacity=minute.capacity * part,
        failed=minute.failed * part,
        latencies=[(seconds, count * part) for seconds, count in minute.latencies],
    )


def _of_variant(serving: Serving, minute: Minute) -> Iterator[Sample]:
    yield from _invocations(minute)
    described = minute.requests - minute.real_requests
    if serving.kind == "concurrency":
        yield from _of_concurrency(serving, minute)
    elif described:
        share = described / minute.requests
        yield REQUESTS, "InvocationsPerInstance", _counted(described, minute.per_unit * share)
    elif not minute.real_requests:
        # Real-time variants publish 0 without traffic (developer guide, endpoint-auto-scaling)
        yield REQUESTS, "InvocationsPerInstance", _bucket(0.0)
    cpus = _cpus(serving)
    if cpus and minute.capacity:
        yield HOSTS, "CPUUtilization", _bucket(min(minute.requests / minute.capacity, 1.0) * 100 * cpus)


def _cpus(serving: Serving) -> float:
    """The vCPUs of an instance, on average over the instance pools."""
    types = serving.pools or ({serving.instance_type: 1} if serving.instance_type else {})
    total = sum(types.values())
    return sum(vcpus(each) * count for each, count in types.items()) / total if total else 0


def _of_component(serving: Serving, minute: Minute) -> Iterator[Sample]:
    if serving.running:
        yield from _invocations(minute)
        described = minute.requests - minute.real_requests
        if described or not minute.real_requests:
            share = described / minute.requests if minute.requests else 0.0
            yield REQUESTS, "InvocationsPerCopy", _counted(max(described, 1.0), minute.per_unit * share)
    if minute.failed:
        yield REQUESTS, "NoCapacityInvocationFailures", _counted(minute.failed, minute.failed)


def _of_concurrency(serving: Serving, minute: Minute) -> Iterator[Sample]:
    if serving.running:
        load = minute.requests / minute.capacity if minute.capacity else 0.0
        yield REQUESTS, "ServerlessProvisionedConcurrencyUtilization", _bucket(min(load, 1.0))
        yield REQUESTS, "ServerlessProvisionedConcurrencyExecutions", _bucket(min(load, 1.0) * serving.running)
        yield REQUESTS, "ServerlessProvisionedConcurrencyInvocations", _counted(minute.provisioned, minute.provisioned)
        spilled = minute.requests - minute.provisioned
        yield REQUESTS, "ServerlessProvisionedConcurrencySpilloverInvocations", _counted(max(spilled, 1.0), spilled)


def _invocations(minute: Minute) -> Iterator[Sample]:
    """Those that are described: real invocations have published their own."""
    described = minute.requests - minute.real_requests
    if described:
        yield REQUESTS, "Invocations", _counted(described, described)
        yield from ((REQUESTS, name, _counted(described, 0.0)) for name in _ERRORS)
    elif not minute.real_requests:
        yield REQUESTS, "Invocations", _bucket(0.0)
    if minute.latencies:
        bucket = Bucket()
        for seconds, count in minute.latencies:
            bucket.add(seconds * _MICROSECONDS, count)
        yield REQUESTS, "ModelLatency", bucket


def _counted(count: float, total: float) -> Bucket:
    """`count` equal samples with this total."""
    each = total / count if count else 0.0
    return Bucket.of_statistics(count, total, each, each)


def _bucket(*values: float) -> Bucket:
    bucket = Bucket()
    for value in values:
        bucket.add(value)
    return bucket
