"""Arithmetic of scaling policies, with the examples of AWS's guides and others' measurements."""

from typing import Any

import pytest

from local_aws.applicationautoscaling import steps, tracking

GREATER, LESS = "GreaterThanOrEqualToThreshold", "LessThanOrEqualToThreshold"
Json = dict[str, Any]


def step(adjustment: int, lower: float | None = None, upper: float | None = None) -> Json:
    bounds = {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper}
    return {"ScalingAdjustment": adjustment, **{name: bound for name, bound in bounds.items() if bound is not None}}


def policy(*adjustments: Json, kind: str = "ChangeInCapacity", **more: Any) -> Json:
    return {"AdjustmentType": kind, "StepAdjustments": list(adjustments), **more}


# User guide, step-scaling-policy-overview: "Step adjustments", threshold 50
OUT = policy(step(0, 0, 10), step(10, 10, 20), step(30, 20), kind="PercentChangeInCapacity")
IN = policy(step(0, -10, 0), step(-10, -20, -10), step(-30, None, -20), kind="PercentChangeInCapacity")


def test_the_example_of_the_user_guide_goes_from_10_over_14_to_10() -> None:
    """Capacity 10; the metric is 60, then 70, then 40, then 30."""
    capacity = 10
    reached = []
    for configuration, metric, comparison in ((OUT, 60, GREATER), (OUT, 70, GREATER), (IN, 40, LESS), (IN, 30, LESS)):
        capacity = steps.wanted(configuration, capacity, [metric], 50, comparison) or 0
        reached.append(capacity)

    assert reached == [11, 14, 13, 10]


@pytest.mark.parametrize(
    ("capacity", "percent", "expected"),
    [
        (1, 67, 2),  # 0.67 is 1
        (10, 127, 22),  # 12.7 is 12
        (1, -67, 0),  # -0.67 is -1
        (10, -67, 4),  # -6.7 is -6
        (0, 50, 0),
        (4, 0, 4),
    ],
)
def test_percentages_are_rounded_as_the_user_guide_has_it(capacity: int, percent: int, expected: int) -> None:
    assert steps.adjusted(policy(kind="PercentChangeInCapacity"), capacity, percent) == expected


@pytest.mark.parametrize(("percent", "expected"), [(25, 6), (-25, 2), (75, 7), (0, 4)])
def test_a_minimum_magnitude_applies_to_percentages_in_both_directions(percent: int, expected: int) -> None:
    """API reference, StepScalingPolicyConfiguration: 25 percent of 4 with a magnitude of 2 adds 2."""
    configuration = policy(kind="PercentChangeInCapacity", MinAdjustmentMagnitude=2)

    assert steps.adjusted(configuration, 4, percent) == expected


def test_an_exact_capacity_does_not_depend_on_the_capacity() -> None:
    configuration = policy(step(3, 0), kind="ExactCapacity")

    assert [steps.wanted(configuration, capacity, [60], 50, GREATER) for capacity in (1, 3, 8)] == [3, 3, 3]


def test_a_change_never_goes_below_zero() -> None:
    assert steps.wanted(policy(step(-5, None, 0)), 2, [40], 50, LESS) == 0


@pytest.mark.parametrize(
    ("metric", "comparison", "expected"),
    [
        (50, GREATER, 11),  # at the threshold: the lower bound is inclusive above it
        (59, GREATER, 11),
        (60, GREATER, 12),  # the upper bound is exclusive above it
        (50, LESS, 9),  # the upper bound is inclusive below it
        (41, LESS, 9),
        (40, LESS, 8),  # the lower bound is exclusive below it
    ],
)
def test_bounds_have_inclusive_sides_that_face_the_threshold(metric: float, comparison: str, expected: int) -> None:
    configuration = policy(step(-2, None, -10), step(-1, -10, 0), step(1, 0, 10), step(2, 10))

    assert steps.wanted(configuration, 10, [metric], 50, comparison) == expected


def test_a_breach_outside_all_steps_wants_nothing() -> None:
    assert steps.wanted(policy(step(1, 0)), 2, [40], 50, GREATER) is None


@pytest.mark.parametrize(("aggregation", "expected"), [(None, 2), ("Average", 2), ("Minimum", 1), ("Maximum", 3)])
def test_the_alarms_datapoints_are_aggregated(aggregation: str | None, expected: int) -> None:
    more = {"MetricAggregationType": aggregation} if aggregation else {}
    configuration = policy(step(1, 0, 10), step(2, 10, 30), step(3, 30), kind="ExactCapacity", **more)

    assert steps.wanted(configuration, 1, [50, 60, 85], 50, GREATER) == expected


@pytest.mark.parametrize(
    ("capacity", "metric", "target", "expected"),
    [
        (1, 93, 70, 2),  # a blog's measurement on ECS, April 2026: 93 % at a target of 70 %
        (1, 130, 5, 26),  # a course's demo on SageMaker goes to its maximum of 4 in one step
        (3, 105, 70, 5),  # user guide: adding 1.5 adds 2
        (3, 70.000000001, 70, 3),
        (0, 20, 5, 4),  # as from one unit
        (0, 4, 5, 1),
    ],
)
def test_scaling_out_is_in_proportion_to_the_metric_and_rounded_up(
    capacity: int, metric: float, target: float, expected: int
) -> None:
    assert tracking.scale_out(capacity, target, [1, metric]) == expected


def test_scaling_in_is_in_proportion_to_the_metric_and_rounded_up() -> None:
    assert tracking.scale_in(10, 600, [500, 230], "lastDatapoint") == 4


def test_no_unit_is_removed_if_the_metric_would_exceed_the_target() -> None:
    """User guide: removing 0.5 would bring the metric above the target, so nothing is removed."""
    assert tracking.scale_in(3, 100, [89], "lastDatapoint") == 3


def test_what_a_scale_in_looks_at_is_an_assumption() -> None:
    """Not published: the last datapoint, or the highest of the fifteen minutes."""
    window = [500.0, 300.0, 60.0]

    assert tracking.scale_in(10, 600, window, "lastDatapoint") == 1
    assert tracking.scale_in(10, 600, window, "wholeWindow") == 9


def test_without_load_everything_is_removed() -> None:
    assert tracking.scale_in(3, 5, [0.0], "wholeWindow") == 0
