"""Child processes and the temporary folder, which are removed however the server ends.

A signal handler is not sufficient: a process that gets SIGKILL runs none. PR_SET_PDEATHSIG exists on Linux only
and is sent when the *thread* that started the child ends. Therefore a small process, the guardian, waits at the
other end of a pipe.
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
    """The server's only folder on disk, empty at first; removed when the server ends."""
    with _lock:
        return _guard()[0]


def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a child process in a session of its own, so that Ctrl-C only reaches the server.

    `options` are those of `subprocess.Popen`. The caller calls `end` when it is done with the process.
    """
    with _lock:
        pipe = _guard()[1]
        process: subprocess.Popen[bytes] = subprocess.Popen(command, start_new_session=True, **options)
        pipe.write(f"+{process.pid}\n")
        return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and its child processes, and wait for its end; harmless if it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with _lock:
        _guard()[1].write(f"-{process.pid}\n")


def close() -> None:
    """End the guardian and wait for it: it ends all child processes and removes the folder."""
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
