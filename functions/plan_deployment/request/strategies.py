"""Strategies by which SageMaker shifts traffic to new instances, and the sizes of their steps.

Limits: SageMaker API reference, TrafficRoutingConfig and RollingUpdatePolicy.
"""

import math
from dataclasses import dataclass

BLUE_GREEN = "BlueGreenUpdatePolicy"
ROLLING = "RollingUpdatePolicy"


@dataclass(frozen=True)
class Size:
    """Size of a strategy's step.

    Attributes
    ----------
    member : str
        SageMaker's name for it.
    least_percent, most_percent : int
        Of a variant's instances.
    default_percent : int
        In the short form.
    """

    member: str
    least_percent: int
    most_percent: int
    default_percent: int

    def legal_counts(self, instances: int) -> range:
        """Return the sizes in instances that are within the limits; none for less than two instances."""
        least = math.ceil(instances * self.least_percent / 100)
        return range(max(1, least), instances * self.most_percent // 100 + 1)


@dataclass(frozen=True)
class Strategy:
    """A strategy to shift traffic.

    Attributes
    ----------
    routing_type : str or None
        Type of a blue/green update's TrafficRoutingConfiguration; None for a rolling update.
    size : Size or None
        None if there is only one step.
    steps : int or None
        None if it depends on the size and the instances.
    """

    name: str
    routing_type: str | None
    size: Size | None
    steps: int | None

    @property
    def policy(self) -> str:
        """The member of DeploymentConfig for it."""
        return BLUE_GREEN if self.routing_type else ROLLING


ALL_AT_ONCE = Strategy("all-at-once", "ALL_AT_ONCE", None, 1)
STRATEGIES = (
    Strategy("canary", "CANARY", Size("CanarySize", 1, 50, 10), 2),
    Strategy("linear", "LINEAR", Size("LinearStepSize", 10, 50, 20), None),
    Strategy("rolling", None, Size("MaximumBatchSize", 5, 50, 25), None),
    ALL_AT_ONCE,
)
BY_NAME = {strategy.name: strategy for strategy in STRATEGIES}
BY_ROUTING_TYPE = {strategy.routing_type: strategy for strategy in STRATEGIES}
