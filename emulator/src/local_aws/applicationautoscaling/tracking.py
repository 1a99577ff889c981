"""Arithmetic of target tracking: from an alarm's datapoints to a new capacity.

User guide, target-tracking-scaling-policy-overview. The formula is not published. It fits what is: capacity in
proportion to the metric, rounded up in both directions, and no scale-in that would bring the metric above the target.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_ROUNDING = 1e-9  # 3 x 0.7 / 0.7 is 3.0000000000000004


def scale_out(capacity: int, target: float, datapoints: Sequence[float]) -> int:
    """The capacity for the last of the high alarm's datapoints; from zero, as from one unit."""
    return max(capacity, _in_proportion(max(capacity, 1), datapoints[-1], target))


def scale_in(capacity: int, target: float, datapoints: Sequence[float], looks_at: str) -> int:
    """The capacity for the low alarm's datapoints; `capacity` if removing one unit would exceed the target.

    Parameters
    ----------
    looks_at : str
        ``lastDatapoint`` or ``wholeWindow``: its highest datapoint. Which of them AWS looks at is not published.
    """
    metric = max(datapoints) if looks_at == "wholeWindow" else datapoints[-1]
    return min(capacity, _in_proportion(capacity, metric, target))


def _in_proportion(capacity: int, metric: float, target: float) -> int:
    return math.ceil(capacity * metric / target - _ROUNDING)
