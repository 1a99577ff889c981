"""How long the changes of inference components can take, for the default deadline of a deployment."""

import math
from collections.abc import Iterable

from plan_deployment.request.components import Component
from plan_deployment.request.deadlines import WORK_SECONDS
from shared.aws import Json


def creation_seconds(created: Iterable[Component]) -> int:
    """Return the longest time until new components are in service: SageMaker creates them at the same time."""
    return max((_start_seconds(component) + WORK_SECONDS for component in created), default=0)


def update_seconds(component: Component, copies: int) -> int:
    """Return the longest time of an update of so many copies, batch by batch."""
    policy = component.deployment.get("RollingUpdatePolicy", {})
    if "MaximumExecutionTimeoutInSeconds" in policy:
        return int(policy["MaximumExecutionTimeoutInSeconds"])
    seconds = _start_seconds(component) + int(policy.get("WaitIntervalInSeconds", 0))
    return _batches(policy.get("MaximumBatchSize"), copies) * seconds + WORK_SECONDS


def _start_seconds(component: Component) -> int:
    """Return the time-outs that a copy has to download its model and to become healthy, one after the other."""
    return max(sum(map(int, each.get("StartupParameters", {}).values())) for each in component.specifications)


def _batches(size: Json | None, copies: int) -> int:
    if size is None:
        return 1
    value = int(size["Value"])
    return math.ceil((100 if size["Type"] == "CAPACITY_PERCENT" else max(copies, 1)) / value)
