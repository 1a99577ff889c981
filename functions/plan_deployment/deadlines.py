"""Until when a deployment has to be done: long enough for what the request itself gives SageMaker time for."""

from plan_deployment.hosts import all_variants
from plan_deployment.schema import SCHEMA
from shared.aws import Json

DEADLINE: Json = SCHEMA["properties"]["deadlineSeconds"]
# What a deployment takes at least beside its waits: instances have to be got and to load an image.
WORK_SECONDS = 600
LONGEST_SECONDS: int = DEADLINE["maximum"]  # SageMaker's own limit of MaximumExecutionTimeoutInSeconds, too
# What SageMaker waits for one after another while an instance starts (API reference, ProductionVariant).
START_TIMEOUTS = (
    "VariantInstanceProvisionTimeoutInSeconds",
    "ModelDataDownloadTimeoutInSeconds",
    "ContainerStartupHealthCheckTimeoutInSeconds",
)


def start_seconds(config: Json) -> int:
    """The longest that an instance of any variant may take to start, as far as the config says so."""
    return max(sum(int(variant.get(timeout, 0)) for timeout in START_TIMEOUTS) for variant in all_variants(config))


def default_seconds(config: Json, batches: int = 1) -> int:
    """The default deadline of a deployment whose instances start in so many batches, one after another."""
    return min(max(int(DEADLINE["default"]), batches * start_seconds(config) + WORK_SECONDS), LONGEST_SECONDS)
