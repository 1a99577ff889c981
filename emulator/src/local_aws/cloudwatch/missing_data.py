"""The state of an alarm by its datapoints: M out of N, and what missing ones count for.

CloudWatch user guide, alarm-evaluation and alarms-and-missing-data.
"""

from __future__ import annotations

from collections.abc import Sequence

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

_IF_ALL_ARE_MISSING = {"missing": INSUFFICIENT_DATA, "breaching": ALARM, "notBreaching": OK}


def state(breaches: Sequence[bool | None], periods: int, to_alarm: int, treatment: str, current: str) -> str:
    """The new state.

    Parameters
    ----------
    breaches : sequence of bool or None
        Whether each datapoint of the evaluation range breaches the threshold, the oldest first; None for a missing
        one. The range is a little longer than the evaluation periods.
    periods, to_alarm : int
        EvaluationPeriods and DatapointsToAlarm.
    treatment : str
        TreatMissingData.
    """
    real = [breach for breach in breaches if breach is not None]
    if not real:
        return _IF_ALL_ARE_MISSING.get(treatment, current)
    if len(real) >= periods:
        return ALARM if sum(real[-periods:]) >= to_alarm else OK
    if treatment == "breaching":
        return ALARM if sum(real) + periods - len(real) >= to_alarm else OK
    if sum(real) >= to_alarm:
        return ALARM
    if treatment == "notBreaching" or not all(real):
        return OK
    # Only breaching datapoints, but too few: the guide's "Avoiding premature transitions to alarm state"
    age = len(breaches) - breaches.index(True)
    return ALARM if age >= to_alarm and treatment == "missing" else current
