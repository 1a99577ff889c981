"""A slow step shows its activity and its result."""

import io
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from local_aws import until
from tools import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: 0.0))
    monkeypatch.setattr(progress, "LOG_SECONDS", 0.01)
    monkeypatch.setattr(progress, "REDRAW_SECONDS", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown(out: io.StringIO, text: str) -> Callable[[], bool]:
    return lambda: text in out.getvalue()


def test_a_fast_step_in_a_log_leaves_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOG_SECONDS", 60)
    out = io.StringIO()

    with progress.step("sam deploy", "start sam", out) as step:
        step.result = "98 resources"

    assert out.getvalue() == "sam deploy      98 resources in 0.0 s\n"


def test_a_step_in_a_log_shows_its_current_activity_regularly() -> None:
    out = io.StringIO()

    with progress.step("sam deploy", "start sam", out) as step:
        until(shown(out, "sam deploy      … 0 s  start sam\n"))
        step.note("package")
        until(shown(out, "sam deploy      … 0 s  package\n"))

    assert "\x1b" not in out.getvalue()


def test_a_step_on_a_terminal_keeps_to_one_dim_line() -> None:
    out = Terminal()

    with progress.step("sam deploy", "start sam", out) as step:
        until(shown(out, f"{progress.CLEAR_LINE}{progress.DIM}sam deploy      … 0 s  start sam{progress.PLAIN}"))
        step.result = "98 resources"

    assert out.getvalue().endswith(f"{progress.CLEAR_LINE}sam deploy      98 resources in 0.0 s\n")
    assert out.getvalue().count("\n") == 1


def test_a_terminal_without_colour_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()

    with progress.step("sam deploy", "start sam", out):
        until(shown(out, "start sam"))

    assert progress.DIM not in out.getvalue()


def test_a_failed_step_shows_its_last_activity() -> None:
    out = io.StringIO()

    def fail() -> None:
        with progress.step("sam deploy", "start sam", out) as step:
            step.note("package")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert out.getvalue().splitlines()[-1] == "sam deploy      failed: package in 0.0 s"


def test_a_step_without_a_result_ends_silently() -> None:
    out = io.StringIO()

    with progress.step("execution", "start", out) as step:
        step.result = ""

    assert " in 0.0 s" not in out.getvalue()
