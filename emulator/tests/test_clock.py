import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from local_aws.core.clock import SETTLE_SECONDS, TICK_SECONDS, Clock, Event

LONG_SECONDS = 3600.0
REAL_SECONDS = 20.0  # how long a test waits for another thread before it fails


@contextmanager
def running(target: object, *arguments: object) -> Iterator[threading.Thread]:
    """Run `target` on a thread that ends within the block."""
    thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]
    thread.start()
    yield thread
    thread.join(REAL_SECONDS)
    assert not thread.is_alive()


def let_the_clock_think() -> None:
    """Spin several times as long as the clock's thread needs to find a due sleeper."""
    end = time.monotonic() + 5 * (SETTLE_SECONDS + TICK_SECONDS)
    while time.monotonic() < end:
        pass


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_time_stands_still_while_anything_is_busy(clock: Clock) -> None:
    with clock.busy():
        before = clock.now()
        let_the_clock_think()

        assert clock.now() == before


def test_time_jumps_to_the_sleeper_when_nothing_is_busy(clock: Clock) -> None:
    with clock.busy():
        before = clock.now()
        clock.sleep(LONG_SECONDS)

        assert clock.now() == before + LONG_SECONDS


def test_the_jump_ends_exactly_at_the_sleepers_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = itertools.count(int(time.time()))
    slow = SimpleNamespace(time=lambda: float(next(readings)), monotonic=time.monotonic)
    with clock.busy():
        before = clock.now()
        monkeypatch.setattr("local_aws.core.clock.time", slow)
        clock.sleep(LONG_SECONDS)

        assert clock.now() == before + LONG_SECONDS


def test_the_jump_waits_until_nothing_is_busy(clock: Clock) -> None:
    slept = threading.Event()
    clock.begin()  # the sleeper, counted by the thread that starts it

    def sleeper() -> None:
        clock.sleep(LONG_SECONDS)
        slept.set()
        clock.end()

    with clock.busy():
        before = clock.now()
        with running(sleeper):
            let_the_clock_think()
            assert (clock.now(), slept.is_set()) == (before, False)
            with clock.idle():
                assert slept.wait(REAL_SECONDS)


def test_sleepers_wake_in_the_order_of_their_times(clock: Clock) -> None:
    woken: list[tuple[str, float]] = []
    done = threading.Event()
    with clock.busy():
        start = clock.now()
        clock.call_later(300, lambda: woken.append(("third", clock.now() - start)))
        clock.call_later(100, lambda: woken.append(("first", clock.now() - start)))
        clock.call_later(200, lambda: woken.append(("second", clock.now() - start)))
        clock.call_later(301, done.set)

    assert done.wait(REAL_SECONDS)
    assert [name for name, _ in woken] == ["first", "second", "third"]
    assert [seconds for _, seconds in woken] == pytest.approx([100, 200, 300], abs=0.001)


def test_sleepers_of_the_same_time_wake_one_after_another_in_no_time(
    clock: Clock,
) -> None:
    seen: list[tuple[str, float]] = []
    done = threading.Event()

    def consequence() -> None:
        let_the_clock_think()
        seen.append(("what came of the first", clock.now() - start))
        clock.end()

    def first() -> None:
        seen.append(("first", clock.now() - start))
        clock.begin()
        threading.Thread(target=consequence).start()

    def second() -> None:
        seen.append(("second", clock.now() - start))
        done.set()

    with clock.busy():
        start = clock.now()
        clock.call_later(10, first)
        clock.call_later(10, second)

    assert done.wait(REAL_SECONDS)
    assert seen == [("first", 10), ("what came of the first", 10), ("second", 10)]


def test_a_cancelled_call_does_not_run(clock: Clock) -> None:
    made: list[str] = []
    done = threading.Event()
    with clock.busy():
        cancel = clock.call_later(10, lambda: made.append("cancelled"))
        clock.call_later(20, done.set)
        cancel()

    assert done.wait(REAL_SECONDS)
    assert made == []


def test_waiting_ends_in_no_time_when_the_event_is_set(clock: Clock) -> None:
    event = Event()
    with clock.busy():
        before = clock.now()
        with running(lambda: clock.call_later(5, event.set)):
            was_set = clock.wait(event, LONG_SECONDS)

        assert was_set
        assert clock.now() == pytest.approx(before + 5, abs=0.1)


def test_waiting_ends_without_the_event_after_its_time(clock: Clock) -> None:
    with clock.busy():
        before = clock.now()

        assert not clock.wait(Event(), 30)
        assert clock.now() == before + 30


def test_waiting_for_a_set_event_takes_no_time(clock: Clock) -> None:
    event = Event()
    event.set()
    with clock.busy():
        before = clock.now()

        assert clock.wait(event, LONG_SECONDS)
        assert clock.now() == before


def test_a_cleared_event_can_be_waited_for_again(clock: Clock) -> None:
    event = Event()
    event.set()
    event.clear()
    with clock.busy():
        assert not clock.wait(event, 1)


def test_idle_lets_time_move_inside_a_busy_block(clock: Clock) -> None:
    moved = threading.Event()
    with clock.busy():
        before = clock.now()
        clock.call_later(60, moved.set)
        with clock.idle():
            assert moved.wait(REAL_SECONDS)

        assert clock.now() >= before + 60


def test_time_never_goes_back_when_the_mode_changes(clock: Clock) -> None:
    with clock.busy():
        clock.sleep(LONG_SECONDS)
        before = clock.now()
        clock.mode = "real"

        assert clock.now() >= before
        clock.mode = "virtual"
        assert clock.now() >= before


def test_in_real_mode_time_passes_while_something_is_busy() -> None:
    clock = Clock("real")
    with clock.busy():
        before = clock.now()
        let_the_clock_think()

        assert clock.now() > before


def test_in_real_mode_nothing_jumps() -> None:
    clock = Clock("real")
    called = threading.Event()
    clock.call_later(LONG_SECONDS, called.set)

    let_the_clock_think()

    assert not called.is_set()


def test_an_unknown_mode_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="mode is 'fast'; expected 'virtual' or 'real'"):
        clock.mode = "fast"  # type: ignore[assignment]


def test_utc_is_the_same_time_as_now(clock: Clock) -> None:
    with clock.busy():
        assert clock.utc().timestamp() == pytest.approx(clock.now())
        assert clock.utc().tzname() == "UTC"


def test_steps_of_a_loop_are_exact_and_other_sleepers_wake_between_them(clock: Clock) -> None:
    woken: list[float] = []
    with clock.busy():
        start = clock.now()
        clock.call_later(150, lambda: woken.append(clock.now() - start))
        for number in range(1, 6):
            clock.step_to(start + number * 60)
            assert clock.now() == start + number * 60
            assert woken == ([] if number < 3 else [150])


def test_a_step_waits_for_other_busy_threads(clock: Clock) -> None:
    finished: list[float] = []
    with clock.busy():
        start = clock.now()
        clock.step_to(start + 60)
        clock.begin()

        def other() -> None:
            let_the_clock_think()
            finished.append(clock.now() - start)
            clock.end()

        with running(other):
            clock.step_to(start + 120)

            assert finished == [60]
        assert clock.now() == start + 120


def test_what_a_sleeper_starts_ends_before_the_next_step(clock: Clock) -> None:
    seen: list[float] = []
    with clock.busy():
        start = clock.now()
        clock.call_later(90, lambda: clock.call_later(10, lambda: seen.append(clock.now() - start)))
        clock.step_to(start + 60)
        clock.step_to(start + 120)

        assert seen == [100]


def test_a_step_into_the_past_changes_nothing(clock: Clock) -> None:
    with clock.busy():
        before = clock.now()
        clock.step_to(before - 60)

        assert clock.now() == before


def test_a_step_takes_its_time_in_real_mode() -> None:
    clock = Clock("real")
    with clock.busy():
        until = clock.now() + 0.01
        clock.step_to(until)

        assert until <= clock.now() < until + REAL_SECONDS


def test_the_time_can_start_in_the_past(clock: Clock) -> None:
    clock.start_at(1_000_000.0)

    assert clock.now() == pytest.approx(1_000_000.0, abs=REAL_SECONDS)
