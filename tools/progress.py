"""Progress of slow steps: one line per step with its result and time, and its activity while it runs.

Needs the standard library only, because it also shows how the environment is set up.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

NAME_WIDTH = 16
REDRAW_SECONDS = 0.1
LOG_SECONDS = 1.2  # with what a program imports before its first step, a log is never silent for two seconds
DIM, PLAIN, CLEAR_LINE = "\x1b[2m", "\x1b[0m", "\r\x1b[K"


class Step:
    """A running step.

    Attributes
    ----------
    result : str
        Result of the step, shown at its end; if empty, nothing is shown.
    """

    def __init__(self, name: str, note: str, out: TextIO) -> None:
        self.result = note
        self._note = note
        self._name = name
        self._out = out
        self._started = time.monotonic()
        self._terminal = out.isatty() and os.environ.get("TERM") != "dumb"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show_until_ended, daemon=True)
        self._thread.start()

    def note(self, text: str) -> None:
        """Set the current activity, shown while the step runs."""
        self._note = text

    def end(self, *, succeeded: bool) -> None:
        """Show the result; a step that failed leaves its last note."""
        self._ended.set()
        self._thread.join()
        if self._terminal:
            self._out.write(CLEAR_LINE)
        text = self.result if succeeded else f"failed: {self._note}"
        if text:
            print(f"{self._name:<{NAME_WIDTH}}{text} in {self._seconds:.1f} s", file=self._out, flush=True)

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _show_until_ended(self) -> None:
        interval = REDRAW_SECONDS if self._terminal else LOG_SECONDS
        while not self._ended.wait(interval):
            line = f"{self._name:<{NAME_WIDTH}}… {self._seconds:.0f} s  {self._note}"
            if self._terminal:
                dim, plain = ("", "") if os.environ.get("NO_COLOR") else (DIM, PLAIN)
                cut = line[: shutil.get_terminal_size().columns - 1]
                self._out.write(f"{CLEAR_LINE}{dim}{cut}{plain}")
                self._out.flush()
            else:
                print(line, file=self._out, flush=True)


@contextmanager
def step(name: str, note: str, out: TextIO | None = None) -> Iterator[Step]:
    """Show the progress of the body on `out` (stderr by default)."""
    running = Step(name, note, out or sys.stderr)
    succeeded = False
    try:
        yield running
        succeeded = True
    finally:
        running.end(succeeded=succeeded)
