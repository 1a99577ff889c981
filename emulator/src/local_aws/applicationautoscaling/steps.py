"""Arithmetic of step scaling: from an alarm's breach to a new capacity.

User guide, step-scaling-policy-overview; API reference, StepScalingPolicyConfiguration and StepAdjustment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

Configuration = dict[str, Any]

_AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {"Minimum": min, "Maximum": max, "Average": fmean}


def wanted(
    configuration: Configuration, capacity: int, datapoints: Sequence[float], threshold: float, comparison: str
) -> int | None:
    """The capacity that the policy wants, not limited by bounds; None if no step applies.

    Parameters
    ----------
    configuration : dict
        StepScalingPolicyConfiguration.
    datapoints : sequence of float
        The alarm's evaluated datapoints, at least one.
    comparison : str
        The alarm's ComparisonOperator: decides the side of a metric that is at the threshold.
    """
    metric = _AGGREGATIONS[configuration.get("MetricAggregationType", "Average")](datapoints)
    breach = metric - threshold
    above = breach > 0 or (breach == 0 and comparison.startswith("Greater"))
    for step in configuration["StepAdjustments"]:
        if _holds(step, breach, above):
            return max(0, adjusted(configuration, capacity, step["ScalingAdjustment"]))
    return None


def adjusted(configuration: Configuration, capacity: int, adjustment: int) -> int:
    """The capacity after one adjustment of the configuration's AdjustmentType."""
    if configuration["AdjustmentType"] == "ExactCapacity":
        return adjustment
    if configuration["AdjustmentType"] == "ChangeInCapacity":
        return capacity + adjustment
    percent = capacity * adjustment
    # the guide: less than one unit is rounded to one, otherwise towards zero
    size = max(abs(percent) // 100, 1 if percent else 0)
    if adjustment:
        size = max(size, configuration.get("MinAdjustmentMagnitude", 0))
    return capacity + (size if adjustment > 0 else -size)


def _holds(step: dict[str, Any], breach: float, above: bool) -> bool:
    lower = step.get("MetricIntervalLowerBound", -math.inf)
    upper = step.get("MetricIntervalUpperBound", math.inf)
    # the guide: above the threshold the lower bound is inclusive and the upper exclusive; below, the reverse
    return bool(lower <= breach < upper) if above else bool(lower < breach <= upper)
