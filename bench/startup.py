"""Start time of the local AWS."""

from __future__ import annotations

import time
from statistics import median

from bench.table import Table
from local_aws import LocalAws

STARTS = 7


def seconds_to_ready() -> float:
    """Seconds from the start of the process to READY."""
    began = time.perf_counter()
    with LocalAws():
        return time.perf_counter() - began


def table() -> Table:
    seconds = [seconds_to_ready() for _ in range(STARTS)]
    return Table(
        title="Start of the local AWS",
        columns=["", "median s", "least s", "most s"],
        rows=[["process to READY", f"{median(seconds):.2f}", f"{min(seconds):.2f}", f"{max(seconds):.2f}"]],
        reading=f"{STARTS} starts.",
    )
