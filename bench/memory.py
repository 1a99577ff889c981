"""Memory of a process and its children, from /proc; only on Linux."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SAMPLE_SECONDS = 0.1
PROC = Path("/proc")


class Peak:
    """Peak memory in bytes of all processes together, and the number of processes at that time."""

    def __init__(self) -> None:
        self.bytes = 0
        self.processes = 0

    def note(self, total: int, processes: int) -> None:
        if total > self.bytes:
            self.bytes, self.processes = total, processes


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Sample the process `pid` and all its descendants until the block ends."""
    peak = Peak()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            family = [pid, *descendants(pid)]
            peak.note(sum(map(resident_bytes, family)), len(family))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def descendants(pid: int) -> list[int]:
    """All descendants of the process `pid`."""
    parents: dict[int, list[int]] = {}
    for entry in PROC.glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def resident_bytes(pid: int) -> int:
    """Resident memory; 0 if the process has ended. Shared pages count in each process."""
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
