"""The default deadline of a deployment: long enough for the time-outs that the request gives SageMaker."""

from plan_deployment.request.schema import SCHEMA
from plan_deployment.variants import variants_of
from shared.aws import Json

DEADLINE: Json = SCHEMA["properties"]["deadlineSeconds"]
# Minimum duration besides waits: instances have to start and to load an image.
WORK_SECONDS = 600
LONGEST_SECONDS: int = DEADLINE["maximum"]  # also SageMaker's limit of MaximumExecutionTimeoutInSeconds
# SageMaker waits for one after another while an instance starts (API reference, ProductionVariant).
START_TIMEOUTS = (
    "VariantInstanceProvisionTimeoutInSeconds",
    "ModelDataDownloadTimeoutInSeconds",
    "ContainerStartupHealthCheckTimeoutInSeconds",
)


def start_seconds(config: Json) -> int:
    """Return the longest time that the config gives an instance of any variant to start."""
    return max(sum(int(variant.get(timeout, 0)) for timeout in START_TIMEOUTS) for variant in variants_of(config))


def default_seconds(config: Json, batches: int = 1) -> int:
    """Return the default deadline of a deployment whose instances start in batches, one after another."""
    return min(max(int(DEADLINE["default"]), batches * start_seconds(config) + WORK_SECONDS), LONGEST_SECONDS)
