"""Output of `make demo`, normalised so that it does not depend on run and machine."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

from tools.stack import ROOT

COMMAND = "make demo"
# Time of this machine's clock, and random names of state machine and execution.
# Start time of a deployment, and its ID if none is given.
MOMENT = (r"\S+Z(  SUCCEEDED  \S+)  \S+$", r"…\1  …")
# Duration of each step, and progress lines of steps that take seconds on a slow machine.
STEP = (r"^.{16}… \d+ s  .*\n", "")
VOLATILE = (STEP, (r" in \d+\.\d s$", ""), (r"(executions/details/)\S+", r"\1…"), MOMENT, (r"[ \t]+$", ""))

LAST_LINE_OF_THE_BEGINNING = re.compile(r"^  message .*$", re.MULTILINE)


class DemoError(RuntimeError):
    """The demo failed; the message is its output."""


@cache
def text() -> str:
    """Return the transcript of the demo, which runs once per process.

    Raises
    ------
    DemoError
        If its deployment fails.
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
    """Return the text without the parts that depend on the run."""
    for pattern, replacement in VOLATILE:
        printed = re.sub(pattern, replacement, printed, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", printed).strip("\n")
