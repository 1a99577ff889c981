"""Child processes and the temporary folder: both are gone when the emulator is, whatever way it was stopped.

A handler for signals would not do: nothing runs in a process that gets SIGKILL. Nor would
PR_SET_PDEATHSIG: it is Linux's alone, and is sent when the *thread* that started the child ends.
So one small process, the guardian, waits at the other end of a pipe.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import IO, Any

_GUARDIAN = Path(__file__).with_name("guardian.py")
_lock = threading.Lock()


def workspace() -> Path:
    """The emulator's only folder on disk, empty at first; removed when the emulator ends."""
    with _lock:
        return _guard()[0]


def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a child process in a session of its own, so that Ctrl-C reaches the emulator only.

    `options` are those of `subprocess.Popen`. Whoever starts a process calls `end` when it is done with it.
    """
    with _lock:
        pipe = _guard()[1]
        process: subprocess.Popen[bytes] = subprocess.Popen(command, start_new_session=True, **options)
        pipe.write(f"+{process.pid}\n")
        return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process with everything it started, and wait until it is gone; harmless when it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with _lock:
        _guard()[1].write(f"-{process.pid}\n")


def close() -> None:
    """Let the guardian do its work and wait for it: every child process and the folder are gone afterwards."""
    with _lock:
        if _guard.cache_info().currsize:
            _, pipe, guardian = _guard()
            pipe.close()
            guardian.wait()


@cache
def _guard() -> tuple[Path, IO[str], subprocess.Popen[str]]:
    folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
    guardian = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_GUARDIAN), str(folder)],
        stdin=subprocess.PIPE,
        text=True,
        bufsize=1,
        start_new_session=True,
    )
    assert guardian.stdin is not None
    return folder, guardian.stdin, guardian
