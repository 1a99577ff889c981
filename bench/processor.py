"""Processor time of a process, from /proc; only on Linux."""

from __future__ import annotations

import os

from bench.memory import PROC


def seconds(pid: int) -> float:
    """Seconds of processor time that the process `pid` has used, without its children."""
    fields = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
