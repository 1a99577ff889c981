"""The command as a process: its output, in a pipe or on a terminal."""

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from slipway.main import main
from tests.support.deployment import Slipway
from tests.support.project import ROOT

COMMAND = [sys.executable, "-m", "slipway"]
SECONDS = 60
GOLDEN = Path(__file__).parent / "golden"
# What differs from run to run.
CHANGING = (
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<id>"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?", "<time>"),
    (r"\b(?=\d*[a-f])[0-9a-f]{12}\b", "<hash>"),
    (r"slipway-(\w+)-[A-Z0-9]{12}\b", r"slipway-\1-<id>"),
    (r"\b\d+ times", "<n> times"),
    (r'"visits": \d+', '"visits": <n>'),
    (r"(econds\"?): [\d.]+", r"\1: <seconds>"),
    (r" +$", ""),
)


@dataclass(frozen=True)
class Ended:
    """A process that ended."""

    code: int
    out: str
    err: str = ""

    @property
    def document(self) -> Any:
        """The only JSON document of its standard output."""
        return json.loads(self.out)


class Command:
    """Runs `slipway` against a local AWS."""

    def __init__(self, slipway: Slipway, **environment: str) -> None:
        self.environment = {**slipway.aws.environment, "PYTHONPATH": str(ROOT / "cli" / "src"), **environment}
        self.environment.pop("COLUMNS", None)

    def __call__(self, *words: str, text: str | None = None, **environment: str) -> Ended:
        """Run it with its output in pipes; `text` is its standard input."""
        ended = subprocess.run(
            [*COMMAND, *words],
            cwd=ROOT,
            env=self.environment | environment,
            input=text or "",
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def here(self, *words: str, text: str | None = None, **environment: str) -> Ended:
        """Run it in this process, which is faster than a process of its own."""
        out, err = io.StringIO(), io.StringIO()
        given = io.TextIOWrapper(io.BytesIO((text or "").encode()))
        with (
            mock.patch.dict(os.environ, self.environment | environment, clear=True),
            mock.patch.object(sys, "stdin", given),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(words, prog_name="slipway")
        return Ended(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def on_terminal(
        self,
        *words: str,
        columns: int = 100,
        answer: str = "",
        when: str = "",
        then: Callable[["subprocess.Popen[bytes]"], None] = lambda process: None,
        **environment: str,
    ) -> Ended:
        """Run it on a terminal; once its output contains `when`, type `answer` and call `then`."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        environment = self.environment | {"TERM": "xterm-256color"} | environment
        process = subprocess.Popen(
            [*COMMAND, *words],
            cwd=ROOT,
            env=environment,
            stdin=its,
            stdout=its,
            stderr=its,
            # A shell starts a background job with SIGINT ignored (POSIX, 2.12), and a process inherits that.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        os.close(its)
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        out = b""
        while chunk := _read(ours):
            out += chunk
            if when and when.encode() in out:
                when = ""
                os.write(ours, answer.encode())
                then(process)
        os.close(ours)
        code = process.wait()
        timer.cancel()
        return Ended(code, out.decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux: the process closed its end
        return b""


def plain(text: str) -> str:
    """Return the text without the escape sequences of a terminal; a line that is drawn again is a line of its own."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n").replace("\r", "\n")


def assert_golden(name: str, text: str) -> None:
    """Compare the text with a file in `golden`; UPDATE_GOLDEN=1 writes the file."""
    for pattern, replacement in CHANGING:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()
