"""The kinds of resources that can be scaled, with the metrics that they publish.

Application Auto Scaling user guide, monitoring-cloudwatch; SageMaker developer guide, CloudWatch metrics and
detailed-observability-metric-mapping.
"""

from dataclasses import dataclass

INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
CONCURRENT_REQUESTS = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
CONCURRENCY_UTILIZATION = "SageMakerVariantProvisionedConcurrencyUtilization"
INVOCATIONS_PER_COPY = "SageMakerInferenceComponentInvocationsPerCopy"
CONCURRENT_REQUESTS_PER_COPY = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
# Metrics of the number of invocations in a minute, which a load test measures.
PER_MINUTE = (INVOCATIONS, INVOCATIONS_PER_COPY)
BACKLOG_PER_INSTANCE, WAKE_UP_BACKLOG = "ApproximateBacklogSizePerInstance", "HasBacklogWithoutCapacity"
WAKE_UP_INVOCATIONS = "NoCapacityInvocationFailures"
# Published for the endpoint alone.
OF_ENDPOINT = frozenset({"ApproximateBacklogSize", BACKLOG_PER_INSTANCE, WAKE_UP_BACKLOG})
UTILIZATIONS = frozenset(
    {
        "CPUReservation",
        "CPUUtilization",
        "CPUUtilizationNormalized",
        "DiskUtilization",
        "GPUMemoryUtilization",
        "GPUMemoryUtilizationNormalized",
        "GPUReservation",
        "GPUUtilization",
        "GPUUtilizationNormalized",
        "LoadedModelCount",
        "MemoryReservation",
        "MemoryUtilization",
        "MemoryUtilizationNormalized",
    }
)


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Attributes
    ----------
    noun, unit : str
        The resource, and what is counted, for people.
    metrics : tuple of str
        The predefined metrics that it publishes.
    default_metric : str
        What a policy tracks that names no metric.
    default_target : float
        Target of the default metric.
    wake_up_metric : str or None
        What says at zero that there are requests; None if it cannot be zero.
    """

    noun: str
    unit: str
    metrics: tuple[str, ...]
    default_metric: str
    default_target: float
    wake_up_metric: str | None = None

    @property
    def can_be_zero(self) -> bool:
        """Whether the resource can scale to zero."""
        return self.wake_up_metric is not None


INSTANCES = Kind("a variant on instances", "instances", (INVOCATIONS, CONCURRENT_REQUESTS), INVOCATIONS, 5000.0)
ASYNCHRONOUS = Kind("an asynchronous endpoint", "instances", (), INVOCATIONS, 5.0, WAKE_UP_BACKLOG)
CONCURRENCY = Kind(
    "a serverless variant", "provisioned concurrency", (CONCURRENCY_UTILIZATION,), CONCURRENCY_UTILIZATION, 0.5
)
# 1 is the target in SageMaker's guide, endpoint-auto-scaling-zero-instances.
COMPONENT = Kind(
    "an inference component",
    "copies",
    (INVOCATIONS_PER_COPY, CONCURRENT_REQUESTS_PER_COPY),
    INVOCATIONS_PER_COPY,
    1.0,
    WAKE_UP_INVOCATIONS,
)


def namespace(kind: Kind, metric_name: str) -> str:
    """Return the namespace in which SageMaker publishes a metric of the kind."""
    if metric_name not in UTILIZATIONS:
        return "AWS/SageMaker"
    return "/aws/sagemaker/InferenceComponents" if kind is COMPONENT else "/aws/sagemaker/Endpoints"
