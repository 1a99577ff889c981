"""Metrics of invocations, per variant or inference component, and minute.

SageMaker developer guide, monitoring-cloudwatch, "SageMaker Endpoint Invocation Metrics".
"""

from __future__ import annotations

from local_aws import traffic
from local_aws.cloudwatch import series
from local_aws.cloudwatch.series import MINUTE, Bucket
from local_aws.core.clock import clock
from local_aws.core.wire import Call
from local_aws.sagemakerruntime.targets import Target

NAMESPACE = "AWS/SageMaker"
_MICROSECONDS = 1e6
_UNITS = {"ModelLatency": "Microseconds", "OverheadLatency": "Microseconds"}


def count(target: Target, status: int, model_seconds: float, overhead_seconds: float) -> None:
    """Count an invocation.

    Parameters
    ----------
    status : int
        HTTP status of the container; 0 if it did not answer.
    model_seconds, overhead_seconds : float
        Time until the container answered, and time before it was asked.
    """
    values = {
        "Invocations": 1.0,
        "ModelLatency": model_seconds * _MICROSECONDS,
        "OverheadLatency": overhead_seconds * _MICROSECONDS,
        "Invocation4XXErrors": float(400 <= status < 500),
        "Invocation5XXErrors": float(status >= 500),
        "InvocationModelErrors": float(not 200 <= status < 300),
    }
    endpoint_name, component = target.endpoint.endpoint_name, target.component
    if component:
        if component.copies["Current"]:
            values["InvocationsPerCopy"] = 1 / component.copies["Current"]
        _record(target.call, {"InferenceComponentName": component.name}, values)
        traffic.count(endpoint_name, component.name, model_seconds)
        return
    instances = target.variant.instance_count.get("Current")
    if instances:
        values["InvocationsPerInstance"] = 1 / instances
    dimensions = {"EndpointName": endpoint_name, "VariantName": target.variant.name}
    _record(target.call, dimensions, values)
    if target.instance_type and target.variant.has_pools:
        if instances:
            values["InvocationsPerInstance"] = 1 / max(1, target.variant.pools.counts[target.instance_type])
        _record(target.call, {**dimensions, "InstanceType": target.instance_type}, values)
    if target.variant not in target.endpoint.shadow_variants:
        traffic.count(endpoint_name, target.variant.name, model_seconds)


def count_without_capacity(call: Call, component_name: str) -> None:
    """Count an invocation of an inference component without copies."""
    _record(call, {"InferenceComponentName": component_name}, {"NoCapacityInvocationFailures": 1.0})


def _record(call: Call, dimensions: dict[str, str], values: dict[str, float]) -> None:
    minute = clock.now() // MINUTE * MINUTE
    for name, value in values.items():
        metric = series.metric(call.account_id, call.region, NAMESPACE, name, dimensions)
        series.record(metric, minute, Bucket.of_statistics(1, value, value, value), _UNITS.get(name, "None"))
