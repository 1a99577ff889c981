"""Rules on step policies and their alarms.

Conditions: Application Auto Scaling user guide, step-scaling-policy-overview; CloudWatch API reference, PutMetricAlarm.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

from plan_deployment.request.autoscaling import Policy
from plan_deployment.request.metric_rules import dimension_faults, query_faults
from plan_deployment.request.metrics import alarm_dimensions
from shared.aws import Json
from shared.planning.faults import Fault

MOST_STEPS = 20  # Application Auto Scaling quotas
PERCENT, EXACT = "PercentChangeInCapacity", "ExactCapacity"
LOWER, UPPER = "MetricIntervalLowerBound", "MetricIntervalUpperBound"
SHORT_PERIODS, MINUTE, HOUR, DAY = (10, 20, 30), 60, 3600, 86400
SINGLE = ("MetricName", "Namespace", "Dimensions", "Period", "Statistic", "ExtendedStatistic", "Unit")


def faults(request: Json, policy: Policy) -> Iterator[Fault]:
    """Yield the faults of a policy with steps or with an alarm."""
    at = policy.pointer
    if policy.step is not None and policy.tracking is not None:
        yield Fault(at, "has targetTracking and step", "Keep one of them, or make two policies")
    elif policy.alarm is not None and policy.step is None:
        yield Fault(f"{at}/alarm", "only a step policy has an alarm", "Remove it, or give step")
    if policy.step is None:
        return
    yield from _step_faults(f"{at}/step", policy.step)
    if policy.alarm is None:
        problem = "is missing; without an alarm nothing triggers the steps"
        yield Fault(f"{at}/alarm", problem, "Give MetricName, Statistic, Period and the comparison")
        return
    yield from _alarm_faults(f"{at}/alarm", policy.alarm)
    yield from _unreachable_steps(f"{at}/alarm", policy.alarm, policy.step)
    for pointer, dimension in alarm_dimensions(policy.alarm):
        yield from dimension_faults(request, f"{at}/alarm{pointer}/Value", dimension)


def _step_faults(at: str, step: Json) -> Iterator[Fault]:
    kind, steps = step.get("AdjustmentType"), step.get("StepAdjustments")
    if "AdjustmentType" not in step:
        yield Fault(f"{at}/AdjustmentType", "is missing", f"Give ChangeInCapacity, {PERCENT} or {EXACT}")
    if step.get("MinAdjustmentMagnitude") is not None and kind not in (PERCENT, None):
        yield Fault(f"{at}/MinAdjustmentMagnitude", f"is only for {PERCENT}", f"Remove it, or give {PERCENT}")
    if "StepAdjustments" not in step or steps == []:
        yield Fault(f"{at}/StepAdjustments", "has no step", "Give at least one")
        return
    if steps is None or any(each is None or None in each.values() for each in steps):
        return
    if len(steps) > MOST_STEPS:
        problem = f"has {len(steps)} steps; Application Auto Scaling allows {MOST_STEPS} in one policy"
        yield Fault(f"{at}/StepAdjustments", problem, "Give fewer")
    for index, each in enumerate(steps):
        if kind == EXACT and each["ScalingAdjustment"] < 0:
            problem = f"{each['ScalingAdjustment']} is not a capacity"
            yield Fault(f"{at}/StepAdjustments/{index}/ScalingAdjustment", problem, "Give 0 or more")
    yield from _bound_faults(f"{at}/StepAdjustments", steps)


def _bounds(each: Json) -> tuple[float, float]:
    return float(each.get(LOWER, -math.inf)), float(each.get(UPPER, math.inf))


def _bound_faults(at: str, steps: list[Json]) -> Iterator[Fault]:
    """Yield a fault for each step that is empty, or that does not begin where the one before it ends."""
    for index, each in enumerate(steps):
        lower, upper = _bounds(each)
        if (lower, upper) == (-math.inf, math.inf):
            yield Fault(f"{at}/{index}", "has no bound", f'Give one, such as "{LOWER}": 0')
            return
        if lower >= upper:
            yield Fault(f"{at}/{index}", f"{lower:g} to {upper:g} is empty", "Give a lower bound below the upper one")
            return
    order = sorted(range(len(steps)), key=lambda index: _bounds(steps[index]))
    for before, index in pairwise(order):
        end, begin = _bounds(steps[before])[1], _bounds(steps[index])[0]
        if begin != end:
            what = "overlaps with" if begin < end else "leaves a gap after"
            problem = f"{what} /{before}, which ends at {end:g}" if end < math.inf else f"{what} /{before}, without end"
            yield Fault(f"{at}/{index}", problem, "Begin each step where the one before it ends")
            return
    first, last = order[0], order[-1]
    if -math.inf < _bounds(steps[first])[0] < 0:
        problem = f"begins at {_bounds(steps[first])[0]:g}, and no step is below it"
        yield Fault(f"{at}/{first}/{LOWER}", problem, "Remove it: below 0 one step has no lower bound")
    if 0 < _bounds(steps[last])[1] < math.inf:
        problem = f"ends at {_bounds(steps[last])[1]:g}, and no step is above it"
        yield Fault(f"{at}/{last}/{UPPER}", problem, "Remove it: above 0 one step has no upper bound")


def _alarm_faults(at: str, alarm: Json) -> Iterator[Fault]:
    if "Metrics" in alarm:
        single = [member for member in SINGLE if member in alarm]
        if single:
            yield Fault(at, f"has Metrics and {', '.join(single)}", "Keep one metric or the list of metrics")
        yield from query_faults(f"{at}/Metrics", alarm["Metrics"] or [])
    else:
        yield from _single_faults(at, alarm)
    yield from _period_faults(at, alarm)


def _single_faults(at: str, alarm: Json) -> Iterator[Fault]:
    for member in ("MetricName", "Period"):
        if member not in alarm:
            yield Fault(f"{at}/{member}", "is missing", "Give it, or Metrics")
    statistics = [member for member in ("Statistic", "ExtendedStatistic") if member in alarm]
    if not statistics:
        yield Fault(f"{at}/Statistic", "is missing", "Give it, or ExtendedStatistic")
    elif len(statistics) > 1:
        yield Fault(at, "has Statistic and ExtendedStatistic", "Keep one of them")


def _period_faults(at: str, alarm: Json) -> Iterator[Fault]:
    period = alarm.get("Period")
    periods, needed = alarm.get("EvaluationPeriods"), alarm.get("DatapointsToAlarm")
    if periods is not None and needed is not None and needed > periods:
        problem = f"{needed} is more than EvaluationPeriods, {periods}"
        yield Fault(f"{at}/DatapointsToAlarm", problem, "Lower it or raise EvaluationPeriods")
    if period is None:
        return
    if period not in SHORT_PERIODS and period % MINUTE:
        yield Fault(f"{at}/Period", f"{period} is not a period of CloudWatch", "Give 10, 20, 30 or a multiple of 60")
    most = 7 * DAY if period >= HOUR else DAY
    if periods is not None and period * periods > most:
        problem = f"{periods} periods of {period} s are longer than the {most // DAY} days that CloudWatch evaluates"
        yield Fault(f"{at}/EvaluationPeriods", problem, "Give fewer or shorter periods")


def _unreachable_steps(at: str, alarm: Json, step: Json) -> Iterator[Fault]:
    """Yield a fault if no step is on the side of the threshold on which the alarm is in ALARM."""
    comparison, steps = alarm.get("ComparisonOperator"), step.get("StepAdjustments")
    if comparison is None or not steps or any(each is None or None in each.values() for each in steps):
        return
    above = comparison.startswith("Greater")
    if not any(_bounds(each)[1] > 0 if above else _bounds(each)[0] < 0 for each in steps):
        side = "above" if above else "below"
        problem = f"{comparison} triggers {side} the threshold, and no step is there, so nothing would ever scale"
        remedy = f'Give a step with "{LOWER if above else UPPER}": 0, or reverse the comparison'
        yield Fault(f"{at}/ComparisonOperator", problem, remedy)
