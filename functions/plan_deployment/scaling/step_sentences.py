"""Step policies with their alarms, in words."""

import math
from collections.abc import Iterator

from plan_deployment.request.step_rules import EXACT, LOWER, PERCENT, UPPER
from plan_deployment.scaling.requested import STEP, ResourceScaling
from plan_deployment.scaling.wording import DEFAULT_COOLDOWN_SECONDS, metric_of_queries, number
from shared.aws import Json

COMPARISONS = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at least",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at most",
}
SECONDS_PER_MINUTE = 60


def stepped(each: ResourceScaling) -> Iterator[str]:
    """Yield each step policy, such as "adds 2 when InvocationsPerInstance is above 960 for 1 min"."""
    alarms = {alarm.policy_name: alarm.body for alarm in each.alarms}
    for policy in each.policies:
        if STEP in policy:
            yield _policy(policy[STEP], alarms[policy["PolicyName"]])


def _policy(step: Json, alarm: Json) -> str:
    threshold = alarm["Threshold"]
    is_upper = alarm["ComparisonOperator"].startswith("Greater")
    (_, first), *others = sorted(_reached(step, is_upper=is_upper))
    compared = f"{COMPARISONS[alarm['ComparisonOperator']]} {number(threshold)}"
    said = f"{_adjustment(step, first)} when {_metric(alarm)} is {compared} {_duration(alarm)}"
    for distance, adjustment in others:
        bound = f"{number(threshold + distance)} up" if is_upper else f"{number(threshold - distance)} down"
        said += f", {_adjustment(step, adjustment)} from {bound}"
    return f"{said}, then waits {step.get('Cooldown', DEFAULT_COOLDOWN_SECONDS)} s"


def _reached(step: Json, *, is_upper: bool) -> Iterator[tuple[float, int]]:
    """Yield how far from the threshold each step begins, and its adjustment, on the alarm's side of the threshold."""
    for each in step["StepAdjustments"]:
        lower, upper = each.get(LOWER, -math.inf), each.get(UPPER, math.inf)
        begins, ends = (lower, upper) if is_upper else (-upper, -lower)
        if ends > 0:
            yield max(begins, 0), each["ScalingAdjustment"]


def _adjustment(step: Json, adjustment: int) -> str:
    if step["AdjustmentType"] == EXACT:
        return f"sets {adjustment}"
    if adjustment == 0:
        return "changes nothing"
    verb = "adds" if adjustment > 0 else "removes"
    if step["AdjustmentType"] != PERCENT:
        return f"{verb} {abs(adjustment)}"
    least = step.get("MinAdjustmentMagnitude")
    return f"{verb} {abs(adjustment)} %" + (f", at least {least}," if least else "")


def _metric(alarm: Json) -> str:
    return metric_of_queries(alarm["Metrics"]) if "Metrics" in alarm else str(alarm["MetricName"])


def _duration(alarm: Json) -> str:
    """Return for how long the metric is beyond the threshold, such as "for 2 min" or "for 2 of 3 min"."""
    period, periods = _period(alarm), int(alarm["EvaluationPeriods"])
    needed = int(alarm.get("DatapointsToAlarm", periods))
    if period % SECONDS_PER_MINUTE == 0:
        unit, length = "min", period // SECONDS_PER_MINUTE
    else:
        unit, length = "s", period
    total = f"{periods * length} {unit}"
    return f"for {total}" if needed == periods else f"for {needed * length} of {total}"


def _period(alarm: Json) -> int:
    queries = alarm.get("Metrics", [alarm])
    periods = [query.get("Period") or query.get("MetricStat", {}).get("Period") for query in queries]
    return max((int(each) for each in periods if each), default=SECONDS_PER_MINUTE)
