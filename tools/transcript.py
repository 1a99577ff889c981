"""The output of `make demo`, as text that is the same on every run and machine."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

from tools.stack import ROOT

COMMAND = "make demo"
# The time on this machine's clock, and the names that chance gave to state machine and execution.
# When a deployment was started, and the id that it has where nobody gives it one.
MOMENT = (r"\S+Z(  SUCCEEDED  \S+)  \S+$", r"…\1  …")
# How long each step took, and how long a step had been running, on a machine where it takes seconds.
STEP = (r"^.{16}… \d+ s  .*\n", "")
VOLATILE = (STEP, (r" in \d+\.\d s$", ""), (r"(executions/details/)\S+", r"\1…"), MOMENT, (r"[ \t]+$", ""))

LAST_LINE_OF_THE_BEGINNING = re.compile(r"^  message .*$", re.MULTILINE)


class DemoError(RuntimeError):
    """The demo failed; the message is its output."""


@cache
def text() -> str:
    """The transcript of the demo; one process runs the demo once.

    Raises
    ------
    DemoError
        When the deployment that it shows fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo", "events/deploy_endpoint.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DemoError(done.stdout + done.stderr)
    return f"$ {COMMAND}\n{normalised(done.stdout)}"


def beginning() -> str:
    """The transcript up to the subject of the message."""
    whole = text()
    last = LAST_LINE_OF_THE_BEGINNING.search(whole)
    if last is None:
        raise DemoError(whole)
    return f"{whole[: last.end()]}\n            …"


def normalised(printed: str) -> str:
    """The text without the parts that differ from run to run."""
    for pattern, replacement in VOLATILE:
        printed = re.sub(pattern, replacement, printed, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", printed).strip("\n")
