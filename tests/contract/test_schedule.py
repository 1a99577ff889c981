"""The schedule of "Check endpoint", from the state machine's expression."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.schedule import timeout_seconds
from plan_deployment.planner import FIRST_CHECK_SECONDS, FIRST_CHECK_SERVERLESS_SECONDS

HOURS_8 = 28_800
OF_THE_FUNCTION_SECONDS = 60  # Timeout of every function
EVENTS_OF_A_CHECK = 6  # entered, scheduled, started, submitted, timed out, exited


def checks(
    first_check_seconds: float = FIRST_CHECK_SECONDS, deadline_seconds: float = HOURS_8, from_seconds: float = 0
) -> Iterator[float]:
    """Seconds after asking at which the state is entered while no event comes; the last is at the deadline."""
    at = from_seconds
    while at < deadline_seconds:
        yield at
        at += timeout_seconds(at, deadline_seconds - at, first_check_seconds)
    yield at


@pytest.mark.parametrize("first", [FIRST_CHECK_SECONDS, FIRST_CHECK_SERVERLESS_SECONDS])
def test_the_endpoint_is_checked_at_once_then_when_it_may_be_ready_then_every_30_s(first: int) -> None:
    assert list(checks(first, 600)) == [0, *range(first, 601, 30)]


def test_an_endpoint_that_was_changing_before_is_checked_every_30_s() -> None:
    assert list(checks(0, 120)) == [0, 30, 60, 90, 120]


@pytest.mark.parametrize(
    ("elapsed", "seconds"),
    [(600, 30), (620, 31), (900, 45), (1200, 60), (2400, 120), (2401, 120), (20_000, 120)],
)
def test_from_ten_minutes_on_the_interval_is_5_percent_of_the_elapsed_time_up_to_120_s(
    elapsed: float, seconds: int
) -> None:
    assert timeout_seconds(elapsed, HOURS_8, FIRST_CHECK_SECONDS) == seconds


@given(st.floats(0, HOURS_8), st.floats(0.001, HOURS_8), st.sampled_from([0, 60, 120]))
def test_an_interval_is_at_least_a_second_and_never_passes_the_deadline_by_one(
    elapsed: float, to_deadline: float, first: int
) -> None:
    seconds = timeout_seconds(elapsed, to_deadline, first)

    assert 1 <= seconds <= 120
    assert seconds < to_deadline + 1.01


@given(st.floats(0, HOURS_8), st.floats(-HOURS_8, 0))
def test_past_the_deadline_the_function_has_time_to_raise_its_error(elapsed: float, to_deadline: float) -> None:
    assert timeout_seconds(elapsed, to_deadline, FIRST_CHECK_SECONDS) > OF_THE_FUNCTION_SECONDS


@given(st.floats(0, HOURS_8), st.floats(-HOURS_8, HOURS_8))
def test_after_a_refusal_the_function_has_time_to_raise_it(elapsed: float, to_deadline: float) -> None:
    """Otherwise a slow start would end in a time-out, and the next check would not know the refusal."""
    seconds = timeout_seconds(elapsed, to_deadline, FIRST_CHECK_SECONDS, is_refused=True)

    assert seconds > OF_THE_FUNCTION_SECONDS


@given(st.integers(600, HOURS_8))
def test_one_check_is_at_the_deadline(deadline_seconds: int) -> None:
    *_, last = checks(deadline_seconds=deadline_seconds, from_seconds=deadline_seconds - 600)

    assert last == deadline_seconds


@given(st.floats(0, 0.9))
def test_a_moment_between_request_and_check_adds_no_check(moment: float) -> None:
    assert len(list(checks(deadline_seconds=600, from_seconds=moment))) <= 19


def test_eight_hours_stay_under_2000_events() -> None:
    assert len(list(checks())) * EVENTS_OF_A_CHECK < 2_000
