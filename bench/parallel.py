"""What deployments at the same time cost the local AWS: wall time and memory."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from bench import memory
from bench.machine import Machine, deployed
from bench.table import Table

COUNTS = (1, 10, 50)
CLIENTS = 8


def table() -> Table:
    """Deploy once to warm up, then as many at the same time as `COUNTS` says, each to its success.

    Raises
    ------
    DeploymentFailedError
        When a deployment does not succeed.
    """
    with deployed() as machine:
        run(machine, 1, "warm-up")
        rows = [run(machine, count, f"parallel-{count}") for count in COUNTS]
    return Table(
        title="Deployments at the same time on the local AWS",
        columns=["", "wall s", "a second", "peak MiB", "processes"],
        rows=rows,
        reading=(
            "After one deployment to warm up; from the first StartExecution to the last success, all succeeded. Memory "
            "is what the emulator and its Lambda processes hold together, shared pages counted in each."
        ),
    )


def run(machine: Machine, count: int, name: str) -> list[str]:
    """A row: `count` deployments at once."""
    with memory.watched(machine.aws.pid) as peak, ThreadPoolExecutor(min(count, CLIENTS)) as clients:
        began = time.perf_counter()
        started = list(clients.map(machine.start, [f"{name}-{number}" for number in range(count)]))
        for execution in started:
            machine.finish(execution)
        seconds = time.perf_counter() - began
    return [str(count), f"{seconds:.2f}", f"{count / seconds:.2f}", f"{peak.bytes / 2**20:.0f}", str(peak.processes)]
