"""Statistics of the samples of a period (CloudWatch user guide, Statistics-definitions)."""

from __future__ import annotations

from collections.abc import Callable

from local_aws.cloudwatch.alarm_rules import PERCENTILE
from local_aws.cloudwatch.series import Bucket

Statistic = Callable[[Bucket], float | None]

_BY_NAME: dict[str, Statistic] = {
    "SampleCount": lambda bucket: bucket.count,
    "Sum": lambda bucket: bucket.total,
    "Average": lambda bucket: bucket.total / bucket.count if bucket.count else None,
    "Minimum": lambda bucket: bucket.least,
    "Maximum": lambda bucket: bucket.most,
}


def named(name: str) -> Statistic | None:
    """The statistic ``Sum``, ``p99``, …; None for one that is not modelled, such as a trimmed mean."""
    percentile = PERCENTILE.fullmatch(name)
    return _percentile(float(percentile[1])) if percentile else _BY_NAME.get(name)


def _percentile(share: float) -> Statistic:
    def statistic(bucket: Bucket) -> float | None:
        """The percentile; None for a statistic set of different values, of which CloudWatch has none either."""
        if not bucket.values:
            return None
        below = 0.0
        for value in sorted(bucket.values):
            below += bucket.values[value]
            if below >= bucket.count * share / 100:
                return value
        return bucket.most

    return statistic
