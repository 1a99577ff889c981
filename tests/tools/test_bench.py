"""The benchmarks compute and print correct figures."""

from pathlib import Path

import pytest

from bench import __main__ as command
from bench import cold_start, costs, memory, updates
from bench.table import Table


@pytest.mark.parametrize(
    ("poll", "ready_seconds", "checks"),
    [
        (costs.POLLS[2], 180, [30, 60, 90, 120, 150, 180]),
        (costs.POLLS[3], 61, [60, 120]),
        (costs.SLIPWAY, 1, [0]),
        (costs.SLIPWAY, 180, [0, 120, 150]),
        (costs.EVENTS_OFF, 1, [0, 120]),
        (costs.EVENTS_OFF, 180, [0, 120, 150, 180]),
        (costs.EVENTS_OFF, 660, [0, *range(120, 601, 30), 630, 661]),
    ],
)
def test_a_poll_checks_until_the_endpoint_is_ready(poll: costs.Poll, ready_seconds: int, checks: list[int]) -> None:
    assert [round(at) for at in poll.checks_until(ready_seconds)] == checks


def test_the_delay_is_at_most_the_time_between_two_checks() -> None:
    for poll, longest in zip(costs.POLLS, (0, 120, 30, 60), strict=True):
        found = [costs.cost(poll, minutes * 60) for minutes in costs.READY_AFTER_MINUTES]

        assert all(0 < each.late_mean_seconds <= each.late_most_seconds <= longest + 1 for each in found)


def test_the_costs_of_a_deployment_are_mainly_those_of_its_transitions() -> None:
    found = costs.cost(costs.SLIPWAY, 420)

    assert found.dollars == pytest.approx(found.transitions * 0.000025, rel=0.25)


def test_the_table_of_costs_is_reproducible() -> None:
    assert costs.markdown() == costs.markdown()


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    table = Table("Title", ["what", "number"], [["a", "1"], ["longer", "1234567"]], "How to read it.")

    assert table.text() == "Title\n\nwhat     number\na             1\nlonger  1234567\n\nHow to read it."


def test_markdown_aligns_numbers_to_the_right() -> None:
    table = Table("Title", ["what", "number"], [["a", "1"]], "How to read it.")

    assert table.markdown() == "| what | number |\n| --- | ---: |\n| a | 1 |\n\nHow to read it."


def test_a_part_of_the_page_is_replaced_or_added_and_the_others_are_kept() -> None:
    one, other = (Table(title, ["what"], [["old"]], "Read it.") for title in ("One", "Other"))
    page = command.report([one, other])

    replaced = command.report([Table("One", ["what"], [["new"]], "Read it."), Table("Third", ["what"], [], "")], page)

    assert [line for line in replaced.splitlines() if line.startswith("## ")] == ["## One", "## Other", "## Third"]
    assert ("| new |" in replaced, replaced.count("| old |")) == (True, 1)
    assert command.report([], page) == page


def test_an_answer_of_a_config_that_no_look_around_it_shows_is_counted() -> None:
    looks = [
        updates.Look(began, began + 1, "Updating", frozenset(live))
        for began, live in ((0, {"old"}), (10, {"old", "new"}), (20, {"new"}), (30, {"new"}))
    ]
    tally = updates.Tally()

    for began, ended, body in ((2, 3, b"new"), (12, 13, b"old"), (22, 23, b"old"), (32, 33, b"new"), (2, 3, b"old")):
        tally.add(updates.Sent(began, ended, 200, body), looks)
    tally.add(updates.Sent(5, 6, 424, b"no"), looks)

    assert (tally.requests, tally.failures, tally.not_live) == (6, 1, 1)
    assert tally.by_config == {"old": 3, "new": 2}


def test_memory_includes_grandchildren(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for pid, parent in ((10, 1), (11, 10), (12, 11), (13, 1)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a (b) c) S {parent} 0")
    monkeypatch.setattr(memory, "PROC", tmp_path)

    assert sorted(memory.descendants(10)) == [11, 12]


def test_functions_start_in_the_environment_of_the_template() -> None:
    environment = cold_start.functions()["plan_deployment.app"]

    assert (environment["KEPT_DEPLOYMENTS"], environment["STAGE"]) == ("5", "dev")
    assert environment["LOCKS_TABLE_NAME"] == "x"
    assert {type(value) for value in environment.values()} == {str}
