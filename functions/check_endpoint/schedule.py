"""When to look again: often enough to notice readiness soon, seldom enough for a handful of transitions."""

import math

INTERVAL_SECONDS = 30
# From here on, a share of the time gone by: who has waited 15 minutes does not mind 45 s.
PATIENT_AFTER_SECONDS = 600
PATIENT_SHARE = 0.05
LONGEST_INTERVAL_SECONDS = 60


def wait_seconds(elapsed_seconds: float, seconds_to_deadline: float) -> int:
    """Seconds until the next look: 30, after ten minutes 5 % of the time elapsed, at most 60, at least 1.

    Parameters
    ----------
    elapsed_seconds : float
        Since the endpoint was asked for.
    seconds_to_deadline : float
        No look is planned after the deadline, but one right at it.
    """
    interval = float(INTERVAL_SECONDS)
    if elapsed_seconds > PATIENT_AFTER_SECONDS:
        interval = min(PATIENT_SHARE * elapsed_seconds, LONGEST_INTERVAL_SECONDS)
    return max(1, math.ceil(min(interval, seconds_to_deadline)))
