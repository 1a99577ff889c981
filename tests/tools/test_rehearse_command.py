"""`make rehearse` from a payload to its picture: one run on a local AWS of its own, which is also that of the documents.

The run plays the preset with the most kinds of policies. Its pictures must be those in docs/ to the byte, so that CI
notices if the planner, the local AWS or the drawing now say something else.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import project
from tools.rehearse import __main__ as command
from tools.rehearse import pictures

PRESET = "bursty"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """The command, which has ended."""
    command_line = [sys.executable, "-m", "tools.rehearse", *pictures.EXAMPLES[PRESET].paths, "--out", folder]
    return subprocess.run(command_line, cwd=project.ROOT, capture_output=True, text=True, check=False)


def test_the_command_succeeds_and_shows_its_progress(run: subprocess.CompletedProcess[str]) -> None:
    assert run.returncode == command.Exit.PLAYED, run.stderr
    assert "rehearsal       as requested in " in run.stderr


def test_the_pictures_are_those_in_the_documents(folder: Path, run: subprocess.CompletedProcess[str]) -> None:
    """If they are not: `python -m tools.rehearse.pictures`, and look at them."""
    assert run.returncode == command.Exit.PLAYED
    for theme, committed in pictures.files(PRESET).items():
        drawn = (folder / f"bursty-endpoint-AllTraffic-{theme}.svg").read_text()
        assert drawn.replace("AllTraffic: as requested", f"AllTraffic: {PRESET}") == committed.read_text()


def test_the_table_has_both_outcomes_with_hours_and_money(run: subprocess.CompletedProcess[str]) -> None:
    for looks_at in ("last datapoint", "highest datapoint"):
        row = rf"as requested +{looks_at} +\d+ % .* \d+\.\d h +3: 72\.0 h +6: 144\.0 h *\n +\d+\.\d\d USD +29\.38 USD +58\.75 USD"
        assert re.search(row, run.stdout), run.stdout


def test_the_sources_of_prices_and_the_assumptions_are_named(run: subprocess.CompletedProcess[str]) -> None:
    assert "requests/s            ▁" in run.stdout
    assert "Assumptions: a larger fleet is in service after 300 s" in run.stdout
    assert "Price of ml.c5.2xlarge: 0.408 USD an hour, on demand in us-east-1, read 2025-02-03. Source: fmbench" in (
        run.stdout
    )
