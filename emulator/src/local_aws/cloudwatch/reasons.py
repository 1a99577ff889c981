"""StateReason and StateReasonData of metric alarms, in the words of CloudWatch's notifications."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

_RELATIONS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
_TREATED_AS = {"breaching": "Breaching", "notBreaching": "NonBreaching"}
_MOST_SHOWN = 10

Point = tuple[int, float | None]  # the start of a period in seconds since the epoch, and its value


def text(alarm: Any, points: Sequence[Point], new: str, to_alarm: int) -> str:
    """The reason for the new state of an alarm with these datapoints, the oldest first."""
    real = [(at, value) for at, value in points if value is not None]
    if not real:
        return _of_missing(alarm, len(points), new)
    crossed = new == "ALARM"
    concerned = [point for point in real if breaches(alarm, point[1]) == crossed] or real
    shown = ", ".join(_shown(*point) for point in reversed(concerned[-_MOST_SHOWN:]))
    needed = to_alarm if crossed else len(points) - to_alarm + 1
    be = "was" if len(concerned) == 1 else "were"
    return (
        f"Threshold Crossed: {len(concerned)} out of the last {len(points)} datapoints [{shown}] {be} "
        f"{'' if crossed else 'not '}{_RELATIONS[alarm.comparison_operator]} the threshold ({float(alarm.threshold)}) "
        f"(minimum {needed} datapoint{'' if needed == 1 else 's'} for "
        f"{'OK -> ALARM' if crossed else 'ALARM -> OK'} transition)."
    )


def data(alarm: Any, points: Sequence[Point], now: float) -> str:
    """The reason as JSON."""
    return json.dumps(
        {
            "version": "1.0",
            "queryDate": _iso(now),
            "startDate": _iso(points[0][0]) if points else None,
            "statistic": alarm.statistic or alarm.extended_statistic,
            "period": alarm.period,
            "recentDatapoints": [value for _, value in points if value is not None],
            "threshold": float(alarm.threshold),
            "evaluatedDatapoints": [
                {"timestamp": _iso(at), **({} if value is None else {"value": value})} for at, value in reversed(points)
            ],
        }
    )


def breaches(alarm: Any, value: float) -> bool:
    """Whether a value breaches the alarm's threshold."""
    threshold = float(alarm.threshold)
    match alarm.comparison_operator:
        case "GreaterThanThreshold":
            return value > threshold
        case "GreaterThanOrEqualToThreshold":
            return value >= threshold
        case "LessThanThreshold":
            return value < threshold
    return value <= threshold


def _of_missing(alarm: Any, count: int, new: str) -> str:
    if new == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {count} datapoint{' was' if count == 1 else 's were'} unknown."
    treated = f"[{_TREATED_AS.get(alarm.treat_missing_data, 'Missing')}]"
    return (
        f"Threshold Crossed: no datapoints were received for {count} period{'' if count == 1 else 's'} and {count} "
        f"missing datapoint{' was' if count == 1 else 's were'} treated as {treated}."
    )


def _shown(at: int, value: float) -> str:
    return f"{float(value)} ({datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S})"


def _iso(second: float) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.000+0000"
