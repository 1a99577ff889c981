from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.moments import after, duration_text, moment, seconds_between


def test_a_time_of_the_state_machine_is_read_and_written_alike() -> None:
    assert after("2026-11-21T05:12:59.152Z", 0) == "2026-11-21T05:12:59.152Z"


def test_a_time_with_offset_is_written_in_utc() -> None:
    assert after("2026-11-21T06:12:59+01:00", 1) == "2026-11-21T05:13:00.000Z"


def test_a_time_without_zone_is_in_utc() -> None:
    assert moment("2026-11-21T05:12:59") == moment("2026-11-21T05:12:59Z")


STARTS = st.datetimes(max_value=datetime(9000, 1, 1)).map(lambda point: point.isoformat(timespec="milliseconds") + "Z")


@given(STARTS, st.integers(0, 10**6))
def test_seconds_between_is_what_after_added(start: str, seconds: int) -> None:
    assert seconds_between(start, after(start, seconds)) == pytest.approx(seconds, abs=0.001)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45.4, "45 s"), (60, "1 min"), (61, "1 min 1 s"), (420, "7 min"), (3600, "1 h"), (3725, "1 h 2 min")],
)
def test_a_duration_is_written_for_people(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
