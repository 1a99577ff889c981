import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_endpoint.schedule import wait_seconds

HOURS_8 = 28_800
DEPLOYMENT_STARTS_LOOKING = {"instances": 120, "serverless": 60}


def looks(first_look_seconds: int, ready_seconds: float, deadline_seconds: float = HOURS_8) -> list[float]:
    """Seconds after asking at which the state machine looks, until it sees that the endpoint is ready."""
    found = [float(first_look_seconds)]
    while found[-1] < ready_seconds and found[-1] < deadline_seconds:
        found.append(found[-1] + wait_seconds(found[-1], deadline_seconds - found[-1]))
    return found


def test_a_creation_of_seven_minutes_is_noticed_at_most_30_s_late() -> None:
    for kind, first in DEPLOYMENT_STARTS_LOOKING.items():
        assert looks(first, 420)[-1] - 420 <= 30, kind


@given(st.floats(120, 600))
def test_up_to_ten_minutes_readiness_is_noticed_within_30_s(ready_seconds: float) -> None:
    assert looks(120, ready_seconds)[-1] - ready_seconds <= 30


@given(st.floats(120, HOURS_8))
def test_readiness_is_always_noticed_within_a_minute(ready_seconds: float) -> None:
    assert looks(120, ready_seconds)[-1] - ready_seconds <= 60


def test_seven_minutes_take_at_most_50_transitions() -> None:
    per_look = 3  # Wait, Check endpoint, Endpoint in service?
    others = 9  # the rest of the path of a creation

    assert per_look * len(looks(120, 420)) + others <= 50


def test_the_longest_deadline_stays_far_below_25_000_history_events() -> None:
    events_per_look = 9

    assert events_per_look * len(looks(60, math.inf)) < 10_000


@given(st.floats(0, HOURS_8), st.floats(0, HOURS_8))
def test_a_wait_is_1_to_60_s_and_never_passes_the_deadline_by_a_second(elapsed: float, to_deadline: float) -> None:
    seconds = wait_seconds(elapsed, to_deadline)

    assert 1 <= seconds <= 60
    assert seconds < to_deadline + 1 or seconds == 1


@pytest.mark.parametrize(
    ("elapsed", "seconds"), [(0, 30), (600, 30), (601, 31), (900, 45), (1200, 60), (1201, 60), (20_000, 60)]
)
def test_the_interval_is_30_s_then_5_percent_of_the_time_elapsed_up_to_60_s(elapsed: float, seconds: int) -> None:
    assert wait_seconds(elapsed, HOURS_8) == seconds
