from typing import Any

import pytest

from shared.errors import DeadlineExceeded
from shared.locks import Lock
from shared.planning.turn import behind_holder, behind_stranger, lock_body, require_time
from tests.unit.conftest import EXECUTION_ARN

OTHER = EXECUTION_ARN.replace(":one", ":other")
STARTED = "2026-11-21T05:00:00.000Z"
FRAME = {
    "endpointName": "test-endpoint",
    "executionArn": EXECUTION_ARN,
    "startedAt": STARTED,
    "deadlineAt": "2026-11-21T06:00:00.000Z",
}
LOCK = Lock("endpoint/test-endpoint", OTHER, "2026-11-21T04:58:00.000Z", 4, "theirs")


def behind(lock: Lock = LOCK, request_hash: str = "ours", when_busy: Any = "FAIL", now: str = STARTED) -> Any:
    return behind_holder(lock, FRAME, request_hash, when_busy, now)


def test_the_lock_is_taken_in_the_turn_that_was_seen_and_outlives_the_longest_execution() -> None:
    assert lock_body(LOCK, "ours", STARTED) == {
        "id": "endpoint/test-endpoint",
        "turn": 4,
        "requestHash": "ours",
        "expiresAt": 1795323600,
    }


@pytest.mark.parametrize("holder", [None, EXECUTION_ARN])
def test_a_free_lock_and_ones_own_are_no_hindrance(holder: str | None) -> None:
    assert behind(Lock("endpoint/test-endpoint", holder)) is None


def test_behind_another_request_it_fails_at_once_and_names_the_holder() -> None:
    busy = behind()

    assert (busy["heldBy"], busy["waitSeconds"]) == (OTHER, 0)
    assert busy["cause"] == (
        "Endpoint test-endpoint is being changed by another execution since 2026-11-21T04:58:00.000Z: "
        f'{OTHER}. To wait for it, say "whenBusy": "WAIT".'
    )


@pytest.mark.parametrize(("request_hash", "when_busy"), [("ours", "WAIT"), ("theirs", "FAIL")])
def test_who_may_wait_or_asks_for_the_same_waits_until_the_deadline(request_hash: str, when_busy: str) -> None:
    busy = behind(request_hash=request_hash, when_busy=when_busy, now="2026-11-21T05:59:59.000Z")

    assert busy["waitSeconds"] == 1
    assert "did not end before this one's deadline" in busy["cause"]


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-11-21T05:00:00.000Z", 30),
        ("2026-11-21T05:10:00.000Z", 30),
        ("2026-11-21T05:40:00.000Z", 120),
        ("2026-11-21T05:59:50.000Z", 10),
        ("2026-11-21T06:00:00.000Z", 0),
    ],
)
def test_looks_grow_rarer_and_one_is_right_at_the_deadline(now: str, seconds: int) -> None:
    assert behind(when_busy="WAIT", now=now)["waitSeconds"] == seconds


@pytest.mark.parametrize(
    ("when_busy", "deadline", "last"),
    [
        ("FAIL", "2026-11-21T06:00:00.000Z", "2026-11-21T05:15:00.000Z"),
        ("WAIT", "2026-11-21T06:00:00.000Z", "2026-11-21T06:00:00.000Z"),
        ("FAIL", "2026-11-21T05:10:00.000Z", "2026-11-21T05:10:00.000Z"),
    ],
)
def test_a_stranger_is_waited_for_a_quarter_of_an_hour_or_until_the_deadline(
    when_busy: Any, deadline: str, last: str
) -> None:
    frame = FRAME | {"deadlineAt": deadline}

    first = behind_stranger(frame, "Endpoint test-endpoint is Updating.", when_busy, STARTED)
    over = behind_stranger(frame, "Endpoint test-endpoint is Updating.", when_busy, last)

    assert (first["heldBy"], first["waitSeconds"], over["waitSeconds"]) == (None, 30, 0)
    assert over["cause"].startswith("Endpoint test-endpoint is Updating. ")
    assert f"did not come to rest until {last}" in over["cause"]


def broken_off(when: str, **changes: Any) -> Any:
    lock = Lock("endpoint/test-endpoint", None, "", 4, "theirs", broken_off_at="2026-11-21T04:59:10.000Z")
    return behind_holder(lock, FRAME | changes, "ours", "FAIL", when)


def test_what_an_execution_that_broke_off_had_called_is_waited_for() -> None:
    first, last = broken_off("2026-11-21T05:00:00.000Z"), broken_off("2026-11-21T05:00:09.999Z")

    assert (first["heldBy"], first["waitSeconds"], last["waitSeconds"]) == (None, 10, 1)
    assert first["cause"] == (
        "The last execution that changed endpoint test-endpoint broke off at 2026-11-21T04:59:10.000Z; what it had "
        "called may be at work until 2026-11-21T05:00:10.000Z. Start again then."
    )
    assert broken_off("2026-11-21T05:00:10.000Z") is None


def test_it_is_not_waited_for_longer_than_the_deadline() -> None:
    assert broken_off("2026-11-21T05:00:00.000Z", deadlineAt="2026-11-21T05:00:02.000Z")["waitSeconds"] == 2


def test_who_never_gets_the_lock_gives_up_at_the_deadline() -> None:
    require_time(FRAME, "2026-11-21T06:00:30.000Z")

    with pytest.raises(DeadlineExceeded, match=r"test-endpoint could not be had before the deadline, .*06:00:00"):
        require_time(FRAME, "2026-11-21T06:00:31.000Z")
